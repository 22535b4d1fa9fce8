"""Read the as-reported history of the public file, and what earlier releases showed, for the audit.

See `history_attack` for what the first figures reveal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from expectations.disclosure.inputs.audit_inputs import GRAIN, CellKey, Row
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import literal, queries

TABLE, EDITIONS = "as_reported_history", "as_reported_editions"
_KEYS = ", ".join(GRAIN)
_QUERIES = Path(__file__).with_suffix(".sql.jinja")


@dataclass(frozen=True)
class History:
    """First figures that the public file repeats, each with its release, and rows that never changed, with their first release.

    `repeated` and `unchanged` are rows of persons; `repeated` has the counts of the first release too, which readers may have
    kept, and per edition that the register names, the figures of then of all revised rows. `wrong` and `withdrawn`:
    (measure, place) of repeated figures of any measure that no release showed, and of those next
    to a figure that was withdrawn or hidden since.
    """

    repeated: tuple[tuple[str, Row], ...] = ()
    unchanged: tuple[tuple[str, Row], ...] = ()
    wrong: tuple[tuple[str, CellKey], ...] = ()
    withdrawn: tuple[tuple[str, CellKey], ...] = ()


def read_history(reader: AuditReader) -> History:
    """Read the history of the public file."""
    public = reader.relations.published
    history, editions = f"{public}.{TABLE}", f"{public}.{EDITIONS}"
    if not reader.has(history):
        return History()
    has_editions = reader.has(editions) and bool(_cells(reader, f"from {editions}"))
    sql = queries(
        _QUERIES,
        keys=[*GRAIN],
        counts=["numerator", "denominator"],
        shares=["value", "bound_low", "bound_high"],
        history=history,
        editions=editions,
        now=f"{public}.equity_measures",
        before=reader.relations.history,
        states=reader.states,
        persons=", ".join(sorted({literal(measure.measure_id) for measure in reader.confidential.values()})) or "''",
        has_editions=has_editions,
    )
    repeated = [*reader.rows(sql.repeated()), *(reader.rows(sql.of_editions()) if has_editions else ())]
    return History(
        tuple(repeated),
        tuple(reader.rows(sql.unchanged())) if repeated else (),
        tuple(_cells(reader, sql.never_published())),
        tuple(_cells(reader, sql.withdrawn())),
    )


def _cells(reader: AuditReader, query: str) -> list[tuple[str, CellKey]]:
    return [(grain[0], CellKey.of_row(grain)) for grain in reader.fetch(f"select {_KEYS} from ({query}) order by all")]
