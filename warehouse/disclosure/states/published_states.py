"""Read the states of figures that earlier releases published, each next to today's figures of the same rows.

A correction is compared with each state that any reader may have kept, not with the last one alone: see `reported_figures`. The
ledger contains published figures only, so both sides have the rows that the state shows, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.disclosure.states.planned_figures import GRAIN, PLANNED, Figure, read_figures
from warehouse.sql import literal

_STATE = ("value_status", "numerator", "denominator", "known_race_pct")
_SLICE = [name for name in GRAIN if name not in ("race_ethnicity_code", "tabulation")]


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
    place, state = ", ".join(name for name in GRAIN if name != "measure_version"), ", ".join(_STATE)
    states = stored_states(ledger, f"select {', '.join(f'null as {name}' for name in _STATE)}")
    con.execute(
        f"""
        create or replace temp table published_states as
        with of_rows as (
            select {place}, {state}, concat(published_at, ' ', release_id) as moment
            from ({states})
            where ({place}) in (select ({place}) from {PLANNED} where is_confidential and {chosen})
        ),

        numbered as (
            select *, lag(({state})) over each_row is distinct from ({state}) as is_new
            from of_rows
            window each_row as (partition by {place} order by moment)
        )

        select
            * exclude (is_new),
            lead(moment) over (partition by {place} order by moment) as replaced_by
        from numbered
        where is_new
        """
    )
    ends = con.execute("select distinct replaced_by from published_states order by replaced_by nulls last").fetchall()
    for (end,) in ends:
        last = "true" if end is None else f"moment < {literal(end)}"
        yield tuple(list(read_figures(con, _relation(place, last, of_state=of_state))) for of_state in (True, False))  # type: ignore[misc]


def _relation(place: str, is_before: str, *, of_state: bool) -> str:
    """The rows that some releases (`is_before`, SQL) show, with the columns of the plan: figures of then, or of today."""
    whole = f"max(base) filter (race_ethnicity_code = 'all') over (partition by {', '.join(_SLICE)})"
    known = f"case when shown_share is not null then round(shown_share / 100 * {whole}) end"
    figures = (
        f"{known} as known_denominator, case when kind <> 'proportion' then {known} end as known_numerator"
        if of_state
        else "case when shown_share is not null then known_denominator_now end as known_denominator, "
        "case when shown_share is not null and kind <> 'proportion' then known_numerator_now end as known_numerator"
    )
    source = "states" if of_state else "planned"
    return f"""(
        select * exclude (shown_share, base, known_numerator_now, known_denominator_now), {figures}
        from (
            select planned.* exclude (value_status, numerator, denominator, known_numerator, known_denominator),
                {source}.value_status, {source}.numerator, {source}.denominator, states.known_race_pct as shown_share,
                planned.known_numerator as known_numerator_now, planned.known_denominator as known_denominator_now,
                case when planned.kind = 'proportion' then states.denominator else states.numerator end as base
            from {PLANNED} as planned
            inner join (
                select * from published_states
                where {is_before}
                qualify row_number() over (partition by {place} order by moment desc) = 1
            ) as states using ({place})
            where planned.is_confidential and planned.kind <> 'median'
                and (states.numerator is not null or states.denominator is not null)
        )
    )"""
