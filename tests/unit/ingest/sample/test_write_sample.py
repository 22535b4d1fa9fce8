"""`write_sample`: one folder, whole or not there, the same bytes for the same numbers."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest
import yaml

from ingest import sample
from ingest.sample import GENERATOR_VERSION, SampleError, SampleSummary, write_sample
from ingest.sample.delivery import Source
from ingest.sample.sources import NOT_DELIVERED
from ingest.sample.sources import SOURCES as SAMPLED

ROWS = 2_000
SOURCES = {
    "ucc__service_requests": ROWS * 30 // 100,
    "mpd__dispatched_calls": ROWS * 40 // 100,
    "fpc__police_stops": ROWS * 15 // 100,
    "comptroller__checkbook": ROWS * 15 // 100,
}

# Locations are the same for every seed, and so is what is set and not drawn.
OF_THE_GROUND = {
    "census__tracts_2010", "census__tracts_2020", "census__zcta_2010", "city__addresses", "city__aldermanic_districts_2012",
    "city__aldermanic_districts_2022", "city__limits", "city__neighborhoods", "city__police_districts",
}  # fmt: skip
PUBLISHED = {name for name in SAMPLED if name.startswith("urban__")} | {"chr__county_health", "census__acs_county"}
SET = {
    "dcd__foreclosures", "dns__evictions", "doa__arpa_projects", "dpw__lead_service_lines", "fpc__fatal_shootings",
    "mhd__chronic_disease", "census__population_estimates", "seer__standard_population",
    "census__place_populations",
} | PUBLISHED  # fmt: skip


@pytest.fixture
def few_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city of one source: enough for what happens to its folder."""
    monkeypatch.setattr(sample, "rows_by_source", lambda rows, _city=None: {"fpc__police_stops": rows})
    monkeypatch.setattr(sample, "planted_truth", lambda _seed, _city: {"truths": []})


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_rows_and_seed_give_the_same_bytes(summary: SampleSummary, tmp_path: Path) -> None:
    second = write_sample(tmp_path / "again", ROWS, 7)
    assert hashes(second.out) == hashes(summary.out)


def test_another_seed_gives_other_deliveries(summary: SampleSummary, tmp_path: Path) -> None:
    other, first = hashes(write_sample(tmp_path / "other", ROWS, 8).out), hashes(summary.out)
    same = {Path(name).parts[0] for name in first if other[name] == first[name]}
    # the truth relates planted amounts to residents, who are drawn
    assert same == {"city.yml", *OF_THE_GROUND, *SET}


def test_event_rows_are_shared_out_and_sum_to_what_was_asked(summary: SampleSummary) -> None:
    events = {source: summary.rows[source] for source in SOURCES}
    assert events == SOURCES
    assert sum(events.values()) == ROWS


def test_summary_names_every_file_and_source(summary: SampleSummary) -> None:
    assert set(summary.files) == set(hashes(summary.out))
    assert {Path(name).parts[0] for name in summary.files if "/" in name} == set(summary.rows)
    assert set(summary.rows) == set(SAMPLED)
    assert summary.seconds > 0


def test_receipt_records_what_was_made(summary: SampleSummary) -> None:
    receipt = json.loads((summary.out / "sample.json").read_text(encoding="utf-8"))
    assert {key: receipt[key] for key in ("city", "rows", "seed", "generator_version")} == {
        "city": "sampleton",
        "rows": ROWS,
        "seed": 7,
        "generator_version": GENERATOR_VERSION,
    }
    for source, rows in summary.rows.items():
        planted = receipt["planted"][source]
        assert planted["delivered"] == rows
        assert set(planted) == {"delivered", "blank", "duplicate", "superseded", "rejected", "facts"}


def test_city_file_overrides_only_what_a_city_may(summary: SampleSummary) -> None:
    city = yaml.safe_load((summary.out / "city.yml").read_text(encoding="utf-8"))
    assert city["city"] == "sampleton"
    assert "synthetic" in city["title"]
    assert city["as_of"].isoformat() == "2026-01-01T00:00:00"
    assert set(city["sources"]) == set(summary.rows) | set(NOT_DELIVERED)
    for keys in city["sources"].values():
        assert keys["jurisdiction"] in (city["place_geoid"], "99001", "99")
        assert set(keys) <= {"jurisdiction", "follow_up", "period", "as_of", "freshness"}
    of_the_county = {name for name, keys in city["sources"].items() if keys["jurisdiction"] == "99001"}
    assert of_the_county == {
        "census__acs_language", "census__acs_race_tract", "census__tracts_2010", "census__tracts_2020", "census__zcta_2010",
        "dpi__absenteeism",
        "dpi__act", "dpi__completion", "dpi__enrollment", "dpi__forward_exam", "dpi__removals", "mhd__chronic_disease",
        "census__acs_county", "census__population_estimates", "chr__county_health", "mcme__deaths", "urban__debt_collections",
        "urban__low_birth_weight",
        "dns__evictions",
    }  # fmt: skip
    assert {name for name, keys in city["sources"].items() if keys["jurisdiction"] == "99"} == {"fpc__fatal_shootings"}
    assert city["sources"]["ucc__service_requests"]["follow_up"] == {
        "until": "delivery",
        "start": "created_at",
        "end": "closed_at",
    }


