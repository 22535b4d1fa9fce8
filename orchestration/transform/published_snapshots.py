"""Which snapshots of stocks earlier releases published, so that a quarter shows the same one for ever.

Figures of persons are in the file of figures as reported, which outlives releases; all others are in the current public file.
See `int_disclosure__snapshots` for the choice.
"""

from __future__ import annotations

import datetime as dt

from orchestration.runs.context import RunSession
from warehouse.connection import attach, detach
from warehouse.paths import PUBLIC_FILE
from warehouse.releases import current
from warehouse.sql import literal

Row = tuple[str, dt.date, dt.date, bool]


def published_snapshots(session: RunSession) -> list[Row]:
    """(measure, first day, last day, whether its figures are frozen) of each published snapshot."""
    home, con = session.settings.home, session.con
    found: dict[tuple[str, dt.date, dt.date], bool] = {}
    published = current(home)
    if published is not None:
        attach(con, home.release(published.release_id) / PUBLIC_FILE, "previous_public", read_only=True)
        try:
            found |= dict.fromkeys(_snapshots(session, "previous_public.published.equity_measures"), False)
        finally:
            detach(con, "previous_public")
    if home.reported.is_file():
        found |= dict.fromkeys(_snapshots(session, f"read_parquet({literal(str(home.reported))})"), True)
    return [(*snapshot, is_frozen) for snapshot, is_frozen in sorted(found.items())]


def _snapshots(session: RunSession, figures: str) -> list[tuple[str, dt.date, dt.date]]:
    query = f"select distinct measure_id, period_start, period_end from {figures} where period_type = 'snapshot'"
    return session.con.execute(query).fetchall()
