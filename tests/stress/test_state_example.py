"""The worked example of docs/states.md: a run on the table of a state that has no layer yet gives the figures worked out by hand.

The files are in tests/examples/minnesota, in the form of a folder of `ingest/states`; here they are the layer of a city.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ingest import layers
from ingest.city import read_layer_city
from ingest.layers import Layer
from tests.conftest import ROOT, CommandLine
from tests.support.other_city import CITY, EXAMPLE, OtherCity

GUIDE = ROOT / "docs" / "states.md"

# Of 212 and 208 pupils, by group: those who attend consistently, as the file has it, are 100 less those who are absent.
# White 20 + 10 of 200; Black 24 + 18 of 120; Hispanic 14 + 10 of 80; with special education 20 + 12 of 70; all 64 + 41 of 420.
PERCENT = {
    ("white", "all"): 100 * 30 / 200, ("black", "all"): 100 * 42 / 120, ("hispanic", "all"): 100 * 24 / 80,
    ("all", "with_disability"): 100 * 32 / 70, ("all", "without_disability"): 100 * 73 / 350, ("all", "all"): 100 * 105 / 420,
}  # fmt: skip


@pytest.fixture
def released(other_city: OtherCity) -> CommandLine:
    verdicts = {row["source"]: row["verdict"] for row in other_city.report["sources"]}
    assert {source: verdict for source, verdict in verdicts.items() if verdict != "not_delivered"} == {
        "mde__attendance": "fresh", "der__employees": "fresh", "hr__positions": "fresh",
    }  # fmt: skip
    return other_city.levelground


def test_the_district_has_the_rates_worked_out_by_hand(released: CommandLine) -> None:
    rows = released.ask(
        "select * from published.equity_measures where measure_id = 'chronic_absence_rate' "
        "and geography_type = 'school_district' and geoid = 'NORTH STAR' and value is not null",
        public=True,
    )
    found = {(row["race_ethnicity_code"], row["stratum_code"]): row["value"] for row in rows}
    assert {group: found.get(group) for group in PERCENT} == {group: pytest.approx(it, abs=0.05) for group, it in PERCENT.items()}


def test_a_hidden_cell_is_no_zero(released: CommandLine) -> None:
    """CTSTR of 8 pupils in one of two schools: the district's figure is 6 of the 12 who are shown, of 20, and has no ratio."""
    (row,) = released.ask(
        "select value, place_coverage_pct, rate_ratio from marts.fct_equity_measures where measure_id = 'chronic_absence_rate' "
        "and geography_type = 'school_district' and race_ethnicity_code = 'aian'"
    )
    assert row == {"value": pytest.approx(50.0), "place_coverage_pct": pytest.approx(100 * 12 / 20), "rate_ratio": None}


def test_the_same_folder_is_a_layer_of_a_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "states" / "minnesota")
    (tmp_path / "north_star").mkdir()
    (tmp_path / "north_star" / "city.yml").write_text(CITY + "state: minnesota\n", encoding="utf-8")
    monkeypatch.setattr(layers, "STATES", tmp_path / "states")
    city = read_layer_city(Layer("north_star", tmp_path / "north_star"))
    assert [layer.name for layer in city.layers] == ["minnesota", "north_star"]
    assert [path.stem for layer in city.layers for path in layer.contracts] == ["mde__attendance"]


def test_the_guide_shows_the_files_that_are_run() -> None:
    """Each block of the guide that names a file is an excerpt of it, but for lines that are left out with an ellipsis."""
    blocks = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    for name, block in blocks:
        text = (EXAMPLE / name).read_text(encoding="utf-8")
        for part in re.split(r"^\s*(?:#|--)? ?…\n", block, flags=re.MULTILINE):
            assert part in text, (name, part)
