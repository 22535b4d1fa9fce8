"""Widen a figure's interval in exact rational arithmetic, where no method of HiGHS solves its program.

The true figures fulfil every equation. Whatever deviates from them so that each equation keeps its sum, within the bounds, is
as possible for a reader. This module looks for such deviations among the figures nearest to one figure, and leaves all others
at their true values. So an interval found here is at most too narrow, never too wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from expectations.disclosure.intervals.linear_system import Floats, Ints, System

# Figures that may deviate, from few to many: exact numbers grow with them.
NEIGHBOURS = (12, 25, 50)
_LIMIT = 1e8  # further than any figure of a city may deviate
Row = dict[int, Fraction]


def deviations(system: System, truth: Floats, cell: int) -> tuple[Floats, Floats]:
    """Two lists of figures that fulfil everything: in the first the cell is as small as found, in the second as large.

    The search ends as soon as they are `wanted` apart. A figure with an unknown true value, or one outside its bounds, stays.
    """
    wanted = Fraction(float(system.wanted[cell])) if math.isfinite(system.wanted[cell]) else Fraction(_LIMIT)
    down, up = _room(system.lower - truth, -1), _room(system.upper - truth, 1)
    small, large = np.array(truth), np.array(truth)
    near = _nearest(system, cell, down, up)
    for count in NEIGHBOURS:
        free = near[:count]
        rows = _rows(system, free)
        own = free.index(cell) if cell in free else None
        if own is None:
            break
        bounds = [(down[at], up[at]) for at in free]
        largest = _largest(rows, bounds, own, wanted)
        left = wanted - largest[own]
        smallest = _largest(rows, [(-high, -low) for low, high in bounds], own, left) if left > 0 else [Fraction(0)] * len(free)
        for at, above, below in zip(free, largest, smallest, strict=True):
            large[at], small[at] = truth[at] + float(above), truth[at] - float(below)
        if largest[own] + smallest[own] >= wanted or count >= len(near):
            break
    return small, large


def _room(room: Floats, sign: int) -> list[Fraction]:
    """How far each figure may deviate in one direction; not at all where that is unknown or has the wrong sign."""
    return [Fraction(0) if math.isnan(by) or by * sign < 0 else _exact(by) for by in room.tolist()]


def _exact(number: float) -> Fraction:
    return Fraction(max(-_LIMIT, min(_LIMIT, number))) if math.isfinite(number) else Fraction(math.copysign(_LIMIT, number))


def _nearest(system: System, cell: int, down: Sequence[Fraction], up: Sequence[Fraction]) -> list[int]:
    """The figures that can deviate, by the number of equations between them and the cell; the cell first."""
    by_cell: dict[int, list[int]] = {}
    by_equation: dict[int, list[int]] = {}
    for equation, at in zip(system.equation.tolist(), system.cell.tolist(), strict=True):
        if up[at] > down[at]:
            by_cell.setdefault(at, []).append(equation)
            by_equation.setdefault(equation, []).append(at)
    found = dict.fromkeys([cell] if up[cell] > down[cell] else [])
    waiting = list(found)
    for at in waiting:  # grows while it is read
        # equations of few figures first: the others must deviate together
        for equation in sorted(by_cell.get(at, ()), key=lambda number: len(by_equation[number])):
            new = [other for other in by_equation[equation] if other not in found]
            found |= dict.fromkeys(new)
            waiting += new
    return list(found)


def _rows(system: System, free: Sequence[int]) -> list[Row]:
    """The equations of the free figures, over their places in `free`."""
    place = {at: number for number, at in enumerate(free)}
    rows: dict[int, Row] = {}
    entries: Ints = np.flatnonzero(np.isin(system.cell, np.array(free, dtype=np.int64)))
    for entry in entries.tolist():
        number = place[int(system.cell[entry])]
        row = rows.setdefault(int(system.equation[entry]), {})
        row[number] = row.get(number, Fraction(0)) + Fraction(float(system.coefficient[entry]))
    return list(rows.values())


def _largest(rows: Sequence[Row], bounds: Sequence[tuple[Fraction, Fraction]], wished: int, enough: Fraction) -> list[Fraction]:
    """Deviations with Σ row · x = 0 for each row, and x[wished] as large as possible but at most `enough`.

    The primal simplex from x = 0, with Bland's rule, so that it ends.
    """
    low, high = [bound[0] for bound in bounds], [bound[1] for bound in bounds]
    high[wished] = min(high[wished], enough)
    x = [Fraction(0)] * len(bounds)
    basis = _solved(rows, wished)
    while True:
        entering = _improving(basis, wished, x, low, high)
        if entering is None:
            return x
        column, sign = entering
        step, leaving = (high[column] - x[column] if sign > 0 else x[column] - low[column]), None
        for basic in sorted(basis):
            change = basis[basic].get(column, Fraction(0)) * sign
            if change:
                room = (high[basic] - x[basic]) / change if change > 0 else (low[basic] - x[basic]) / change
                if room < step:
                    step, leaving = room, basic
        x[column] += sign * step
        for basic, row in basis.items():
            x[basic] += row.get(column, Fraction(0)) * sign * step
        if leaving is not None:
            _exchange(basis, leaving, column)


def _improving(
    basis: dict[int, Row], wished: int, x: list[Fraction], low: list[Fraction], high: list[Fraction]
) -> tuple[int, int] | None:
    """The first column outside the basis that makes the wished figure larger, and the direction in which it moves."""
    gains = basis[wished] if wished in basis else {wished: Fraction(1)}
    for column in sorted(gains):
        if gains[column] > 0 and x[column] < high[column]:
            return column, 1
        if gains[column] < 0 and x[column] > low[column]:
            return column, -1
    return None


def _solved(rows: Sequence[Row], wished: int) -> dict[int, Row]:
    """Some figures as sums of the others: basic → (other → factor). The wished figure is one of the others, if it can be."""
    basis: dict[int, Row] = {}
    for given in rows:
        row = {column: factor for column, factor in given.items() if factor}
        for column in basis.keys() & row.keys():
            row = _substituted(row, column, basis[column])
        if not row:
            continue  # the equations before it imply it
        pivot = min(row, key=lambda column: (column == wished, column))
        new = {column: -factor / row[pivot] for column, factor in row.items() if column != pivot}
        basis = {basic: _substituted(other, pivot, new) for basic, other in basis.items()} | {pivot: new}
    return basis


def _exchange(basis: dict[int, Row], leaving: int, entering: int) -> None:
    """Exchange a basic figure for another one."""
    row = basis.pop(leaving)
    factor = row.pop(entering)
    new = {column: -part / factor for column, part in row.items()} | {leaving: 1 / factor}
    basis.update({basic: _substituted(other, entering, new) for basic, other in basis.items()})
    basis[entering] = new


def _substituted(row: Row, column: int, by: Row) -> Row:
    if column not in row:
        return row
    result = {key: value for key, value in row.items() if key != column}
    for key, value in by.items():
        result[key] = result.get(key, Fraction(0)) + row[column] * value
    return {key: value for key, value in result.items() if value}
