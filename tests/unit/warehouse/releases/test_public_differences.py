"""What two releases publish differently: figures that appear, change and vanish, by measure, with reasons, and nothing hidden."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from orchestration.cli.release import differences
from tests.support.sealing import seal
from warehouse.connection import attach, detach
from warehouse.paths import Home
from warehouse.releases import (
    BuildInputs,
    Candidate,
    Manifest,
    PublicCounts,
    ReleaseCorrupt,
    compare_public,
    count_changes,
    new_release_id,
)

Make = Callable[..., Manifest]
COLUMNS = (
    "measure_id", "measure_version", "period_start", "geography_type", "geography_vintage", "geoid", "race_ethnicity_code",
    "value", "ci_low", "publication_status",
)  # fmt: skip
FIXED = {
    "period_type": "year", "race_standard": "spd15_1997", "tabulation": "exclusive", "method": "individual",
    "stratum_type": "all", "stratum_code": "all",
}  # fmt: skip
HIDDEN = 4711.5  # a value that only the earlier file shows


def figure(measure: str = "stops", value: float | None = 1.0, **changes: Any) -> tuple[Any, ...]:
    """A row of Black residents of the city in 2024; hidden without a value, unless `publication_status` gives another word."""
    fixed = dict.fromkeys(COLUMNS) | {
        "measure_id": measure, "measure_version": 1, "period_start": "2024-01-01", "geography_type": "city",
        "geography_vintage": "current", "geoid": "1", "race_ethnicity_code": "black", "value": value,
        "publication_status": "published" if value is not None else "suppressed",
    }  # fmt: skip
    return tuple((fixed | changes).values())


MADE_OF = BuildInputs(
    code={"warehouse": "c1"},
    seeds={"races": "s1", "measure_registry": "s1", "publication_plan": "s1"},
    contracts={"fpc__police_stops": "k1"},
    models={"int_disclosure__planned": "m1"},
    lineage={"stops": ("source fpc__police_stops", "seed races", "seed measure_registry"), "calls": ("seed races",)},
)


@pytest.fixture
def make(home: Home) -> Make:
    """Seals a release whose public file has these rows."""

    def sealed(*rows: tuple[Any, ...], without: str = "", minimum_n: int = 20, **changes: Any) -> Manifest:
        candidate = Candidate.begin(home, "run")
        with duckdb.connect(home.warehouse) as con:
            attach(con, candidate.public_path, "public")
            con.execute("create schema public.published")
            kinds = {"measure_version": "integer", "period_start": "date", "value": "double", "ci_low": "double"}
            columns = ", ".join(f"{name} {kinds.get(name, 'varchar')}" for name in COLUMNS)
            texts = ", ".join(f"{name} varchar default '{value}'" for name, value in FIXED.items())
            con.execute(f"create table public.published.equity_measures ({columns}, {texts})")
            con.execute("create table public.published.measures (measure_id varchar, minimum_n integer, is_current boolean)")
            con.execute("insert into public.published.measures values ('stops', ?, true)", [minimum_n])
            for row in rows:
                marks = ", ".join("?" for _ in row)
                con.execute(f"insert into public.published.equity_measures ({', '.join(COLUMNS)}) values ({marks})", list(row))
            if without:
                con.execute(f"alter table public.published.equity_measures drop column {without}")
            detach(con, "public")
        fields: dict[str, Any] = {
            "code_version": "0.1.0", "content_hash": "ab" * 32, "data_as_of": None, "loads": {"fpc__police_stops": ["a"]},
            "versions": {"duckdb": "1.5.5"}, "seeds_hash": "ab", "as_of": datetime(2025, 12, 1), "made_of": MADE_OF,
        } | changes  # fmt: skip
        created_at = datetime(2025, 12, 1, tzinfo=UTC)
        return seal(home, candidate, release_id=new_release_id(home, created_at, "ab" * 32), created_at=created_at, **fields)

    return sealed


# Each row before, after, what happens to its figure, and why.
EVENTS = {
    "value changes": (figure("a", 1.0), figure("a", 2.0), "change", None),
    "hidden now": (figure("a", HIDDEN), figure("a", None), "vanish", "hidden"),
    "unreliable now": (figure("a"), figure("a", None, publication_status="unreliable"), "vanish", "unreliable"),
    "was hidden": (figure("a", None), figure("a"), "appear", "was_hidden"),
    "had no denominator": (figure("a", None, publication_status="no_denominator"), figure("a"), "appear", "was_no_denominator"),
    "new measure": (None, figure("a"), "appear", "new_measure"),
    "measure gone": (figure("a"), None, "vanish", "measure_gone"),
}
# Rows of a measure that both files have in other rows.
ONE_SIDED = [
    ({"measure_version": 2}, "definition"),
    ({"geography_type": "district", "geography_vintage": "2022"}, "map"),
    ({"geoid": "2"}, "place"),
    ({"period_start": "2025-01-01"}, "period"),
    ({"race_ethnicity_code": "white"}, "group"),
]


@pytest.mark.parametrize("name", EVENTS)
def test_a_figure_appears_changes_or_vanishes_for_a_reason(home: Home, make: Make, name: str) -> None:
    before, after, event, reason = EVENTS[name]
    first, second = (make(figure("other"), *([row] if row else [])) for row in (before, after))
    found = compare_public(home, first.release_id, second.release_id, "a")
    assert found.counts == PublicCounts(**{str(event): 1}, hidden=int(reason == "hidden"))
    (measure,) = found.measures
    assert (measure.measure_id, dict(measure.reasons)) == ("a", {reason: 1} if reason else {})
    assert [(one["event"], one["reason"]) for one in found.figures] == [(event, reason)]


@pytest.mark.parametrize(("changes", "reason"), ONE_SIDED)
def test_a_row_of_one_file_names_what_the_other_lacks(home: Home, make: Make, changes: dict[str, Any], reason: str) -> None:
    small, large = make(figure()), make(figure(), figure(**changes))
    assert dict(compare_public(home, small.release_id, large.release_id).measures[0].reasons) == {f"new_{reason}": 1}
    assert dict(compare_public(home, large.release_id, small.release_id).measures[0].reasons) == {f"{reason}_gone": 1}


def test_a_combination_that_the_plan_drops_is_no_longer_published(home: Home, make: Make) -> None:
    """2025 and white rows stay, but not their combination."""
    rows = [figure(), figure(race_ethnicity_code="white"), figure(period_start="2025-01-01")]
    first = make(*rows, figure(race_ethnicity_code="white", period_start="2025-01-01"))
    second = make(*rows, made_of=MADE_OF.model_copy(update={"seeds": MADE_OF.seeds | {"publication_plan": "s2"}}))
    (stops,) = compare_public(home, first.release_id, second.release_id).measures
    assert dict(stops.reasons) == {"no_longer_published": 1}
    assert [str(cause) for cause in stops.causes] == ["seed publication_plan"]


def test_the_plan_comes_first_among_the_inputs_of_rows_that_leave_without_a_figure(home: Home, make: Make) -> None:
    seeds = MADE_OF.seeds | {"publication_plan": "s2", "races": "s2"}
    first = make(figure(), figure(value=None, geoid="2"))
    second = make(figure(), made_of=MADE_OF.model_copy(update={"seeds": seeds}))
    (stops,) = compare_public(home, first.release_id, second.release_id).measures
    assert stops.why == "1 place gone without figure; inputs: seed publication_plan, seed races"


def test_rows_without_a_figure_that_leave_are_counted_with_their_reason(home: Home, make: Make) -> None:
    first = make(figure(), figure(value=None, period_start="2023-01-01"), figure(value=None, geoid="2"))
    second = make(figure())
    found = compare_public(home, first.release_id, second.release_id)
    assert found.counts == PublicCounts(rows_left=2)
    assert dict(found.measures[0].reasons) == {"period_gone_without_figure": 1, "place_gone_without_figure": 1}
    assert str(found.counts) == "0 appear, 0 change, 0 vanish; rows without a figure: 2 gone"


def test_another_order_of_a_sum_is_no_change_and_another_range_is_none_of_the_figure(home: Home, make: Make) -> None:
    first = make(figure(value=3.0, ci_low=1.0), figure("calls", 5.0, ci_low=1.0))
    second = make(figure(value=3.0 * (1 + 1e-12), ci_low=1.5), figure("calls", 5.0, ci_low=1.0))
    found = compare_public(home, first.release_id, second.release_id)
    assert found.counts == PublicCounts(other=1)
    assert [(one.measure_id, dict(one.columns)) for one in found.measures] == [("stops", {"ci_low": 1})]


def test_a_value_that_is_not_shown_now_is_nowhere_in_the_report(
    home: Home, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    first = make(figure(value=HIDDEN), figure(value=HIDDEN, geoid="2"), figure(value=1.0, period_start="2025-01-01"))
    second = make(figure(value=None), figure(value=2.0, period_start="2025-01-01"))
    found = compare_public(home, first.release_id, second.release_id, "stops")
    differences.show_public(found)
    differences.show_public(found, "stops")
    text = capsys.readouterr().out + json.dumps(differences.public_data(found), default=str)
    assert "4711" not in text.replace(",", "")
    assert "1.00 → 2.00" in text


@pytest.mark.parametrize(
    ("changes", "causes"),
    [
        ({"loads": {"fpc__police_stops": ["a", "b"]}}, ["load fpc__police_stops"]),
        ({"seeds": {"races": "s2"}}, ["seed races"]),
        ({"contracts": {"fpc__police_stops": "k2"}}, ["contract fpc__police_stops"]),
        ({"seeds": {"publication_plan": "s2"}}, []),  # it changes no value of a figure
        ({"minimum_n": 10, "seeds": {"measure_registry": "s2"}}, ["seed measure_registry"]),
        ({"seeds": {"measure_registry": "s2"}}, []),  # the row of another measure
        ({"as_of": datetime(2026, 1, 1)}, ["as_of 2025-12-01 00:00:00 → 2026-01-01 00:00:00"]),
    ],
)
def test_a_changed_figure_names_the_changed_inputs_of_its_measure(
    home: Home, make: Make, changes: dict[str, Any], causes: list[str]
) -> None:
    parts = {name: getattr(MADE_OF, name) | value for name, value in changes.items() if name in BuildInputs.model_fields}
    others = {name: value for name, value in changes.items() if name not in parts}
    first, second = make(figure()), make(figure(value=2.0), made_of=MADE_OF.model_copy(update=parts), **others)
    (stops,) = compare_public(home, first.release_id, second.release_id).measures
    assert [str(cause) for cause in stops.causes] == causes


def test_the_report_fits_a_screen_and_counts_what_does_not(
    home: Home, make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"measure_with_a_long_name_{number}" for number in range(30)]
    first = make(*(figure(name) for name in names), figure("kept"))
    second = make(figure("kept"))
    found = compare_public(home, first.release_id, second.release_id)
    differences.show_public(found)
    assert capsys.readouterr().out.count("1 measure gone; inputs: ") == 30  # a pipe gets all
    screen = dataclasses.make_dataclass("Screen", ["is_terminal", "width", "height", "print"])(True, 80, 24, print)
    monkeypatch.setattr(differences, "out", screen)
    differences.show_public(found)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 22
    assert max(map(len, lines)) <= 80
    shown = sum(line.startswith("measure_with") for line in lines)
    assert f"{30 - shown} more; a pipe (`| less`) and --json get all" in lines


def test_the_counts_of_a_run_are_those_of_the_report_and_an_old_file_has_none(home: Home, make: Make) -> None:
    first, second = make(figure(), figure(geoid="2")), make(figure(value=None))
    paths = [home.release(one.release_id) / "levelground_public.duckdb" for one in (first, second)]
    assert count_changes(*paths) == PublicCounts(vanish=2, hidden=1)
    assert compare_public(home, first.release_id, second.release_id).counts == PublicCounts(vanish=2, hidden=1)
    old = make(figure(), without="publication_status")
    assert count_changes(home.release(old.release_id) / "levelground_public.duckdb", paths[1]) is None
    with pytest.raises(ReleaseCorrupt, match="old version"):
        compare_public(home, old.release_id, second.release_id)
