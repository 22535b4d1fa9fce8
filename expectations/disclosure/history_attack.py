"""Compute what earlier figures of the as-reported history and of editions reveal about counts that today's file does not show.

A figure of an earlier day is no figure of today, so the counts of the day of each first release are unknowns of their own, with
the same sums. A reader knows of that day the first figures of the release, and those of today that never changed since. No count
that today's file hides may follow from them: neither a small one, nor one that was published and is withdrawn or hidden now.

See `attacker_model` for what today's file reveals, and `release_differencing` for changes between two files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from expectations.disclosure.equations.attacker_model import AttackerModel
from expectations.disclosure.equations.figure_equations import FigureEquations
from expectations.disclosure.inputs.audit_inputs import CellKey, Published, Row
from expectations.disclosure.inputs.read_history import History
from expectations.disclosure.intervals.audit_cache import AuditCache
from expectations.disclosure.intervals.bound_propagation import propagate
from expectations.disclosure.intervals.feasibility_intervals import Intervals, intervals
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags, System


def counts_revealed_by_history(
    model: AttackerModel, published: Published, history: History, cache: AuditCache | None = None
) -> Iterator[tuple[str, CellKey, bool]]:
    """The hidden counts of an earlier day that the first figures of the public file enclose too closely.

    The last part: whether no program has an answer for the interval. `cache` stores the independent parts in which no hidden
    count is narrow.
    """
    if not history.repeated:
        return
    figure_equations = FigureEquations(model.cells, published)
    hidden, was_shown = _hidden_now(model), _shown_before(model, published, figure_equations)
    found: set[int] = set()
    unanswered: set[int] = set()
    for release in sorted({release for release, _ in history.repeated}):
        # certain: this release showed both; likely: earlier first figures had not been revised by then
        certain = [row for first, row in history.repeated if first == release]
        certain += [row for first, row in history.unchanged if first <= release]
        # of an earlier day the newest figure, which a later edition may have replaced
        earlier = sorted((one for one in history.repeated if one[0] < release), key=lambda one: one[0])
        shown = {_identity(row) for row in certain}
        likely = [row for key, row in {_identity(row): row for _, row in earlier}.items() if key not in shown]
        answer = _answer(model, figure_equations, [*certain, *likely], hidden, cache)
        found |= _too_close(model, answer, hidden, was_shown)
        unanswered |= set(np.flatnonzero(answer.unanswered).tolist())
        if likely and (answer.contradicted & hidden).any():
            answer = _answer(model, figure_equations, certain, hidden, cache)
            found |= _too_close(model, answer, hidden, was_shown)
            unanswered |= set(np.flatnonzero(answer.unanswered).tolist())
    for cell in sorted(found):
        name = model.cells.names[cell]
        if name is not None:
            yield *name, cell in unanswered


def _identity(row: Row) -> object:
    return row.measure, row.where, row.method


def _hidden_now(model: AttackerModel) -> Flags:
    """The counts of persons that a reader of today's file alone does not know."""
    counted = (np.array(model.cells.threshold) > 0) & np.array([name is not None for name in model.cells.names])
    counted[list(model.cells.public_zeros)] = False
    return np.asarray(counted & ~propagate(model.cells.system([*model.always, *model.now])).known)


def _shown_before(model: AttackerModel, published: Published, figure_equations: FigureEquations) -> Flags:
    """The counts that some earlier release showed."""
    shown = np.zeros(len(model.cells), dtype=bool)
    for row in published.ledger:
        for equation in figure_equations.equations(row):
            if len(equation.terms) == 1:
                shown[list(equation.terms)] = True
    return shown


def _answer(
    model: AttackerModel, figure_equations: FigureEquations, rows: Iterable[Row], hidden: Flags, cache: AuditCache | None
) -> Intervals:
    cells = model.cells
    # sums of today hold on any day; limits that words or remainders of today imply need not
    sums = [
        equation
        for equation in model.always
        if equation.total == 0.0 and all(cells.names[cell] is not None for cell in equation.terms)
    ]
    known = [equation for row in rows for equation in figure_equations.equations(row)]
    wanted = np.where(hidden, np.array(cells.threshold) - 1.0, np.nan)
    system = System.of(
        [0.0] * len(cells),
        [np.inf] * len(cells),
        [(equation.terms, equation.total) for equation in [*sums, *known]],
        wanted.tolist(),
    )
    has_figure = np.zeros(len(cells), dtype=bool)
    has_figure[[cell for equation in known for cell in equation.terms]] = True
    parts = [(of_part, equations) for of_part, equations in system.components() if system.asked[of_part].any()]
    asked = wanted.copy()
    for of_part, equations in parts:
        if not has_figure[of_part].any() or (cache is not None and cache.is_safe(system.part(of_part, equations))):
            asked[of_part] = np.nan
    answer = intervals(dataclasses.replace(system, wanted=asked), np.array(cells.truth))
    open_cells = answer.contradicted | (answer.width < wanted - TOLERANCE)
    for of_part, equations in parts:
        if cache is not None and not np.isnan(asked[of_part]).all() and not open_cells[of_part].any():
            cache.found_safe(system.part(of_part, equations))
    return answer


def _too_close(model: AttackerModel, answer: Intervals, hidden: Flags, was_shown: Flags) -> set[int]:
    """Hidden counts whose interval is too narrow: any that was shown once, and others if they may be small."""
    threshold = np.array(model.cells.threshold)
    narrow = hidden & ~answer.contradicted & (answer.width < threshold - 1.0 - TOLERANCE)
    may_be_small = (answer.lower < threshold - TOLERANCE) & (answer.upper > TOLERANCE)
    return set(np.flatnonzero(narrow & (was_shown | may_be_small)).tolist())
