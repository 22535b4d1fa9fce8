"""Freeze published figures as first reported, until a revision that discloses no small difference.

This module decides per run which rows are reported: frozen, new or revised. See `suppress` for which of them are hidden, and
`publication_ledger` for the file of everything that was ever published.

A slice (measure, period, geography type and stratum type) is reported and frozen as a whole, with the rows that it had. A
correction is accepted at the first run of a new quarter, or at once where the office asked for it (`Urgent`), and only if no
count of the source's year (or of the years that a pooled period joins) changes by 1 to threshold − 1 persons. Until then its rows
have `is_revision_pending`, and no further slice over the same months is reported, because it would disclose the difference.

A frozen row keeps every column as reported, the day of its data and derived figures too, whether or not a correction waits:
otherwise a reader would see which rows an erased record was counted in. `is_revision_pending` itself is never published.

A period of which records may not be kept any more stays as reported, for ever: the rest of its records corrects no figure.

A withdrawal by the publisher is no correction: the old figure is never reported again. Levelground reports one snapshot per
quarter, at least 45 days apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from warehouse.disclosure.build_constraints import PublicReference, build_constraints
from warehouse.disclosure.counts import EQUAL, CountSystem
from warehouse.disclosure.period_sums import SNAPSHOT, years
from warehouse.disclosure.states.planned_figures import GRAIN, PLANNED, read_figures
from warehouse.disclosure.states.published_states import earlier_states, stored_states
from warehouse.sql import literal

REPORTED, PRIOR = "disclosure.reported", "disclosure.prior"
# The columns that this module and `suppress` add to those of the plan.
ADDED = {
    "reported_at": "timestamp",
    "is_revision_pending": "boolean",
    "hidden_because": "varchar",
    "shows_unknown": "boolean",
    "is_settled": "boolean",
    # false: written by an earlier version of Levelground or of the measure, so that derived figures may follow other formulas
    "is_frozen": "boolean",
}
# Two snapshots are in two quarters, and at least this many days apart.
SNAPSHOT_DAYS = 45
SLICE = ("measure_id", "measure_version", "period_type", "period_start", "geography_type", "stratum_type")
_KIND = tuple(name for name in SLICE if name != "period_start")
# A prior row that is withdrawn: its publisher now suppresses the figure, or no longer delivers the aggregate's row.
_WITHDRAWN = """
    (prior.measure_id is not null and (
        (planned.value_status = 'suppressed_at_source' and prior.value_status <> 'suppressed_at_source')
        or (planned.measure_id is null and prior.method = 'aggregate')
    ))
"""
# A median is no count, and moves with each of its records.
_OF_MEDIANS = ("value", "ci_low", "ci_high")
# A figure of a whole period, which moves with records of other periods: it stays as first reported.
_OF_OTHER_PERIODS = ("period_coverage_pct",)
# Bounds that an earlier version may have computed by another formula, and their source, are left empty in a slice that awaits
# its revision.
_BOUNDS = ("bound_low", "bound_high", "rate_ratio_bound_low", "rate_ratio_bound_high", "bound_source")
# How a measure is protected follows its contract and the publication rules of today.
_PROTECTED = ("threshold", "hides_zeros", "kind", "minimum_n", "numerator_records", "denominator_records", "rests_on_records")
_COUNTED = ("value_status", "numerator", "denominator", "known_numerator", "known_denominator")


@dataclass(frozen=True)
class Urgent:
    """A year of a source whose figures, as reported until a time of the run's clock, are wrong and do not wait for a quarter."""

    source: str
    year: int
    until: dt.datetime


class Revisions(NamedTuple):
    """Sources and years whose correction is due and would disclose a small difference, and those taken over as urgent."""

    unsafe: tuple[tuple[str, tuple[int, ...]], ...]
    urgent: tuple[tuple[str, tuple[int, ...]], ...]


