"""Compute what earlier figures of the as-reported history and of editions reveal about counts that today's file does not show.

A figure of an earlier day is no figure of today, so the counts of the day of each first release are unknowns of their own, with
the same sums. A reader knows of that day the first figures of the release, and those of today that never changed since. No count
that today's file hides may follow from them: neither a small one, nor one that was published and is withdrawn or hidden now.

See `attacker_model` for what today's file reveals, and `release_differencing` for changes between two files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from expectations.disclosure.equations.attacker_model import AttackerModel
from expectations.disclosure.inputs.audit_inputs import GRAIN, CellKey, Published, Row
from expectations.disclosure.inputs.reader import AuditReader
from expectations.disclosure.intervals.bound_propagation import propagate
from expectations.disclosure.intervals.feasibility_intervals import Intervals, intervals
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags
from warehouse.sql import literal, queries


@dataclass(frozen=True)
class History:
    """First figures that the public file repeats, of their release, and rows that never changed, of their first release.

    `repeated` and `unchanged` are rows of persons; `repeated` has the counts of the first release too, which readers may have
    kept, and per edition that the register names, the figures of then of all revised rows. `wrong` and `withdrawn`:
    (measure, place) of repeated figures of any measure that no release showed, and of those next
    to a figure that was withdrawn or hidden since.
    """

    repeated: tuple[Row, ...] = ()
    unchanged: tuple[Row, ...] = ()
    wrong: tuple[tuple[str, CellKey], ...] = ()
    withdrawn: tuple[tuple[str, CellKey], ...] = ()


def read_history(reader: AuditReader) -> History:
    """Read the history of the public file."""
    public = reader.relations.published
    history, editions = f"{public}.as_reported_history", f"{public}.as_reported_editions"
    if not reader.has(history):
        return History()
    has_editions = reader.has(editions) and bool(_rows_of(reader, f"from {editions}"))
    sql = queries(
        Path(__file__).with_suffix(".sql.jinja"),
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
        tuple(_rows_of(reader, sql.never_published())),
        tuple(_rows_of(reader, sql.withdrawn())),
    )


def _rows_of(reader: AuditReader, query: str) -> list[tuple[str, CellKey]]:
    rows = reader.fetch(f"select {', '.join(GRAIN)} from ({query}) order by all")
    return [(grain[0], CellKey.of_row(grain)) for grain in rows]


def counts_revealed_by_history(
    model: AttackerModel, published: Published, history: History
) -> Iterator[tuple[str, CellKey, bool]]:
    """The hidden counts of an earlier day that the first figures of the public file enclose too closely.

    The last part: whether no program has an answer for the interval.
    """
    if not history.repeated:
        return
    hidden, was_shown = _hidden_now(model), _shown_before(model, published)
    found: set[int] = set()
    unanswered: set[int] = set()
    for release in sorted({row.release for row in history.repeated}):
        # certain: this release showed both; likely: earlier first figures had not been revised by then
        certain = [row for row in history.repeated if row.release == release]
        certain += [row for row in history.unchanged if row.release <= release]
        # of an earlier day the newest figure, which a later edition may have replaced
        earlier = sorted((row for row in history.repeated if row.release < release), key=lambda row: row.release)
        shown = {_identity(row) for row in certain}
        likely = [row for key, row in {_identity(row): row for row in earlier}.items() if key not in shown]
        for known in ([*certain, *likely], certain) if likely else (certain,):
            answer = _answer(model, known, hidden)
            found |= _too_close(model, answer, hidden, was_shown)
            unanswered |= set(np.flatnonzero(answer.unanswered).tolist())
            if not (answer.contradicted & hidden).any():
                break
    for cell in sorted(found):
        yield *next(model.cells.named([cell])), cell in unanswered


def _identity(row: Row) -> object:
    return row.measure, row.where, row.method


def _hidden_now(model: AttackerModel) -> Flags:
    """The counts of persons that a reader of today's file alone does not know."""
    counted = (np.array(model.cells.threshold) > 0) & np.array([name is not None for name in model.cells.names])
    counted[list(model.cells.public_zeros)] = False
    return np.asarray(counted & ~propagate(model.cells.system([*model.always, *model.now])).known)


def _shown_before(model: AttackerModel, published: Published) -> Flags:
    """The counts that some earlier release showed."""
    shown = np.zeros(len(model.cells), dtype=bool)
    for equation in model.figures.of_rows(published.ledger):
        if len(equation.terms) == 1:
            shown[list(equation.terms)] = True
    return shown


def _answer(model: AttackerModel, rows: Iterable[Row], hidden: Flags) -> Intervals:
    cells = model.cells
    # sums of today hold on any day; limits that words or remainders of today imply need not
    sums = [
        equation
        for equation in model.always
        if equation.total == 0.0 and all(cells.names[cell] is not None for cell in equation.terms)
    ]
    known = list(model.figures.of_rows(rows))
    wanted = np.where(hidden, np.array(cells.threshold) - 1.0, np.nan)
    system = dataclasses.replace(cells.system([*sums, *known], wanted), lower=np.zeros(len(cells)))
    has_figure = np.zeros(len(cells), dtype=bool)
    has_figure[[cell for equation in known for cell in equation.terms]] = True
    for of_part, _ in system.components():
        if not has_figure[of_part].any():
            system.wanted[of_part] = np.nan
    return intervals(system, np.array(cells.truth))


def _too_close(model: AttackerModel, answer: Intervals, hidden: Flags, was_shown: Flags) -> set[int]:
    """Hidden counts whose interval is too narrow: any that was shown once, and others if they may be small."""
    threshold = np.array(model.cells.threshold)
    narrow = hidden & ~answer.contradicted & (answer.width < threshold - 1.0 - TOLERANCE)
    may_be_small = (answer.lower < threshold - TOLERANCE) & (answer.upper > TOLERANCE)
    return set(np.flatnonzero(narrow & (was_shown | may_be_small)).tolist())
