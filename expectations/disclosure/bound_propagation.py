"""The quick look: what follows for each figure from one equation at a time.

Here: bounds that equations imply, again and again until nothing new follows; a figure that an equation leaves alone is known.
Not here: what only several equations together tell (`intervals`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from expectations.disclosure.linear_system import TOLERANCE, Flags, Floats, Ints, System

# Rounds after which bounds that still move are left as they are: they hold, they are only not the narrowest.
ROUNDS = 40
# An equation says nothing of a figure that enters it with a coefficient this small beside the others: it would be noise.
NEGLIGIBLE = 1e-9
# Of the size of the terms of an equation: what sums of doubles are off by, and what figures that agree may differ by.
ROUNDING, AGREEING = 1e-13, 1e-7
WHOLE = 1e-5  # a count this close to a whole number is one


@dataclass(frozen=True)
class Bounds:
    """Between what every figure lies at least; `contradicted` equations cannot be met."""

    lower: Floats
    upper: Floats
    contradicted: Ints

    @property
    def known(self) -> Flags:
        """The figures that are told exactly."""
        return np.asarray(self.upper - self.lower <= TOLERANCE)


def propagate(system: System) -> Bounds:
    """Bounds of every figure that follow from single equations, never narrower than what all of them together allow.

    A figure that is known stays as it was first found: what an equation says of it again differs in the last digits, and a small
    coefficient would make much of that. Known counts are whole where they come that close.
    """
    rows, cells, values = _sound(system)
    lower, upper = system.lower.copy(), system.upper.copy()
    known = _settled(lower, upper, np.zeros(len(lower), dtype=bool))
    contradicted = np.zeros(len(system.total), dtype=bool)
    for _ in range(ROUNDS):
        least = np.where(values > 0, lower[cells], upper[cells]) * values
        most = np.where(values > 0, upper[cells], lower[cells]) * values
        below, endless_below, size_below = _sums(rows, least, len(system.total))
        above, endless_above, size_above = _sums(rows, most, len(system.total))
        size = np.maximum(np.maximum(size_below, size_above), np.maximum(np.abs(system.total), 1.0))
        contradicted |= (endless_below == 0) & (below > system.total + AGREEING * size)
        contradicted |= (endless_above == 0) & (above < system.total - AGREEING * size)
        at_most = _remaining(system.total[rows], below[rows], endless_below[rows], least, np.inf)
        at_least = _remaining(system.total[rows], above[rows], endless_above[rows], most, -np.inf)
        noise = ROUNDING * size[rows] / np.abs(values)
        new_lower, new_upper = lower.copy(), upper.copy()
        np.maximum.at(new_lower, cells, np.where(values > 0, at_least / values, at_most / values) - noise)
        np.minimum.at(new_upper, cells, np.where(values > 0, at_most / values, at_least / values) + noise)
        # what contradicts itself is said by its equations, and bounds stay in order
        crossed = new_lower > new_upper
        new_lower[crossed], new_upper[crossed] = lower[crossed], upper[crossed]
        moved = ~known & ((new_lower > lower + TOLERANCE) | (new_upper < upper - TOLERANCE))
        lower, upper = np.where(moved, new_lower, lower), np.where(moved, new_upper, upper)
        known = _settled(lower, upper, known)
        if not moved.any():
            break
    return Bounds(lower, upper, np.flatnonzero(contradicted))


def _settled(lower: Floats, upper: Floats, before: Flags) -> Flags:
    """Which figures are known; those that have just become so are set to what they are, in place."""
    known = np.asarray(upper - lower <= TOLERANCE)
    found = np.flatnonzero(known & ~before)
    middle = (lower[found] + upper[found]) / 2
    whole = np.round(middle)
    lower[found] = upper[found] = np.where(np.abs(middle - whole) <= WHOLE, whole, middle)
    return known


def without_known(system: System, bounds: Bounds) -> System:
    """The system with what is known put into the totals; the known cells stay, fixed and in no equation.

    An equation of which nothing is left has no entry any more: what it says was said by `propagate`.
    """
    known = bounds.known
    at = np.zeros(len(known))
    at[known] = (bounds.lower[known] + bounds.upper[known]) / 2
    told = known[system.cell]
    taken = np.bincount(system.equation[told], system.coefficient[told] * at[system.cell[told]], minlength=len(system.total))
    return System(
        np.where(known, at, system.lower),
        np.where(known, at, system.upper),
        system.wanted,
        system.equation[~told],
        system.cell[~told],
        system.coefficient[~told],
        system.total - taken,
    )


def _sound(system: System) -> tuple[Ints, Ints, Floats]:
    """The entries that may be divided by."""
    largest = np.zeros(len(system.total))
    np.maximum.at(largest, system.equation, np.abs(system.coefficient))
    sound = np.abs(system.coefficient) > NEGLIGIBLE * largest[system.equation]
    return system.equation[sound], system.cell[sound], system.coefficient[sound]


def _sums(rows: Ints, terms: Floats, count: int) -> tuple[Floats, Ints, Floats]:
    """Of each equation the sum of its finite terms, how many are endless, and the sum of the sizes of the finite."""
    endless = np.isinf(terms)
    finite = rows[~endless]
    sums: Floats = np.bincount(finite, terms[~endless], minlength=count).astype(np.float64)
    sizes: Floats = np.bincount(finite, np.abs(terms[~endless]), minlength=count).astype(np.float64)
    return sums, np.bincount(rows[endless], minlength=count).astype(np.int64), sizes


def _remaining(total: Floats, sums: Floats, endless: Ints, own: Floats, nothing: float) -> Floats:
    """What an equation leaves for one term when all others take their least (or most); `nothing` where they take anything."""
    others_endless = endless - np.isinf(own)
    rest = total - (sums - np.where(np.isinf(own), 0.0, own))
    return np.where(others_endless == 0, rest, nothing)
