"""Differences of two releases, and the inputs that explain them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from tests.support.sealing import seal
from warehouse.connection import attach, detach
from warehouse.paths import Home
from warehouse.releases import (
    BuildInputs,
    Candidate,
    Cause,
    ExplainedDifference,
    Manifest,
    ReleaseCorrupt,
    UnknownRelease,
    causes_by_measure,
    compare,
    explain_differences,
    find_causes,
    new_release_id,
)
from warehouse.releases.comparison.differences import GRAIN

Seal = Callable[..., Manifest]
# measure, version, period, race, value, reliability
ROWS = [
    ("stops", 1, "2024-01-01", "black", 20.0, "reliable"),
    ("stops", 1, "2024-01-01", "white", 10.0, "reliable"),
    ("stops", 1, "2025-01-01", "black", 22.0, "reliable"),
    ("calls", 1, "2024-01-01", "all", 5.0, "reliable"),
]
MADE_OF = BuildInputs(
    code={"warehouse": "c1"},
    seeds={"races": "s1", "offences": "s1", "measure_registry": "s1"},
    contracts={"fpc__police_stops": "k1", "mpd__dispatched_calls": "k1"},
    models={"fct_stops": "m1", "fct_calls": "m1"},
    lineage={
        "stops": ("source fpc__police_stops", "seed races", "seed measure_registry", "model fct_stops"),
        "calls": ("source mpd__dispatched_calls", "seed offences", "seed measure_registry", "model fct_calls"),
    },
)
LOADS = {"fpc__police_stops": ["a"], "mpd__dispatched_calls": ["b"]}


@pytest.fixture
def make(home: Home) -> Seal:
    """Seals a release of measure rows, a registry and goals."""

    def sealed(
        rows: list[tuple[Any, ...]] = ROWS,
        registry: tuple[tuple[str, int, str], ...] = (("stops", 1, "searched"), ("calls", 1, "called")),
        goals: tuple[tuple[str, bool, str], ...] = (),
        extra: str = "",
        **changes: Any,
    ) -> Manifest:
        candidate = Candidate.begin(home, "run")
        fixed = {
            "period_type": "year", "geography_type": "city", "geography_vintage": "current", "geoid": "1",
            "race_standard": "spd15_1997", "tabulation": "exclusive", "method": "individual", "stratum_type": "all",
            "stratum_code": "all",
        }  # fmt: skip
        with duckdb.connect(home.warehouse) as connection:
            attach(connection, candidate.analyst_path, "release")
            connection.execute("create schema release.marts")
            connection.execute(
                "create table release.marts.fct_equity_measures (measure_id varchar, measure_version integer, period_start date, "
                f"race_ethnicity_code varchar, value double, reliability varchar, data_as_of timestamp, "
                f"{', '.join(f'{name} varchar' for name in fixed)})"
            )
            values = ", ".join(f"'{value}'" for value in fixed.values())
            for row in rows:
                connection.execute(
                    f"insert into release.marts.fct_equity_measures values (?, ?, ?, ?, ?, ?, now()::timestamp, {values})",
                    list(row),
                )
            connection.execute(
                "create table release.marts.dim_measure (measure_id varchar, measure_version int, numerator varchar)"
            )
            connection.executemany("insert into release.marts.dim_measure values (?, ?, ?)", [list(row) for row in registry])
            connection.execute(
                "create table release.marts.fct_goal_progress (goal_id varchar, is_latest boolean, status varchar)"
            )
            for goal in goals:
                connection.execute("insert into release.marts.fct_goal_progress values (?, ?, ?)", list(goal))
            if extra:
                connection.execute(extra)
            detach(connection, "release")
        created_at = datetime(2025, 12, 1, tzinfo=UTC)
        given_changes: dict[str, Any] = {
            "code_version": "0.1.0", "content_hash": "ab" * 32, "data_as_of": None, "loads": LOADS,
            "versions": {"duckdb": "1.5.5"}, "seeds_hash": "ab", "as_of": datetime(2025, 12, 1), "made_of": MADE_OF,
        } | changes  # fmt: skip
        return seal(
            home, candidate, release_id=new_release_id(home, created_at, "ab" * 32), created_at=created_at, **given_changes
        )

    return sealed


def explained(home: Home, before: Manifest, after: Manifest) -> dict[str, ExplainedDifference]:
    differences = compare(home, before.release_id, after.release_id)
    return {
        one.difference.measure_id: one for one in explain_differences(differences.before, differences.after, differences.measures)
    }


def test_two_releases_with_the_same_figures_do_not_differ(home: Home, make: Seal) -> None:
    before, after = make(), make()
    differences = compare(home, before.release_id, after.release_id)
    assert (differences.measures, differences.tables, differences.goals) == ((), {}, {})
    assert compare(home, before.release_id, before.release_id).measures == ()


def test_a_figure_that_its_publisher_withdrew_is_not_repeated(home: Home, make: Seal) -> None:
    """The comparison counts the row, and does not print what it was before it was hidden."""
    add = "alter table release.marts.fct_equity_measures add column value_status varchar default 'computed'"
    hide = "update release.marts.fct_equity_measures set value = null, value_status = 'suppressed_at_source' where value = 10.0"
    before, after = (
        make(extra=add),
        make([*ROWS[:2], ("stops", 1, "2025-01-01", "black", 23.0, "reliable")], extra=f"{add}; {hide}"),
    )
    stops = next(one for one in compare(home, before.release_id, after.release_id).measures if one.measure_id == "stops")
    assert (stops.changed, stops.columns) == (2, {"value": 2, "value_status": 1})
    assert (stops.revised, stops.withdrawn) == (1, 1)
    assert [change.before for change in stops.top] == [22.0]


def test_rows_that_were_added_removed_or_changed_are_counted_with_the_largest_changes_first(home: Home, make: Seal) -> None:
    rows = [
        ("stops", 1, "2024-01-01", "black", 20.5, "reliable"),
        ("stops", 1, "2024-01-01", "white", 8.0, "unreliable"),
        ("stops", 1, "2026-01-01", "black", 23.0, "reliable"),
        ("calls", 1, "2024-01-01", "all", 5.0 * (1 + 1e-12), "reliable"),
    ]
    before, after = make(), make(rows)
    (stops,) = compare(home, before.release_id, after.release_id).measures
    assert (stops.measure_id, stops.rows, stops.added, stops.gone, stops.changed) == ("stops", (3, 3), 1, 1, 2)
    assert (stops.revised, stops.withdrawn, stops.new_periods) == (2, 0, ("year 2026-01-01",))
    assert stops.columns == {"value": 2, "reliability": 1}
    assert [(change.key["race_ethnicity_code"], change.before, change.after, change.by) for change in stops.top] == [
        ("white", 10.0, 8.0, -2.0),
        ("black", 20.0, 20.5, 0.5),
    ]
    assert set(stops.top[0].key) == set(GRAIN)


def test_a_value_that_was_hidden_is_a_change_without_an_amount_and_is_last(home: Home, make: Seal) -> None:
    rows = [(*ROWS[0][:4], None, None), (*ROWS[1][:4], 10.1, "reliable"), *ROWS[2:]]
    before, after = make(), make(rows)
    (stops,) = compare(home, before.release_id, after.release_id).measures
    assert [change.by for change in stops.top] == [pytest.approx(0.1), None]
    assert (stops.top[1].before, stops.top[1].after) == (20.0, None)


def test_at_most_five_changes_are_listed(home: Home, make: Seal) -> None:
    many = [("stops", 1, f"{year}-01-01", "all", 1.0, "reliable") for year in range(2000, 2010)]
    before, after = make(many), make([(*row[:4], 2.0 + at, row[5]) for at, row in enumerate(many)])
    (stops,) = compare(home, before.release_id, after.release_id).measures
    assert (stops.changed, [change.after for change in stops.top]) == (10, [11.0, 10.0, 9.0, 8.0, 7.0])


def test_a_new_version_is_reported_as_one_difference(home: Home, make: Seal) -> None:
    rows = [(row[0], 2 if row[0] == "stops" else 1, *row[2:]) for row in ROWS]
    registry = (("stops", 1, "searched"), ("stops", 2, "frisked"), ("calls", 1, "called"))
    before, after = make(), make(rows, registry)
    (stops,) = compare(home, before.release_id, after.release_id).measures
    assert stops.versions == ((1,), (2,))
    assert (stops.added, stops.gone, stops.changed, stops.registry) == (3, 3, 0, ("row",))


def test_a_changed_registry_row_is_reported_even_if_no_figure_changed(home: Home, make: Seal) -> None:
    before, after = make(), make(registry=(("stops", 1, "frisked"), ("calls", 1, "called")))
    (stops,) = compare(home, before.release_id, after.release_id).measures
    assert (stops.changed, stops.registry) == (0, ("numerator",))


def test_changed_goals_and_tables_are_reported(home: Home, make: Seal) -> None:
    before = make(goals=(("g", False, "met"), ("g", True, "on_track"), ("h", True, "met"), ("old", True, "not_met")))
    after = make(
        goals=(("g", False, "on_track"), ("g", True, "off_track"), ("h", True, "met"), ("new", True, "on_track")),
        extra="create table release.marts.fct_sales as from range(7); create schema release.quality; "
        "create table release.quality.runs as from range(3)",
    )
    differences = compare(home, before.release_id, after.release_id)
    assert differences.goals == {"g": ("on_track", "off_track"), "new": (None, "on_track"), "old": ("not_met", None)}
    assert differences.tables == {"marts.fct_sales": (None, 7)}


@pytest.mark.parametrize(
    ("changes", "cause", "concerned"),
    [
        ({"loads": LOADS | {"fpc__police_stops": ["a", "c"]}}, Cause("load", "fpc__police_stops", None, "c"), {"stops"}),
        ({"loads": LOADS | {"mpd__dispatched_calls": ["d"]}}, Cause("load", "mpd__dispatched_calls", "b", "d"), {"calls"}),
        ({"seeds": {"races": "s2"}}, Cause("seed", "races", "s1", "s2"), {"stops"}),
        ({"contracts": {"mpd__dispatched_calls": "k2"}}, Cause("contract", "mpd__dispatched_calls", "k1", "k2"), {"calls"}),
        ({"models": {"fct_stops": "m2"}}, Cause("model", "fct_stops", "m1", "m2"), {"stops"}),
        ({"code": {"warehouse": "c2"}}, Cause("code", "warehouse", "c1", "c2"), {"stops", "calls"}),
        ({"versions": {"duckdb": "1.5.6"}}, Cause("version", "duckdb", "1.5.5", "1.5.6"), {"stops", "calls"}),
        (
            {"as_of": datetime(2026, 1, 1)},
            Cause("as_of", "", "2025-12-01 00:00:00", "2026-01-01 00:00:00"),
            {"stops", "calls"},
        ),
    ],
)
def test_what_explains_a_change_is_named_with_the_measures_that_are_made_of_it(
    home: Home, make: Seal, changes: dict[str, Any], cause: Cause, concerned: set[str]
) -> None:
    rows = [(*row[:4], row[4] + 1, row[5]) for row in ROWS]
    parts = {name: getattr(MADE_OF, name) | value for name, value in changes.items() if name in BuildInputs.model_fields}
    columns = {name: value for name, value in changes.items() if name not in parts}
    before, after = make(), make(rows, **columns, **({"made_of": MADE_OF.model_copy(update=parts)} if parts else {}))
    assert find_causes(before, after) == [cause]
    differences = explained(home, before, after)
    assert set(differences) == {"stops", "calls"}
    assert {measure for measure, one in differences.items() if one.causes == (cause,)} == concerned
    assert all(one.is_known for one in differences.values())


def test_an_input_that_returned_to_its_old_content_is_no_cause(home: Home, make: Seal) -> None:
    """Three loads of stops: the third file is the first again. The loads differ and what they delivered does not."""
    before = make(made_of=MADE_OF.model_copy(update={"contents": {"fpc__police_stops": "x", "mpd__dispatched_calls": "y"}}))
    after = make(
        [(*row[:4], row[4] + 1, row[5]) for row in ROWS],
        loads={"fpc__police_stops": ["a", "c", "d"], "mpd__dispatched_calls": ["e"]},
        made_of=MADE_OF.model_copy(update={"contents": {"fpc__police_stops": "x", "mpd__dispatched_calls": "z"}}),
    )
    assert find_causes(before, after) == [Cause("load", "mpd__dispatched_calls", "b", "e")]
    assert explained(home, before, after)["stops"].causes == ()


def test_causes_follow_the_lineage_of_the_later_release(home: Home, make: Seal) -> None:
    """A manifest of an earlier version lists calls among the inputs of stops, which never read them."""
    wide = MADE_OF.model_copy(
        update={"lineage": MADE_OF.lineage | {"stops": (*MADE_OF.lineage["stops"], "source mpd__dispatched_calls")}}
    )
    before = make(made_of=wide)
    after = make([(*row[:4], row[4] + 1, row[5]) for row in ROWS], loads=LOADS | {"mpd__dispatched_calls": ["d"]})
    differences = explained(home, before, after)
    assert differences["stops"].causes == ()
    assert [cause.name for cause in differences["calls"].causes] == ["mpd__dispatched_calls"]
    assert causes_by_measure(before, after)["stops"] == ()


def test_the_clock_is_named_only_where_nothing_else_explains(home: Home, make: Seal) -> None:
    rows = [(*row[:4], row[4] + 1, row[5]) for row in ROWS]
    before = make()
    after = make(rows, as_of=datetime(2026, 1, 1), loads=LOADS | {"fpc__police_stops": ["c"]})
    differences = explained(home, before, after)
    assert [cause.kind for cause in differences["stops"].causes] == ["load"]
    assert [cause.kind for cause in differences["calls"].causes] == ["as_of"]


def test_the_registry_explains_a_measure_whose_own_row_changed(home: Home, make: Seal) -> None:
    rows = [(*row[:4], row[4] + 1, row[5]) for row in ROWS]
    seeds = {"made_of": MADE_OF.model_copy(update={"seeds": MADE_OF.seeds | {"measure_registry": "s2"}})}
    before, after = make(), make(rows, registry=(("stops", 1, "frisked"), ("calls", 1, "called")), **seeds)
    differences = explained(home, before, after)
    assert [cause.name for cause in differences["stops"].causes] == ["measure_registry"]
    assert differences["calls"].causes == ()


def test_a_change_that_nothing_explains_stays_unexplained(home: Home, make: Seal) -> None:
    before, after = make(), make([(*row[:4], row[4] + 1, row[5]) for row in ROWS])
    assert [(one.causes, one.is_known) for one in explained(home, before, after).values()] == [((), True), ((), True)]


def test_a_release_without_recorded_hashes_is_compared_without_causes(home: Home, make: Seal) -> None:
    before = make(made_of=BuildInputs(), as_of=None, code_version="0.0.9")
    after = make([(*row[:4], row[4] + 1, row[5]) for row in ROWS], loads=LOADS | {"fpc__police_stops": ["c"]})
    found = {"calls": ["levelground"], "stops": ["fpc__police_stops", "levelground"]}
    differences = explained(home, before, after)
    assert {measure: [cause.name for cause in one.causes] for measure, one in differences.items()} == found
    assert not any(one.is_known for one in differences.values())


def test_only_whole_and_known_releases_are_compared(home: Home, make: Seal) -> None:
    before, after = make(), make()
    with pytest.raises(UnknownRelease):
        compare(home, before.release_id, "20240101T000000Z-00000000")
    file = home.release(after.release_id) / "levelground.duckdb"
    file.chmod(0o640)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ReleaseCorrupt):
        compare(home, before.release_id, after.release_id)
