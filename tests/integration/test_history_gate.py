"""The disclosure gate on the as-reported history: no first figure gives back a group that was withdrawn between two releases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.disclosure.disclosure_gate import gate_disclosure
from expectations.disclosure.inputs.audit_inputs import GRAIN, Row
from tests.integration.test_disclosure_gate import SEEDS, SHOWN, WAITING, keep, write
from tests.unit.expectations.disclosure.world import CITY, measure, publish, slice_rows, where
from warehouse.connection import attach, database_path, scratch

STOPS, SEARCHED = measure("composition", "stops"), measure("proportion", "searched")
THEN = {"black": (30, 300), "white": (240, 1800), "asian": (70, 970), "hispanic": (88, 430)}
NOW = {"black": (30, 300), "white": (300, 1900), "asian": (70, 970), "hispanic": (120, 480)}
# black is withdrawn, and everyone with it
HIDDEN = (where("black"), where("all"))
KEYS = ", ".join(GRAIN)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    then, now = slice_rows(SEARCHED, where(), THEN), slice_rows(SEARCHED, where(), NOW)
    with scratch(tmp_path) as connection:
        attach(connection, tmp_path / "release.duckdb", "release")
        attach(connection, tmp_path / "public.duckdb", "public")
        connection.execute(SHOWN.replace("{seeds}", str(SEEDS)).replace("{city}", CITY))
        write(connection, "release.marts.fct_equity_measures", now)
        write(connection, "disclosure.reported", now, *WAITING)
        write(connection, "public.published.equity_measures", without_comparisons(publish(now, HIDDEN)))
        write(connection, "first", publish(then))
        keep(connection, tmp_path / "ledger.parquet", without_comparisons(publish(then)))
        first = ", ".join(f"{name} as first_{name}" for name in ("numerator", "denominator", "value", "bound_low", "bound_high"))
        connection.execute(
            f"create table disclosure.history as select {KEYS}, 'police' as source, date '2025-12-31' as period_end, "
            f"true as is_protected, 'r1' as first_release_id, {first}, value as last_value from first"
        )
        yield connection


def without_comparisons(rows: tuple[Row, ...]) -> list[Row]:
    """The rows without shares of known race and bounds, which follow from the total."""
    left_out = ("known_race_pct", "bound_low", "bound_high")
    return [row._replace(figures={n: v for n, v in row.figures.items() if n not in left_out}) for row in rows]


def repeat(connection: DuckDBPyConnection, *races: str, value: str = "first_value", release: str = "first_release_id") -> None:
    """The history of these groups, with their first values."""
    connection.execute(
        f"create or replace table public.published.as_reported_history as select {KEYS}, {release} as first_release_id, "
        f"{value} as first_value, null::double as first_bound_low, null::double as first_bound_high from disclosure.history "
        f"where list_contains({list(races)}, race_ethnicity_code) order by all"
    )


def failed(connection: DuckDBPyConnection, folder: Path) -> set[str]:
    found = gate_disclosure(database_path(connection), ledger=folder / "ledger.parquet")
    return {finding.expectation for finding in found.failed_critical if finding.expectation.startswith("history")}


def test_nothing_fails_without_first_figures(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    repeat(warehouse)
    assert failed(warehouse, tmp_path) == set()


def test_a_first_figure_next_to_a_withdrawn_one_fails(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    repeat(warehouse, "white", "hispanic")
    assert failed(warehouse, tmp_path) == {"history_of_withdrawn"}
    # of another source, or published still, nothing is withdrawn
    warehouse.execute("update disclosure.history set is_protected = false")
    assert failed(warehouse, tmp_path) == set()


def test_a_first_total_that_gives_a_withdrawn_group_back_fails(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("update disclosure.history set is_protected = false")
    repeat(warehouse, "white", "hispanic", "all")
    assert failed(warehouse, tmp_path) == {"history_leaks"}


def test_a_first_figure_that_no_release_published_fails(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("update disclosure.history set is_protected = false")
    repeat(warehouse, "white", value="first_value + 1")
    assert failed(warehouse, tmp_path) == {"history_was_published"}
    repeat(warehouse, "white", release="'r2'")
    assert failed(warehouse, tmp_path) == {"history_was_published"}
    # the history itself is wrong: the ledger of persons has another figure
    warehouse.execute("update disclosure.history set first_value = first_value + 1")
    repeat(warehouse, "white")
    assert failed(warehouse, tmp_path) == {"history_was_published"}


def print_edition(connection: DuckDBPyConnection, *races: str, more: float = 0) -> None:
    """An edition r2 next to the history of these groups, which has the figures of r2 as a state of its own."""
    repeat(connection, *races, value="null::double")
    connection.execute(
        "alter table public.published.as_reported_history add column history_status varchar default 'revised';"
        f"create or replace table disclosure.history as select *, [struct_pack(release_id := 'r2', numerator := first_numerator, "
        "denominator := first_denominator, value := first_value, bound_low := first_bound_low, bound_high := first_bound_high)] "
        "as states from disclosure.history;"
        f"create table public.published.as_reported_editions as select {KEYS}, 'r2' as release_id, "
        f"first_value + {more} as edition_value, "
        "null::double as edition_bound_low, null::double as edition_bound_high "
        f"from disclosure.history where list_contains({list(races)}, race_ethnicity_code)"
    )


def test_a_total_that_an_edition_printed_gives_no_withdrawn_group_back(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    """Neither is a first figure: 628 searched persons less those of the three other groups are the withdrawn ones."""
    warehouse.execute("update disclosure.history set is_protected = false")
    warehouse.execute(
        f"create table ledger as select * replace ('r2' as release_id) from read_parquet('{tmp_path / 'ledger.parquet'}')"
    )
    warehouse.execute(f"copy ledger to '{tmp_path / 'ledger.parquet'}' (format parquet)")
    print_edition(warehouse, "white", "hispanic", "all")
    assert failed(warehouse, tmp_path) == {"history_leaks"}


def test_an_edition_repeats_only_what_was_published(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("update disclosure.history set is_protected = false")
    print_edition(warehouse, "white", more=1)
    assert failed(warehouse, tmp_path) == {"history_was_published"}
