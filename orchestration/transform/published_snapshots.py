"""List the snapshots of stocks that earlier releases published, so that a quarter always shows the same snapshot.

Figures of persons are in the file of figures as reported, which outlives releases; all others are in the current public file.
See the dbt model `int_disclosure__snapshots` for the choice.
"""

from __future__ import annotations

import datetime as dt

from orchestration.runs.context import RunContext
from warehouse.connection import attach, detach
from warehouse.paths import PUBLIC_FILE
from warehouse.releases import current
from warehouse.sql import literal

Row = tuple[str, dt.date, dt.date, bool]


def published_snapshots(run: RunContext) -> list[Row]:
    """One row per published snapshot: measure, first day, last day, and whether its figures are frozen."""
    home, con = run.settings.home, run.con
    found: dict[tuple[str, dt.date, dt.date], bool] = {}
    published = current(home)
    if published is not None:
        attach(con, home.release(published.release_id) / PUBLIC_FILE, "previous_public", read_only=True)
        try:
            found |= dict.fromkeys(_snapshots(run, "previous_public.published.equity_measures"), False)
        finally:
            detach(con, "previous_public")
    if home.reported.is_file():
        found |= dict.fromkeys(_snapshots(run, f"read_parquet({literal(str(home.reported))})"), True)
    return [(*snapshot, is_frozen) for snapshot, is_frozen in sorted(found.items())]


def _snapshots(run: RunContext, figures: str) -> list[tuple[str, dt.date, dt.date]]:
    query = f"select distinct measure_id, period_start, period_end from {figures} where period_type = 'snapshot'"
    return run.con.execute(query).fetchall()
