"""Read the as-reported history of the public file, and what earlier releases showed, for the audit.

See `history_attack` for what the first figures reveal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from expectations.disclosure.audit_inputs import GRAIN, AuditedMeasure, CellKey, Relations, Row
from expectations.disclosure.catalog import fetch, table_exists
from warehouse.sql import literal

TABLE = "as_reported_history"
_FIRST = ("numerator", "denominator", "value", "bound_low", "bound_high")
_PLACE = [name for name in GRAIN if name != "measure_version"]
_CLOSE = 1e-9


@dataclass(frozen=True)
class History:
    """First figures that the public file repeats, each with its release, and rows that never changed, with their first release.

    `repeated` and `unchanged` are rows of persons; `repeated` has the counts of the first release too, which readers may have
    kept. `wrong` and `withdrawn`: (measure, place) of repeated figures of any measure that no release showed, and of those next
    to a figure that was withdrawn or hidden since.
    """

    repeated: tuple[tuple[str, Row], ...] = ()
    unchanged: tuple[tuple[str, Row], ...] = ()
    wrong: tuple[tuple[str, CellKey], ...] = ()
    withdrawn: tuple[tuple[str, CellKey], ...] = ()


def read_history(
    connection: Connection, relations: Relations, history: Path | None, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> History:
    """Read the history of the public file. `history`: the file of first and last published states, None before a release."""
    relation = f"{relations.published}.{TABLE}"
    if not table_exists(connection, relation) or next(fetch(connection, f"select count(*) from {relation}"))[0] == 0:
        return History()
    repeats = "coalesce(first_value, first_bound_low, first_bound_high) is not null"
    if history is None or not history.is_file():
        return History(wrong=tuple(_cells(connection, f"select * from {relation} where {repeats}")))
    before = f"read_parquet({literal(str(history))})"
    same = f"using ({', '.join(GRAIN)})"
    differs = " or ".join(
        f"(shown.first_{name} is not null and not coalesce(abs(shown.first_{name} - before.first_{name}) "
        f"<= {_CLOSE} * greatest(1, abs(before.first_{name})), false))"
        for name in _FIRST[2:]
    )
    wrong = (
        f"select shown.* from {relation} as shown left join {before} as before {same} where {repeats.replace('first_', 'shown.first_')} "
        f"and (before.first_release_id is distinct from shown.first_release_id or {differs})"
    )
    now = f"{relations.published}.equity_measures"
    # another version of the measure counts the same persons
    gone = (
        f"select distinct source, period_start, period_end from {before} as before where is_protected and not exists ("
        f"select 1 from {now} as now where {' and '.join(f'now.{name} = before.{name}' for name in _PLACE)} "
        "and now.publication_status <> 'suppressed' and (now.publication_status <> 'bounded' or before.last_value is null) "
        "and (coalesce(now.value, now.numerator, now.bound_low) is not null or now.publication_status = 'unreliable'))"
    )
    withdrawn = (
        f"select distinct shown.* from {relation} as shown inner join {before} as before {same} inner join ({gone}) as gone "
        "on before.source = gone.source and before.period_start <= gone.period_end and before.period_end >= gone.period_start "
        f"where {repeats.replace('first_', 'shown.first_')}"
    )
    # counts as readers of the first release have them; shares and bounds only where the history repeats them
    first = "before.first_numerator as numerator, before.first_denominator as denominator, " + ", ".join(
        f"shown.first_{name} as {name}" for name in _FIRST[2:]
    )
    repeated = f"select shown.* exclude (value, bound_low, bound_high), {first} from {relation} as shown inner join {before} as before {same}"
    unlisted = f"select now.*, before.first_release_id from {now} as now inner join {before} as before {same} anti join {relation} {same}"
    rows = _rows(connection, f"{repeated} where {repeats.replace('first_', 'shown.first_')}", measures)
    unchanged = _rows(connection, unlisted, measures) if rows else ()
    return History(rows, unchanged, tuple(_cells(connection, wrong)), tuple(_cells(connection, withdrawn)))


def _rows(connection: Connection, source: str, measures: Mapping[tuple[str, int], AuditedMeasure]) -> tuple[tuple[str, Row], ...]:
    query = f"select {', '.join(GRAIN)}, first_release_id, {', '.join(_FIRST)} from ({source}) order by all"
    found = []
    for measure_id, version, *values in fetch(connection, query):
        measure = measures.get((measure_id, version))
        if measure is not None and measure.threshold:
            *place, method, stratum_type, stratum_code = values[: len(GRAIN) - 2]
            release, *of_first = values[len(GRAIN) - 2 :]
            figures = {name: float(figure) for name, figure in zip(_FIRST, of_first, strict=True) if figure is not None}
            at = CellKey._make((*place, stratum_type, stratum_code))
            found.append((release or "", Row(measure, at, method, "", "published", figures, {})))
    return tuple(found)


def _cells(connection: Connection, query: str) -> list[tuple[str, CellKey]]:
    rows = fetch(connection, f"select {', '.join(GRAIN)} from ({query}) order by all")
    return [
        (measure_id, CellKey._make((*place[:8], *place[9:]))) for measure_id, _, *place in rows if isinstance(place[1], dt.date)
    ]
