"""The quick look: what follows for each figure from one equation at a time.

Here: bounds that equations imply, again and again until nothing new follows; a figure that an equation leaves alone is known.
Not here: what only several equations together tell (`intervals`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from expectations.disclosure.system import TOLERANCE, Flags, Floats, Ints, System

# Rounds after which bounds that still move are left as they are: they hold, they are only not the narrowest.
ROUNDS = 40
# An equation says nothing of a figure that enters it with a coefficient this small beside the others: it would be noise.
NEGLIGIBLE = 1e-9


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
    """Bounds of every figure that follow from single equations, never narrower than what all of them together allow."""
    lower, upper = system.lower.copy(), system.upper.copy()
    rows, cells, values = _sound(system)
    contradicted = np.zeros(len(system.total), dtype=bool)
    for _ in range(ROUNDS):
        least = np.where(values > 0, lower[cells], upper[cells]) * values
        most = np.where(values > 0, upper[cells], lower[cells]) * values
        below, endless_below = _sums(rows, least, len(system.total))
        above, endless_above = _sums(rows, most, len(system.total))
        slack = TOLERANCE * np.maximum(1.0, np.abs(system.total))
        contradicted |= (endless_below == 0) & (below > system.total + slack)
        contradicted |= (endless_above == 0) & (above < system.total - slack)
        at_most = _remaining(system.total[rows], below[rows], endless_below[rows], least, np.inf)
        at_least = _remaining(system.total[rows], above[rows], endless_above[rows], most, -np.inf)
        low = np.where(values > 0, at_least / values, at_most / values)
        high = np.where(values > 0, at_most / values, at_least / values)
        new_lower, new_upper = lower.copy(), upper.copy()
        np.maximum.at(new_lower, cells, low)
        np.minimum.at(new_upper, cells, high)
        moved = (new_lower > lower + TOLERANCE) | (new_upper < upper - TOLERANCE)
        # what is crossed is a contradiction, told by the equation in the next round; bounds stay in order
        crossed = new_lower > new_upper
        middle = (new_lower[crossed] + new_upper[crossed]) / 2
        beyond = np.flatnonzero(crossed)[new_lower[crossed] - new_upper[crossed] > TOLERANCE * np.maximum(1.0, np.abs(middle))]
        contradicted[rows[np.isin(cells, beyond)]] = True
        new_lower[crossed], new_upper[crossed] = middle, middle
        lower, upper = np.where(moved | crossed, new_lower, lower), np.where(moved | crossed, new_upper, upper)
        if not moved.any():
            break
    return Bounds(lower, upper, np.flatnonzero(contradicted))


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


def _sums(rows: Ints, terms: Floats, count: int) -> tuple[Floats, Ints]:
    """Of each equation the sum of its finite terms, and how many are endless."""
    endless = np.isinf(terms)
    sums: Floats = np.bincount(rows[~endless], terms[~endless], minlength=count).astype(np.float64)
    return sums, np.bincount(rows[endless], minlength=count).astype(np.int64)


def _remaining(total: Floats, sums: Floats, endless: Ints, own: Floats, nothing: float) -> Floats:
    """What an equation leaves for one term when all others take their least (or most); `nothing` where they take anything."""
    others_endless = endless - np.isinf(own)
    rest = total - (sums - np.where(np.isinf(own), 0.0, own))
    return np.where(others_endless == 0, rest, nothing)