def write_reported_figures(
    con: DuckDBPyConnection,
    file: Path,
    public: PublicReference,
    as_of: dt.datetime,
    kept_from: Mapping[str, dt.date],
    ledger: Path | None = None,
    urgent: Collection[Urgent] = (),
) -> Revisions:
    """Write `disclosure.reported`: all reported rows, hidden or not; `is_settled` where an earlier run chose the pattern.

    `file`: the figures of earlier releases, `ledger`: every state ever published; either may be missing.
    `kept_from`: per source, the first event whose record may still be kept.
    `intermediate.int_disclosure__planned` must be built, and `release` attached.
    """
    con.execute("create schema if not exists disclosure")
    _read_prior(con, file)
    con.execute("create or replace temp table kept_from (source varchar, kept_from date)")
    for source, day in kept_from.items():
        con.execute("insert into kept_from values (?, ?)", [source, day])
    columns = {name for name, *_ in con.execute(f"describe {PLANNED}").fetchall()}
    of_medians = [name for name in _OF_MEDIANS if name in columns]
    con.execute(
        f"""
        create or replace temp table slices_before as
        select {_columns(SLICE, "prior")}, max(prior.reported_at) as reported_at, any_value(measures.source) as source
        from {PRIOR} as prior
        inner join (select distinct measure_id, source from release.marts.dim_measure) as measures using (measure_id)
        where ({", ".join(_KIND)}) in (select ({", ".join(_KIND)}) from {PLANNED})
            or measures.source in (select source from kept_from)
        group by all
        """
    )
    con.execute(
        f"""
        create or replace temp table differing as
        select {", ".join(f"coalesce(prior.{name}, planned.{name}) as {name}" for name in GRAIN)}
        from (from {PRIOR} semi join slices_before using ({", ".join(SLICE)})) as prior
        full join (from {PLANNED} semi join slices_before using ({", ".join(SLICE)}) where is_confidential) as planned
            on {" and ".join(f"prior.{name} = planned.{name}" for name in GRAIN)}
        where not coalesce({_WITHDRAWN}, false) and (
            prior.measure_id is null or planned.measure_id is null
            or {" or ".join(f"prior.{name} is distinct from planned.{name}" for name in _COUNTED)}
            -- a publisher's value without counts
            or (prior.is_frozen and prior.value is distinct from planned.value)
            or (prior.kind = 'median' and ({" or ".join(f"prior.{name} is distinct from planned.{name}" for name in of_medians)}
                -- homes of earlier versions did not keep it
                or (prior.records is not null and prior.records is distinct from planned.records)))
        )
        """
    )
    con.execute(f"create or replace temp table pending as from slices_before semi join differing using ({', '.join(SLICE)})")
    # records that are gone correct no figure: these slices await a revision that never comes
    con.execute(
        f"""
        create or replace temp table expired as
        select {_columns(SLICE, "slices_before")} from slices_before
        inner join kept_from using (source) where slices_before.period_start < kept_from.kept_from
        """
    )
    waiting, taken, of_quarter = [], [], _revisable(con, as_of, ()) if urgent else []
    for source, joined in _revisable(con, as_of, urgent):
        if _is_safe_revision(con, public, source, joined, ledger):
            con.execute(f"delete from slices_before where {_of_source_and_years(source, joined)}")
            con.execute(f"delete from pending where {_of_source_and_years(source, joined)}")
            taken += [(source, joined)] if urgent and (source, joined) not in of_quarter else []
        else:
            waiting.append((source, joined))
    _find_near_snapshots(con)
    _write(con, as_of)
    for name in _OF_OTHER_PERIODS:
        if name in columns:
            _keep_per_period(con, name)
    return Revisions(tuple(waiting), tuple(taken))


def _find_near_snapshots(con: DuckDBPyConnection) -> None:
    """Find new snapshots too close to a reported or an older new one: few persons join or leave between them."""
    kind = ", ".join(_KIND)
    dated = con.execute(
        f"""
        select ({kind}), period_start, bool_or(is_before) from (
            select {kind}, period_start, true as is_before from slices_before where period_type = '{SNAPSHOT}'
            union all
            select {kind}, period_start, false from {PLANNED} where is_confidential and period_type = '{SNAPSHOT}'
        )
        group by all order by all
        """
    ).fetchall()
    con.execute(f"create or replace temp table snapshots_too_near as select {', '.join(SLICE)} from {PLANNED} where false")
    newest: dict[tuple[object, ...], list[dt.date]] = {}
    for values, start, is_before in dated:
        if is_before:
            newest.setdefault(values, []).append(start)
    for values, start, is_before in dated:
        others = newest.setdefault(values, [])
        if is_before:
            continue
        if any(_quarter(start) == _quarter(other) or abs((start - other).days) < SNAPSHOT_DAYS for other in others):
            of_slice = {**dict(zip(_KIND, values, strict=True)), "period_start": start}
            con.execute(f"insert into snapshots_too_near values ({', '.join('?' for _ in SLICE)})", [of_slice[n] for n in SLICE])
        else:
            others.append(start)


