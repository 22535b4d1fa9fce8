"""Read the as-reported history of the public file, and what earlier releases showed, for the audit.

See `history_attack` for what the first figures reveal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from expectations.disclosure.inputs.audit_inputs import GRAIN, AuditedMeasure, CellKey, Row
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import literal

TABLE, EDITIONS = "as_reported_history", "as_reported_editions"
_COUNTS, _SHARES = ("numerator", "denominator"), ("value", "bound_low", "bound_high")
_KEYS = ", ".join(GRAIN)
_OVERLAP = "on before.source = gone.source and before.period_start <= gone.period_end and before.period_end >= gone.period_start"
_CLOSE = 1e-9


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
    relations = reader.relations
    relation = f"{relations.published}.{TABLE}"
    if not reader.has(relation):
        return History()
    repeating = f"(from {relation} where coalesce(first_value, first_bound_low, first_bound_high) is not null)"
    editions = f"{relations.published}.{EDITIONS}"
    has_editions = reader.has(editions) and bool(_cells(reader, f"from {editions}"))
    if not has_editions and not _cells(reader, f"from {repeating}"):
        return History()
    now, before, using = f"{relations.published}.equity_measures", relations.history, f"using ({_KEYS})"
    both = f"{repeating} as shown inner join {before} as before {using}"
    # counts as readers of the first release have them; shares and bounds only where the history repeats them
    counts = ", ".join(f"before.first_{name} as {name}" for name in _COUNTS)
    shares = ", ".join(f"shown.first_{name} as {name}" for name in _SHARES)
    of_first = f"select {_KEYS}, shown.first_release_id as release_id, {counts}, {shares} from {both}"
    repeated = tuple(reader.rows(f"({of_first})"))
    wrong = [_never_published(repeating, reader)]
    if has_editions:
        repeated += tuple(reader.rows(f"({_of_editions(relation, editions, before)})"))
        wrong.append(_never_printed(editions, reader))
    unlisted = f"select {_KEYS}, first_release_id as release_id, {', '.join((*_COUNTS, *_SHARES))} from {now} as now "
    unlisted += f"inner join {before} as before {using} anti join {relation} {using}"
    unchanged = tuple(reader.rows(f"({unlisted})")) if repeated else ()
    return History(
        repeated,
        unchanged,
        tuple(_cells(reader, " union all ".join(wrong))),
        tuple(_cells(reader, f"select distinct {_KEYS} from {both} inner join ({_gone(now, before)}) as gone {_OVERLAP}")),
    )


def _never_published(repeating: str, reader: AuditReader) -> str:
    """SQL of repeated figures that their release did not publish: by the history, and of persons by the ledger too."""
    before, names = reader.relations.history, f"select {_KEYS} from {repeating} as shown"
    differs = " or ".join(
        f"(shown.first_{name} is not null and coalesce(abs(shown.first_{name} - before.{{0}}{name}) "
        f"> {_CLOSE} * greatest(1, abs(before.{{0}}{name})), true))"
        for name in _SHARES
    )
    of_history = (
        f"{names} left join {before} as before using ({_KEYS}) "
        f"where before.first_release_id is distinct from shown.first_release_id or {differs.format('first_')}"
    )
    persons = _persons(reader.confidential.values())
    if reader.states is None:
        return f"{of_history} union all {names} where measure_id in ({persons})"
    of_ledger = (
        f"{names} left join {reader.states} as before "
        f"on shown.first_release_id = before.release_id and {' and '.join(f'shown.{name} = before.{name}' for name in GRAIN)} "
        f"where shown.measure_id in ({persons}) and ({differs.format('')})"
    ).replace(f"select {_KEYS}", f"select {', '.join(f'shown.{name}' for name in GRAIN)}", 1)
    return f"{of_history} union all {of_ledger}"


def _of_editions(relation: str, editions: str, before: str) -> str:
    """SQL of the figures of revised rows at the release of each edition: a row that the register leaves out is as now."""
    names = (*_COUNTS, *_SHARES)
    return (
        f"select {_KEYS}, edition.release_id, {', '.join(f'before.state.{name} as {name}' for name in names)} "
        f"from (from {relation} where history_status = 'revised') as shown "
        f"inner join (select {_KEYS}, unnest(states) as state from {before}) as before using ({_KEYS}) "
        f"inner join (select distinct release_id from {editions}) as edition on before.state.release_id <= edition.release_id "
        f"qualify row_number() over (partition by {_KEYS}, edition.release_id order by before.state.release_id desc) = 1"
    )


def _never_printed(editions: str, reader: AuditReader) -> str:
    """SQL of figures in the register of editions that no release up to the edition published."""
    equal = " and ".join(
        f"coalesce(abs(shown.edition_{name} - known.{name}) <= {_CLOSE} * greatest(1, abs(known.{name})), "
        f"shown.edition_{name} is null)"
        for name in _SHARES
    )
    same = (
        f"{' and '.join(f'shown.{name} = known.{name}' for name in GRAIN)} and known.release_id <= shown.release_id and {equal}"
    )
    states = f"(select {_KEYS}, unnest(states, recursive := true) from {reader.relations.history})"
    missing = f"select {_KEYS} from {editions} as shown where not exists (select 1 from {states} as known where {same})"
    persons = f"{missing.replace(' where ', f' where measure_id in ({_persons(reader.confidential.values())}) and ', 1)}"
    return missing if reader.states is None else f"{missing} union all {persons.replace(states, reader.states, 1)}"


def _gone(now: str, before: str) -> str:
    """SQL of the sources and periods of protected figures that were published and are not any more."""
    # another version of the measure counts the same persons
    same = " and ".join(f"now.{name} = before.{name}" for name in GRAIN if name != "measure_version")
    return (
        f"select distinct source, period_start, period_end from {before} as before where is_protected and not exists ("
        f"select 1 from {now} as now where {same} and now.publication_status <> 'suppressed' "
        "and (now.publication_status <> 'bounded' or before.last_value is null) "
        "and (coalesce(now.value, now.numerator, now.bound_low) is not null or now.publication_status = 'unreliable'))"
    )


def _persons(measures: Iterable[AuditedMeasure]) -> str:
    """SQL of the measures of persons."""
    return ", ".join(sorted({literal(measure.measure_id) for measure in measures})) or "''"


def _cells(reader: AuditReader, query: str) -> list[tuple[str, CellKey]]:
    return [(grain[0], CellKey.of_row(grain)) for grain in reader.fetch(f"select {_KEYS} from ({query}) order by all")]