@pytest.mark.usefixtures("few_sources")
def test_an_earlier_sample_is_replaced_with_nothing_left_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "city"
    write_sample(out, ROWS, 1)
    (out / "stray").mkdir()
    write_sample(out, ROWS, 2)
    assert json.loads((out / "sample.json").read_text(encoding="utf-8"))["seed"] == 2
    assert not (out / "stray").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["city"]


@pytest.mark.usefixtures("few_sources")
def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    write_sample(tmp_path / "city", ROWS)
    assert (tmp_path / "city" / "truth.json").is_file()


@pytest.mark.parametrize("receipt", [None, "not json", "[]", '{"generator": "something else"}'])
def test_a_folder_that_is_no_sample_is_refused_and_left_alone(tmp_path: Path, receipt: str | None) -> None:
    (tmp_path / "precious.csv").write_text("kept", encoding="utf-8")
    if receipt is not None:
        (tmp_path / "sample.json").write_text(receipt, encoding="utf-8")
    before = hashes(tmp_path)
    with pytest.raises(SampleError, match=r"not a sample city.*--out"):
        write_sample(tmp_path, ROWS)
    assert hashes(tmp_path) == before


def test_a_file_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "city").write_text("kept", encoding="utf-8")
    with pytest.raises(SampleError, match="is a file"):
        write_sample(tmp_path / "city", ROWS)


@pytest.mark.parametrize(("rows", "seed", "option"), [(999, 1, "--rows"), (-5, 1, "--rows"), (ROWS, -1, "--seed")])
def test_numbers_out_of_range_are_refused_by_name(tmp_path: Path, rows: int, seed: int, option: str) -> None:
    with pytest.raises(SampleError, match=option):
        write_sample(tmp_path / "city", rows, seed)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("few_sources")
def test_a_failure_half_way_leaves_the_earlier_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "city"
    write_sample(out, ROWS, 1)
    before = hashes(out)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setitem(SAMPLED, "fpc__police_stops", Source("fpc__police_stops", fail))
    with pytest.raises(OSError, match="no space"):
        write_sample(out, ROWS, 2)
    assert hashes(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["city"]


@pytest.mark.usefixtures("few_sources")
def test_what_a_kill_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".city.partial" / "fpc__police_stops").mkdir(parents=True)
    write_sample(tmp_path / "city", ROWS)
    assert [path.name for path in tmp_path.iterdir()] == ["city"]
    assert not (tmp_path / "city" / "fpc__police_stops" / "fpc__police_stops").exists()


def test_a_sample_of_another_version_is_not_current(summary: SampleSummary, tmp_path: Path) -> None:
    assert sample.is_current_sample(summary.out)
    assert not sample.is_current_sample(tmp_path)
    receipt = json.loads((summary.out / "sample.json").read_text(encoding="utf-8"))
    (tmp_path / "sample.json").write_text(json.dumps(receipt | {"generator_version": 0}), encoding="utf-8")
    assert not sample.is_current_sample(tmp_path)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    """Rows that do not divide, of the same seed."""
    return write_sample(tmp_path_factory.mktemp("odd") / "city", 1_003, 7)


def test_rows_that_do_not_divide_still_sum(odd: SampleSummary) -> None:
    assert sum(odd.rows[source] for source in SOURCES) == 1_003


def test_each_source_draws_from_its_own_stream(summary: SampleSummary, odd: SampleSummary) -> None:
    """Other rows leave the sources that do not grow with them as they are."""
    other, first = hashes(odd.out), hashes(summary.out)
    same = {Path(name).parts[0] for name in first if other[name] == first[name]}
    assert same == {"city.yml", "truth.json", *summary.rows} - set(SOURCES)


@pytest.mark.usefixtures("few_sources")
def test_a_folder_keeps_its_mode(tmp_path: Path) -> None:
    """The sample of a home is in a folder that only its owner reads."""
    out = tmp_path / "sample"
    out.mkdir(mode=0o700)
    for _ in range(2):
        write_sample(out, rows=1000)
        assert stat.S_IMODE(out.stat().st_mode) == 0o700