def _quarter(day: dt.date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _read_prior(con: DuckDBPyConnection, file: Path) -> None:
    """Read the figures of earlier releases; figures of a replaced measure version count as figures of the newer version."""
    added = ", ".join(f"null::{kind} as {name}" for name, kind in ADDED.items())
    before = stored_states(file, f"select *, {added} from {PLANNED}")
    place = ", ".join(f"before.{name}" for name in GRAIN if name != "measure_version")
    version = """
        case when list_contains(known.versions, before.measure_version) then before.measure_version
            else coalesce(list_min(known.versions), before.measure_version) end
    """
    con.execute(
        f"""
        create or replace table {PRIOR} as
        with known as (
            select measure_id, list(distinct measure_version) as versions from release.marts.dim_measure group by measure_id
        )
        select before.* replace (
            {version} as measure_version,
            coalesce(before.is_frozen, false) and before.measure_version = {version} as is_frozen
        )
        from ({before}) as before
        left join known on before.measure_id = known.measure_id
        -- an exact median of an earlier version is reported again, on its grid, and kept nowhere
        where before.kind <> 'median' or before.value is null or before.has_small_bin is not null
        qualify row_number() over (partition by {place}, {version} order by before.measure_version desc) = 1
        """
    )


def _revisable(con: DuckDBPyConnection, as_of: dt.datetime, urgent: Collection[Urgent]) -> list[tuple[str, tuple[int, ...]]]:
    """Sources and years with corrections, all reported before this quarter or asked for, and with all of their records.

    A pooled period joins its years.
    """
    slices = con.execute(
        f"""
        select source, period_type, period_start,
            case when ({", ".join(SLICE)}) not in (select ({", ".join(SLICE)}) from expired) then reported_at end,
            (source, period_type, period_start) in (select (source, period_type, period_start) from pending)
        from slices_before order by all
        """
    ).fetchall()
    joined: dict[str, list[set[int]]] = {}
    for source, period_type, start, *_ in slices:
        of_slice = set(years(period_type, start))
        sets = joined.setdefault(source, [])
        touched = [one for one in sets if one & of_slice]
        joined[source] = [one for one in sets if not one & of_slice] + [of_slice.union(*touched)]
    found = []
    for source, sets in joined.items():
        for one in sorted(sets, key=min):
            members = [row for row in slices if row[0] == source and row[2].year in one]
            asked = max((each.until for each in urgent if each.source == source and each.year in one), default=None)
            is_old = all(at is not None and (_quarter(at) < _quarter(as_of) or (asked and at <= asked)) for *_, at, _ in members)
            if is_old and any(is_pending for *_, is_pending in members):
                found.append((source, tuple(sorted(one))))
    return found


def _of_source_and_years(source: str, joined: tuple[int, ...]) -> str:
    """SQL condition: slices of a source that begin in one of the years."""
    return f"source = {literal(source)} and year(period_start) in ({', '.join(map(str, joined))})"


def _is_safe_revision(
    con: DuckDBPyConnection, public: PublicReference, source: str, joined: tuple[int, ...], ledger: Path | None
) -> bool:
    """Whether every count that a reader can compare is unchanged, or changes by at least the threshold.

    Compared are the last reported figures, hidden ones too, and every earlier published state: two corrections of many persons
    each may differ by one from the first figure.
    """
    chosen = (
        f"({', '.join(SLICE)}) in (select ({', '.join(SLICE)}) from slices_before where {_of_source_and_years(source, joined)})"
    )
    before = build_constraints(read_figures(con, PRIOR, chosen), public)
    now = build_constraints(read_figures(con, PLANNED, f"is_confidential and {chosen}"), public)
    if not all(_is_safe_change(before, now, name) for name in dict.fromkeys([*before.names, *now.names])):
        return False
    for then, today in earlier_states(con, ledger, chosen):
        before, now = build_constraints(then, public), build_constraints(today, public)
        if not all(_is_safe_change(before, now, name) for name in before.names if name in now.number):
            return False
    return True


def _is_safe_change(before: CountSystem, now: CountSystem, name: object) -> bool:
    ends = [(counts, counts.number.get(name)) for counts in (before, now)]  # type: ignore[call-overload]
    values = [0.0 if at is None else counts.value[at] for counts, at in ends]
    threshold = max(0 if at is None else counts.threshold(at) for counts, at in ends)
    change = abs(values[1] - values[0])
    return threshold == 0 or change <= EQUAL or change >= threshold - EQUAL


def _write(con: DuckDBPyConnection, as_of: dt.datetime) -> None:
    grain, slices = ", ".join(GRAIN), ", ".join(SLICE)
    types = {name: kind for name, kind, *_ in con.execute(f"describe {PRIOR}").fetchall()}
    same_day = " replace (prior.data_as_of as data_as_of)" if "data_as_of" in types else ""
    kept = "".join(f", case when prior.is_frozen then prior.{name} end as {name}" for name in _BOUNDS if name in types)
    protected = "".join(f", coalesce(protected.{name}, prior.{name}) as {name}" for name in _PROTECTED)
    con.execute(
        f"""
        create or replace table {REPORTED} as
        -- reported before: every column as reported, whether or not a correction waits
        select prior.* replace (
            ({_columns(GRAIN, "prior")}) in (select ({grain}) from differing) as is_revision_pending,
            true as is_settled{kept}{protected}
        )
        from {PRIOR} as prior
        left join {PLANNED} as planned using ({grain})
        left join intermediate.int_disclosure__thresholds as protected
            on prior.measure_id = protected.measure_id and prior.measure_version = protected.measure_version
        where ({_columns(SLICE, "prior")}) in (select ({slices}) from slices_before) and not coalesce({_WITHDRAWN}, false)
            and (prior.is_frozen or ({_columns(SLICE, "prior")}) in (select ({slices}) from pending))
        union all by name
        -- reported by an earlier version, and unchanged: current figures, which equal the reported ones, and their pattern
        select planned.*, prior.reported_at, false as is_revision_pending, prior.hidden_because, prior.shows_unknown,
            true as is_settled, true as is_frozen
        from {PLANNED} as planned
        inner join {PRIOR} as prior using ({grain})
        where planned.is_confidential and not prior.is_frozen and not coalesce({_WITHDRAWN}, false)
            and ({_columns(SLICE, "planned")}) in (select ({slices}) from slices_before)
            and ({_columns(SLICE, "planned")}) not in (select ({slices}) from pending)
        union all by name
        -- withdrawn by the publisher, in a frozen slice, all of whose rows have the same day
        select planned.*{same_day}, prior.reported_at, false as is_revision_pending, prior.hidden_because, prior.shows_unknown,
            true as is_settled, prior.is_frozen
        from {PLANNED} as planned
        inner join {PRIOR} as prior using ({grain})
        where planned.is_confidential and ({_columns(SLICE, "prior")}) in (select ({slices}) from slices_before) and {_WITHDRAWN}
        union all by name
        -- new, or revised; a row that a revision does not change is known from earlier files, and stays shown or hidden
        select planned.*, ?::timestamp as reported_at, false as is_revision_pending, unchanged.hidden_because,
            unchanged.shows_unknown, unchanged.measure_id is not null as is_settled, true as is_frozen
        from {PLANNED} as planned
        inner join (select distinct measure_id, source from release.marts.dim_measure) as measures using (measure_id)
        left join (from {PRIOR} anti join differing using ({grain})) as unchanged using ({grain})
        where planned.is_confidential
            and ({_columns(SLICE, "planned")}) not in (select ({slices}) from slices_before)
            and not exists (
                select 1 from pending
                inner join (select distinct {slices}, period_end from {PRIOR}) as ends using ({slices})
                where pending.source = measures.source
                    and pending.period_start <= planned.period_end and ends.period_end >= planned.period_start
            )
            and ({_columns(SLICE, "planned")}) not in (select ({slices}) from snapshots_too_near)
        """,
        [as_of],
    )


def _keep_per_period(con: DuckDBPyConnection, name: str) -> None:
    """Give all rows of a measure and period the figure that was reported first; slices that are new have it too."""
    period = ("measure_id", "period_type", "period_start")
    con.execute(
        f"""
        update {REPORTED} as reported set {name} = frozen.{name}
        from (
            select {", ".join(period)}, arg_min({name}, reported_at) as {name} from {PRIOR} where {name} is not null group by all
        ) as frozen
        where reported.{name} is not null and {" and ".join(f"reported.{column} = frozen.{column}" for column in period)}
        """
    )


def _columns(names: Iterable[str], table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in names)
