"""Read the states of figures that earlier releases published, each next to today's figures of the same rows.

A correction is compared with each state that any reader may have kept, not with the last one alone: see `reported_figures`. The
ledger contains published figures only, so both sides have the rows that the state shows, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.disclosure.states.planned_figures import GRAIN, PLANNED, Figure, read_figures
from warehouse.sql import literal, queries

_STATE = ("value_status", "numerator", "denominator", "known_race_pct")
_SQL = queries(
    Path(__file__).with_suffix(".sql.jinja"),
    planned=PLANNED,
    state=_STATE,
    place=[name for name in GRAIN if name != "measure_version"],
    slice=[name for name in GRAIN if name not in ("race_ethnicity_code", "tabulation")],
)


def stored_states(file: Path | None, shape: str) -> str:
    """SQL of the states in a file, or of no row; with the columns of `shape` (SQL), of which an older file may lack some."""
    empty = f"select * from ({shape}) where false"
    is_stored = file is not None and file.is_file()
    return f"{empty} union all by name select * from read_parquet({literal(str(file))})" if is_stored else empty


def earlier_states(con: DuckDBPyConnection, ledger: Path | None, chosen: str) -> Iterator[tuple[list[Figure], list[Figure]]]:
    """Per published state of the planned rows that `chosen` selects (trusted SQL): their figures then, and now.

    A state ends with the release that changes a figure of one of its rows. The definition of a measure may have been replaced
    since; both versions count the same persons.
    """
    if ledger is None or not ledger.is_file():
        return
    states = stored_states(ledger, f"select {', '.join(f'null as {name}' for name in _STATE)}")
    con.execute(_SQL.read(states, chosen))
    ends = con.execute("select distinct replaced_by from published_states order by replaced_by nulls last").fetchall()
    for (end,) in ends:
        yield list(read_figures(con, _SQL.rows(end, True))), list(read_figures(con, _SQL.rows(end, False)))
