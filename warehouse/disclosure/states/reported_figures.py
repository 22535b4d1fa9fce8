"""Freeze published figures as first reported, until a revision that discloses no small difference.

This module decides per run which rows are reported: frozen, new or revised; `reported_figures.sql.jinja` has the queries. See
`suppress` for which of them are hidden, and `publication_ledger` for the file of everything that was ever published.

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
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from warehouse.disclosure.build_constraints import PublicReference, build_constraints, years
from warehouse.disclosure.counts import EQUAL, CountSystem
from warehouse.disclosure.states.planned_figures import GRAIN, PLANNED, earlier_states, read_figures, stored_states
from warehouse.sql import literal, queries

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
_SQL = queries(
    Path(__file__).with_suffix(".sql.jinja"), grain=GRAIN, slice=SLICE, kind=_KIND, planned_table=PLANNED, prior_table=PRIOR,
    reported_table=REPORTED,
)  # fmt: skip


@dataclass(frozen=True)
class Urgent:
    """A year of a source whose figures, as reported until a time of the run's clock, are wrong and do not wait for a quarter."""

    source: str
    year: int
    until: dt.datetime


class Revisions(NamedTuple):
    """Sources and years whose correction would disclose a small difference, those taken over as urgent, and asked for in vain."""

    unsafe: tuple[tuple[str, tuple[int, ...]], ...]
    urgent: tuple[tuple[str, tuple[int, ...]], ...]
    idle: tuple[Urgent, ...]


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
    added = ", ".join(f"null::{kind} as {name}" for name, kind in ADDED.items())
    con.execute(_SQL.prior(stored_states(file, f"select *, {added} from {PLANNED}")))
    con.execute("create or replace temp table kept_from (source varchar, kept_from date)")
    for source, day in kept_from.items():
        con.execute("insert into kept_from values (?, ?)", [source, day])
    con.execute(_SQL.compare(con.table(PLANNED).columns))
    waiting, taken, due, of_quarter = [], [], *(_revisable(con, as_of, asked) for asked in (urgent, ()))
    for source, joined in due:
        if _is_safe_revision(con, public, source, joined, ledger):
            con.execute(f"delete from slices_before where {_of_source_and_years(source, joined)}")
            con.execute(f"delete from pending where {_of_source_and_years(source, joined)}")
            taken += [(source, joined)] if (source, joined) not in of_quarter else []
        else:
            waiting.append((source, joined))
    _find_near_snapshots(con)
    con.execute(_SQL.report(as_of, con.table(PRIOR).columns))
    idle = (each for each in urgent if not any(each.source == source and each.year in joined for source, joined in due))
    return Revisions(tuple(waiting), tuple(taken), tuple(idle))


def _find_near_snapshots(con: DuckDBPyConnection) -> None:
    """Find new snapshots too close to a reported or an older new one: few persons join or leave between them."""
    dated = con.execute(_SQL.snapshots()).fetchall()
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


def _revisable(con: DuckDBPyConnection, as_of: dt.datetime, urgent: Collection[Urgent]) -> list[tuple[str, tuple[int, ...]]]:
    """Sources and years with corrections, all reported before this quarter or asked for, and with all of their records.

    A pooled period joins its years.
    """
    slices = con.execute(_SQL.corrections()).fetchall()
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
    states = earlier_states(con, ledger, chosen)
    pairs = ((build_constraints(then, public), build_constraints(today, public)) for then, today in states)
    return all(_is_safe_change(before, now, name) for before, now in pairs for name in before.names if name in now.number)


def _is_safe_change(before: CountSystem, now: CountSystem, name: object) -> bool:
    ends = [(counts, counts.number.get(name)) for counts in (before, now)]  # type: ignore[call-overload]
    values = [0.0 if at is None else counts.value[at] for counts, at in ends]
    threshold = max(0 if at is None else counts.threshold(at) for counts, at in ends)
    return threshold == 0 or (change := abs(values[1] - values[0])) <= EQUAL or change >= threshold - EQUAL
