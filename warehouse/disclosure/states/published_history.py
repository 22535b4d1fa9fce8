"""Keep the published states of each row of the public file, persons or not, in `history.parquet`: the first, the last, and all.

`read_history` writes it to `disclosure.history`, where dbt's `as_reported_history` decides what may be repeated of it. See
`published_history.sql.jinja` for the queries, `publication_ledger` for writing the file with a release, and
docs/adr/0069-as-reported-history.md for the reasons.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import WarehouseError, attached
from warehouse.disclosure.states.planned_figures import GRAIN, stored_states
from warehouse.paths import PUBLIC_FILE, Home
from warehouse.sql import queries

HISTORY = "disclosure.history"
_FIRST = ("numerator", "denominator", "value", "bound_low", "bound_high")
_LAST = ("value", "bound_low", "bound_high")
_TYPES = (
    dict.fromkeys(GRAIN, "varchar")
    | {"measure_version": "integer", "period_start": "date"}
    | {"period_end": "date", "source": "varchar", "is_protected": "boolean"}
    | {"first_release_id": "varchar", "first_published_at": "timestamp"}
    | {f"first_{name}": "double" for name in _FIRST}
    | {f"last_{name}": "double" for name in _LAST}
    | {"revisions": "integer", "revision_reason": "varchar", "load_id": "varchar"}
    # each figure that differs from the one before, with the release that began with it; NULL in a home that did not keep them
    | {"states": f"struct(release_id varchar, published_at timestamp, {', '.join(f'{name} double' for name in _FIRST)})[]"}
)
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), keys=[*GRAIN], first=[*_FIRST], last=[*_LAST])


def read_history(con: DuckDBPyConnection, home: Home, loads: Mapping[str, str]) -> None:
    """Write `disclosure.history`. The candidate must be attached as `release`. `loads`: the newest load of each source.

    `has_new_records`: a load of the row's source has been promoted since its last state; NULL where that is not known. A source
    of which a record was removed has a history of persons alone, whose figures stay as reported: of others the first figure less
    that of now would be that record.
    """
    con.execute("create schema if not exists disclosure")
    con.execute("create or replace temp table newest_loads (source varchar, newest_load varchar)")
    if loads:
        con.executemany("insert into newest_loads values (?, ?)", list(loads.items()))
    columns = ", ".join(f"null::{kind} as {name}" for name, kind in _TYPES.items())
    known = stored_states(home.history, f"select {columns}")
    is_new = home.ledger.is_file() and not home.history.is_file()
    has_states = con.execute(f"select 1 from ({known}) where states is not null limit 1").fetchone() is not None
    lacks_states = home.history.is_file() and not has_states
    if is_new or lacks_states:
        _read_kept_releases(con, home)
    con.execute(_SQL.read(known, is_new, lacks_states))


def history_query(release_id: str, published_at: dt.datetime) -> str:
    """SQL of the history with the states of the candidate's public file; `read_history` must have been called here."""
    return str(_SQL.next(release_id, published_at.isoformat()))


def _read_kept_releases(con: DuckDBPyConnection, home: Home) -> None:
    """Write `earlier_states`, what a home of an earlier version knows: the ledger of persons, and the releases that are kept."""
    names = (*GRAIN, "period_end", *_FIRST, "published_at", "release_id")
    types = _TYPES | dict.fromkeys(_FIRST, "double") | {"published_at": "timestamp", "release_id": "varchar"}
    columns = ", ".join(names)
    shape = f"select {', '.join(f'null::{types[name]} as {name}' for name in names)}"
    ledger = stored_states(home.ledger, shape)
    con.execute(f"create or replace temp table earlier_states as select {columns}, true as of_persons from ({ledger})")
    for path in sorted(home.releases.glob(f"[!.]*/{PUBLIC_FILE}")):
        # a damaged release is no evidence of what was published
        with suppress(WarehouseError), attached(con, path, "kept"):
            figures = "select figures.*, created_at as published_at, release_id from kept.published.equity_measures as figures"
            kept = f"{shape} where false union all by name {figures}, kept.published.release"
            con.execute(f"insert into earlier_states select {columns}, false from ({kept})")
