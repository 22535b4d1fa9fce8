"""Check whether a reader can conclude too much.

The findings: intervals that are too narrow, figures that contradict each other, published fractions of hidden counts, and changes
that reveal a small number. See `feasibility_intervals` for the intervals, and `gate` for the consequences.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from expectations.disclosure.equations.attacker_model import AttackerModel
from expectations.disclosure.equations.cells import Cells, Equation
from expectations.disclosure.inputs.audit_inputs import CellKey
from expectations.disclosure.intervals.bound_propagation import propagate
from expectations.disclosure.intervals.feasibility_intervals import Intervals, intervals
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags, Ints, System

SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Leak:
    """A sensitive count that a reader can place too closely: within [low, high]. Only developers may see the numbers."""

    records: str
    where: CellKey
    low: float
    high: float


@dataclass(frozen=True)
class AuditResult:
    """The findings. `told_before` are leaks of earlier files alone, which no release can undo.

    `unanswered` are counts that count as disclosed because no program for their interval has an answer.
    """

    cells: int
    sensitive: int
    leaks: tuple[Leak, ...]
    leaked_before: tuple[Leak, ...]
    unanswered: tuple[tuple[str, CellKey], ...]
    contradictions: tuple[tuple[str, str, CellKey], ...]
    fractions: tuple[tuple[str, str, CellKey], ...]


def run_audit(model: AttackerModel) -> AuditResult:
    """Audit everything that a reader knows."""
    cells = model.cells
    system = cells.system(model.everything())
    answer = intervals(system, np.array(cells.truth))
    wrong = _contradicted(model, answer)
    leaks = {cell: _leak(model, answer, cell) for cell in _narrow(system, answer).tolist()}
    leaks |= {cell: leak for cell, leak in _leaks_of_snapshots(model, system).items() if cell not in leaks}
    before: set[int] = set()
    if leaks:
        wanted = np.full(len(cells), np.nan)
        wanted[list(leaks)] = system.wanted[list(leaks)]
        equations = [*model.always, *model.before]
        known = propagate(cells.system(equations)).known
        earlier = cells.system([*equations, *counts_revealed_by_later_snapshots(cells, model.stocks, known)], wanted)
        before = set(_narrow(earlier, intervals(earlier, np.array(cells.truth))).tolist())
    return AuditResult(
        cells=len(list(cells.named(range(len(cells))))),
        sensitive=int(system.asked.sum()),
        leaks=tuple(leak for cell, leak in leaks.items() if cell not in before and not answer.unanswered[cell]),
        leaked_before=tuple(leak for cell, leak in leaks.items() if cell in before and not answer.unanswered[cell]),
        unanswered=tuple((leak.records, leak.where) for cell, leak in leaks.items() if answer.unanswered[cell]),
        contradictions=tuple(wrong),
        fractions=tuple(_fractions(model, system, model.now)),
    )


def _leaks_of_snapshots(model: AttackerModel, system: System) -> dict[int, Leak]:
    """What later snapshots reveal about small counts of earlier ones."""
    cells = model.cells
    later = list(counts_revealed_by_later_snapshots(cells, model.stocks, propagate(system).known)) if model.stocks else []
    if not later:
        return {}
    of_snapshots = [name is not None and name[1].period_type == SNAPSHOT for name in cells.names]
    audited = cells.system([*model.everything(), *later], np.where(of_snapshots, system.wanted, np.nan))
    answer = intervals(audited, np.array(cells.truth))
    return {cell: _leak(model, answer, cell) for cell in _narrow(audited, answer).tolist()}


def counts_revealed_by_later_snapshots(cells: Cells, stocks: Collection[str], known: Flags) -> Iterator[Equation]:
    """The hidden counts of earlier snapshots that later ones reveal, with their true figures. `known`: cells known exactly.

    Most persons of a stock are in the next snapshot, too. Where a reader knows a count of a later snapshot exactly, and it
    differs by fewer persons than may be shown from one that an earlier snapshot hides, the earlier count counts as known:
    colleagues know who joined and who left. In the other direction nothing is assumed, because a published earlier snapshot lets
    every reader expect the next one. A later zero reveals nothing.
    """
    for records in sorted(set(stocks) & set(cells.by_records)):
        over_time: dict[CellKey, list[tuple[dt.date, int]]] = defaultdict(list)
        for where, cell in cells.by_records[records].items():
            if where.period_type == SNAPSHOT:
                over_time[where._replace(period_start=dt.date.min)].append((where.period_start, cell))
        for dated in over_time.values():
            dated.sort()
            for place, (_, cell) in enumerate(dated):
                later = (other for _, other in dated[place + 1 :] if known[other])
                if not known[cell] and any(_is_near(cells, cell, other) for other in later):
                    yield Equation({cell: 1.0}, cells.truth[cell], "later snapshots")


def _is_near(cells: Cells, earlier: int, later: int) -> bool:
    limit = max(cells.threshold[earlier], cells.threshold[later])
    return cells.truth[later] > TOLERANCE and abs(cells.truth[later] - cells.truth[earlier]) < limit - TOLERANCE


def _narrow(system: System, answer: Intervals) -> Ints:
    """The cells whose interval is too narrow; contradictory parts are not evaluated."""
    return np.flatnonzero(system.asked & ~answer.contradicted & (answer.width < system.wanted - TOLERANCE))


def _leak(model: AttackerModel, answer: Intervals, cell: int) -> Leak:
    return Leak(*next(model.cells.named([cell])), float(answer.lower[cell]), float(answer.upper[cell]))


def _contradicted(model: AttackerModel, answer: Intervals) -> Iterable[tuple[str, str, CellKey]]:
    """Contradictions: from wrong figures, from equations that no figures fulfil, or from a failed program."""
    cells = model.cells
    for equation in model.contradictions:
        yield equation.family, *next(cells.named(equation.terms))
    truth = np.array(cells.truth)
    missed = (truth < answer.lower - TOLERANCE * 10) | (truth > answer.upper + TOLERANCE * 10)
    for name in cells.named(np.flatnonzero(answer.contradicted | (missed & answer.exact)).tolist()):
        yield "intervals", *name


def _fractions(model: AttackerModel, system: System, equations: Sequence[Equation]) -> Iterable[tuple[str, str, CellKey]]:
    """Published fractions with an unknown denominator: in lowest terms they reveal both counts, or their multiples."""
    known = propagate(system).known
    for equation in equations:
        if equation.fraction_of is not None and not known[equation.fraction_of]:
            yield equation.family, *next(model.cells.named(equation.terms))
