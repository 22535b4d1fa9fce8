"""Keep the published states of each row of the public file, persons or not, in `history.parquet`: the first, the last, and all.

`read_history` writes it to `disclosure.history`, where dbt's `as_reported_history` decides what may be repeated of it. See
`publication_ledger` for writing the file with a release, and docs/adr/0069-as-reported-history.md for the reasons.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from warehouse.connection import WarehouseError, attach, detach
from warehouse.disclosure.states.grids import history_on_grid
from warehouse.disclosure.states.planned_figures import GRAIN
from warehouse.disclosure.states.published_states import stored_states
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.paths import PUBLIC_FILE, Home
from warehouse.sql import literal

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
_KEYS = ", ".join(GRAIN)
_IS_SHOWN = "coalesce(value, numerator, bound_low) is not null"
_SOURCES = "(select distinct measure_id, source from release.marts.dim_measure)"


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
    if home.history.is_file() and not con.execute(f"select 1 from ({known}) where states is not null limit 1").fetchone():
        _read_kept_releases(con, home)
        kept = f"left join ({_ALL_STATES}) as kept using ({_KEYS})"
        known = f"select known.* replace (kept.states as states) from ({known}) as known {kept}"
    elif home.ledger.is_file() and not home.history.is_file():
        _read_kept_releases(con, home)
        known = _HISTORY_OF_KEPT
    con.execute(
        f"create or replace table {HISTORY} as select history.* exclude (load_id), load_id, "
        "load_id <> newest_load as has_new_records "
        f"from ({history_on_grid(known)}) as history left join newest_loads using (source) "
        "where source is null or source not in (select source from intake.erased_records) or (measure_id, measure_version) in "
        "(select (measure_id, measure_version) from intermediate.int_disclosure__thresholds where is_confidential)"
    )


def history_query(release_id: str, published_at: dt.datetime) -> str:
    """SQL of the history with the states of the candidate's public file, which is attached as `public`.

    `read_history` must have been called in this connection.
    """
    now = f"""
        select figures.*, measures.source, newest_loads.newest_load,
            -- a publisher may withdraw what it added up; a count of records follows its records
            reported.measure_id is not null or figures.method = 'aggregate' as is_protected,
            coalesce(waiting.is_revision_pending, false) as is_revision_pending
        from (select * from public.published.equity_measures where {_IS_SHOWN}) as figures
        left join {_SOURCES} as measures using (measure_id)
        left join newest_loads using (source)
        left join (select distinct measure_id from {REPORTED}) as reported using (measure_id)
        left join {REPORTED} as waiting using ({_KEYS})
    """
    # a row that showed counts alone is first reported with its first value
    is_first = "now.measure_id is not null and coalesce(old.first_value, old.first_bound_low) is null"
    reported = {"release_id": literal(release_id), "published_at": f"{literal(published_at.isoformat())}::timestamp"}
    reported |= {name: f"now.{name}" for name in _FIRST}
    kept = (*GRAIN, "period_end", "source")
    shown = ", ".join(f"{name} := now.{name}" for name in _FIRST)
    state = f"struct_pack(release_id := {reported['release_id']}, published_at := {reported['published_at']}, {shown})"
    differs = " or ".join(
        f"now.{name} is null <> (old.states[-1].{name} is null) or coalesce(abs(now.{name} - old.states[-1].{name}) "
        f"> 1e-9 * greatest(abs(now.{name}), abs(old.states[-1].{name})), false)"
        for name in _LAST
    )
    first = ", ".join(
        f"case when {is_first} then {new} else old.first_{name} end as first_{name}" for name, new in reported.items()
    )
    return f"""
        select
            {", ".join(f"coalesce(now.{name}, old.{name}) as {name}" for name in kept)},
            coalesce(now.is_protected, false) or coalesce(old.is_protected, false) as is_protected,
            {first},
            {", ".join(f"coalesce(now.{name}, old.last_{name}) as last_{name}" for name in _LAST)},
            coalesce(listed.revisions, old.revisions, 0)::integer as revisions,
            coalesce(listed.revision_reason, old.revision_reason) as revision_reason,
            -- a correction that waits comes from a later load than the figure
            case when now.measure_id is null or now.is_revision_pending then coalesce(old.load_id, now.newest_load)
                else now.newest_load end as load_id,
            case when {differs} then list_append(coalesce(old.states, []), {state}) else old.states end as states
        from ({now}) as now
        full join {HISTORY} as old using ({_KEYS})
        left join public.published.as_reported_history as listed using ({_KEYS})
    """


def _read_kept_releases(con: DuckDBPyConnection, home: Home) -> None:
    """Write `earlier_states`, what a home of an earlier version knows: the ledger of persons, and the releases that are kept."""
    names = (*GRAIN, "period_end", *_FIRST, "published_at", "release_id")
    types = _TYPES | dict.fromkeys(_FIRST, "double") | {"published_at": "timestamp", "release_id": "varchar"}
    columns = ", ".join(names)
    shape = f"select {', '.join(f'null::{types[name]} as {name}' for name in names)}"
    ledger = stored_states(home.ledger, shape)
    con.execute(f"create or replace temp table earlier_states as select {columns}, true as of_persons from ({ledger})")
    for path in sorted(home.releases.glob(f"[!.]*/{PUBLIC_FILE}")):
        try:
            attach(con, path, "kept", read_only=True)
        except WarehouseError:
            continue  # a damaged release is no evidence of what was published
        try:
            figures = "select figures.*, created_at as published_at, release_id from kept.published.equity_measures as figures"
            kept = f"{shape} where false union all by name {figures}, kept.published.release"
            con.execute(f"insert into earlier_states select {columns}, false from ({kept})")
        finally:
            detach(con, "kept")


_MOMENT = "struct_pack(published_at, release_id)"
# in a struct: arg_min skips rows whose figure is NULL
_FIRST_SHOWN = ", ".join(
    f"(arg_min(struct_pack(x := {name}), {_MOMENT}) filter (coalesce(value, bound_low) is not null)).x as first_{name}"
    for name in ("release_id", "published_at", *_FIRST)
)
_ALL_STATES = f"""
    select {_KEYS}, list(struct_pack(release_id, published_at, {", ".join(_FIRST)}) order by published_at, release_id) as states
    from (
        select *, lag(struct_pack({", ".join(_LAST)})) over (partition by {_KEYS} order by published_at, release_id) as before
        from ({history_on_grid("from earlier_states", ("value",))})
    )
    where before is distinct from struct_pack({", ".join(_LAST)})
        and (before is not null or coalesce(value, bound_low) is not null)
    group by {_KEYS}
"""
_HISTORY_OF_KEPT = f"""
    select {_KEYS}, any_value(period_end) as period_end, any_value(source) as source,
        bool_or(of_persons) or any_value(method) = 'aggregate' as is_protected,
        {_FIRST_SHOWN},
        {", ".join(f"arg_max({name}, {_MOMENT}) as last_{name}" for name in _LAST)},
        count_if(coalesce(abs(value - value_before) > 1e-9 * greatest(abs(value), abs(value_before)), false))::integer
            as revisions,
        null::varchar as revision_reason, null::varchar as load_id, any_value(kept.states) as states
    from (
        select *, lag(value ignore nulls) over (partition by {_KEYS} order by published_at, release_id) as value_before
        from earlier_states where {_IS_SHOWN}
    ) as shown
    left join ({_ALL_STATES}) as kept using ({_KEYS})
    left join {_SOURCES} as measures using (measure_id)
    group by {_KEYS}
"""
