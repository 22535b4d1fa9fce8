"""Find what two releases reveal together: a small change of a figure reveals the few persons who caused it.

This module compares the last published state of each row with today's, and derives differences that no row shows. See
`audit` for what both files reveal about today's figures.

A difference is a cell like any other: differences of parts sum to that of their whole. Nothing is assumed about figures that no
reader knew on one of the two days, so a difference is either known exactly or not at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from expectations.disclosure.attacker_model import AttackerModel
from expectations.disclosure.audit_inputs import CellKey, Published, Row
from expectations.disclosure.bound_propagation import Bounds, propagate
from expectations.disclosure.cells import Equation
from expectations.disclosure.feasibility_intervals import intervals
from expectations.disclosure.figure_equations import FigureEquations
from expectations.disclosure.linear_system import TOLERANCE, System


def small_changes(model: AttackerModel, published: Published) -> Iterator[tuple[str, CellKey]]:
    """The counts that change between the last release and today's by less than the threshold, and not by zero."""
    cells = model.cells
    figure_equations = FigureEquations(cells, published)
    last = _last_states(published.ledger)
    told_then = [equation for row in last for equation in figure_equations.equations(row)]
    if not told_then:
        return
    then, now = _known(model, told_then), _known(model, model.now)
    both = then.known & now.known
    moved = (now.lower[both] + now.upper[both] - then.lower[both] - then.upper[both]) / 2
    if not (np.abs(moved) > TOLERANCE).any():
        return
    thresholds = np.array(cells.threshold)
    least, most = np.full(len(cells), -np.inf), np.full(len(cells), np.inf)
    least[both] = most[both] = moved
    differences = System.of(
        least.tolist(),
        most.tolist(),
        [(equation.terms, 0.0) for equation in model.always if equation.total == 0.0],
        np.where(thresholds > 0, np.inf, np.nan).tolist(),
    )
    answer = intervals(differences)
    surely = np.minimum(np.abs(answer.lower), np.abs(answer.upper))
    same_side = np.sign(answer.lower) == np.sign(answer.upper)
    at_most = np.maximum(np.abs(answer.lower), np.abs(answer.upper))
    small = same_side & (surely > TOLERANCE * 10) & (at_most < thresholds - TOLERANCE)
    for cell in np.flatnonzero(small & ~answer.contradicted):
        name = cells.names[cell]
        if name is not None:
            yield name


def _last_states(ledger: Iterable[Row]) -> list[Row]:
    """The last published state of each row; the ledger is in the order of publication."""
    return list({(row.measure, row.where, row.method): row for row in ledger}.values())


def _known(model: AttackerModel, equations: Iterable[Equation]) -> Bounds:
    """What single equations imply, with no bound except zero: today's lower bounds need not apply to the earlier day."""
    system = model.cells.system([*model.always, *equations])
    return propagate(dataclasses.replace(system, lower=np.zeros(len(system.lower))))
