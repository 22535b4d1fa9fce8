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
from expectations.disclosure.inputs.audit_inputs import CellKey, Published, Row
from expectations.disclosure.inputs.read_history import History
from expectations.disclosure.intervals.audit_cache import AuditCache
from expectations.disclosure.intervals.bound_propagation import propagate
from expectations.disclosure.intervals.feasibility_intervals import Intervals
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags


def counts_revealed_by_history(
    model: AttackerModel, published: Published, history: History, cache: AuditCache | None = None
) -> Iterator[tuple[str, CellKey, bool]]:
    """The hidden counts of an earlier day that the first figures of the public file enclose too closely.

    The last part: whether no program has an answer for the interval. `cache` stores the independent parts in which no hidden
    count is narrow.
    """
    if not history.repeated:
        return
    cache = cache or AuditCache(None)
    hidden, was_shown = _hidden_now(model), _shown_before(model, published)
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
        for known in ([*certain, *likely], certain) if likely else (certain,):
            answer = _answer(model, known, hidden, cache)
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


def _answer(model: AttackerModel, rows: Iterable[Row], hidden: Flags, cache: AuditCache) -> Intervals:
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
    return cache.intervals(system, np.array(cells.truth))[1]


def _too_close(model: AttackerModel, answer: Intervals, hidden: Flags, was_shown: Flags) -> set[int]:
    """Hidden counts whose interval is too narrow: any that was shown once, and others if they may be small."""
    threshold = np.array(model.cells.threshold)
    narrow = hidden & ~answer.contradicted & (answer.width < threshold - 1.0 - TOLERANCE)
    may_be_small = (answer.lower < threshold - TOLERANCE) & (answer.upper > TOLERANCE)
    return set(np.flatnonzero(narrow & (was_shown | may_be_small)).tolist())
