"""The disclosure gate compares every public table with the last release around a removal of records."""

from __future__ import annotations

from pathlib import Path

from expectations.disclosure.inputs.reader import AuditReader
from expectations.disclosure.release_differencing import rows_changed_around_removals
from tests.integration.test_disclosure_gate import SEEDS, SHOWN, WAITING, good, truth, write
from tests.unit.expectations.disclosure.world import CITY
from warehouse.connection import attach, scratch


def test_no_table_may_show_around_a_removal_whose_record_it_was(tmp_path: Path) -> None:
    """A record of searches was removed since the last release: every row about the measure stays, in every public table."""
    stops = frozenset({"fpc__police_stops"})
    with scratch(tmp_path) as warehouse:
        for name in ("release", "public", "before"):
            attach(warehouse, tmp_path / f"{name}.duckdb", name)
        warehouse.execute(SHOWN.replace("{seeds}", str(SEEDS)).replace("{city}", CITY))
        write(warehouse, "public.published.equity_measures", good())
        write(warehouse, "disclosure.reported", truth(), *WAITING, "is_settled boolean default true")
        warehouse.execute("create table public.published.goals as select 'fewer' as goal_id, 'searched' as measure_id")
        warehouse.execute("create schema before.published")
        for table in ("equity_measures", "disparity_indices", "goal_progress"):
            warehouse.execute(f"create table before.published.{table} as from public.published.{table}")

        def changed(before: str | None = "before.published", unchanged: frozenset[str] = stops) -> dict[str, int]:
            return dict(rows_changed_around_removals(AuditReader(warehouse), before, unchanged))

        removed_from = "update disclosure.reported set is_revision_pending = measure_id = '{}'"
        warehouse.execute(removed_from.format("searched"))
        assert changed() == {}
        warehouse.execute("update public.published.disparity_indices set groups_left_out = 'black'")
        warehouse.execute("update public.published.goal_progress set period_start = date '2025-04-01'")
        assert changed() == {"disparity_indices": 2, "goal_progress": 2}  # the row as it was, and as it is
        # no release to compare with, another load of the source, a slice of this run, no removal: each explains a change
        assert changed(None) == changed(unchanged=frozenset()) == {}
        warehouse.execute("update disclosure.reported set is_settled = race_ethnicity_code <> 'black'")
        assert changed() == {}
        warehouse.execute("update disclosure.reported set is_settled = true")
        warehouse.execute(removed_from.format("stops"))
        assert changed() == {}
