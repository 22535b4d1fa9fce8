"""Derive bounds of each figure from one equation at a time: the fast first step of the audit.

It repeats until nothing new follows; a figure alone in an equation is known. See `feasibility_intervals` for conclusions that
need several equations together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags, Floats, Ints, System

# Rounds after which changing bounds stay as they are: they are valid, and only not the narrowest.
ROUNDS = 40
# An equation gives no bound for a figure with a coefficient this small compared with the others: it would be noise.
NEGLIGIBLE = 1e-9
# Relative to the terms of an equation: the error of sums of doubles, and the allowed difference of equal figures.
ROUNDING, AGREEING = 1e-13, 1e-7
WHOLE = 1e-5  # a count this close to a whole number is one


@dataclass(frozen=True)
class Bounds:
    """Bounds of every figure; `contradicted` equations cannot be fulfilled."""

    lower: Floats
    upper: Floats
    contradicted: Ints

    @property
    def known(self) -> Flags:
        """The figures that are known exactly."""
        return np.asarray(self.upper - self.lower <= TOLERANCE)


def propagate(system: System) -> Bounds:
    """Bounds of every figure that follow from single equations, never narrower than what all of them together allow.

    A known figure keeps its first value: another equation would give it with other last digits, and a small
    coefficient would enlarge that error. Known counts close to a whole number are whole.
    """
    rows, cells, values = _sound(system)
    lower, upper = system.lower.copy(), system.upper.copy()
    known = _set_known(lower, upper, np.zeros(len(lower), dtype=bool))
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
        # contradictions are reported by equation, and bounds stay in order
        crossed = new_lower > new_upper
        new_lower[crossed], new_upper[crossed] = lower[crossed], upper[crossed]
        narrowed = ~known & ((new_lower > lower + TOLERANCE) | (new_upper < upper - TOLERANCE))
        lower, upper = np.where(narrowed, new_lower, lower), np.where(narrowed, new_upper, upper)
        known = _set_known(lower, upper, known)
        if not narrowed.any():
            break
    return Bounds(lower, upper, np.flatnonzero(contradicted))


def _set_known(lower: Floats, upper: Floats, before: Flags) -> Flags:
    """Which figures are known; newly known ones are set to their value, in place."""
    known = np.asarray(upper - lower <= TOLERANCE)
    found = np.flatnonzero(known & ~before)
    middle = (lower[found] + upper[found]) / 2
    whole = np.round(middle)
    lower[found] = upper[found] = np.where(np.abs(middle - whole) <= WHOLE, whole, middle)
    return known


def without_known(system: System, bounds: Bounds) -> System:
    """The system with known figures moved into the totals; the known cells stay, fixed and in no equation.

    An equation without remaining terms has no entry: `propagate` has used it.
    """
    known = bounds.known
    at = np.zeros(len(known))
    at[known] = (bounds.lower[known] + bounds.upper[known]) / 2
    is_known = known[system.cell]
    terms = system.coefficient[is_known] * at[system.cell[is_known]]
    known_sums = np.bincount(system.equation[is_known], terms, minlength=len(system.total))
    return System(
        np.where(known, at, system.lower),
        np.where(known, at, system.upper),
        system.wanted,
        system.equation[~is_known],
        system.cell[~is_known],
        system.coefficient[~is_known],
        system.total - known_sums,
    )


def _sound(system: System) -> tuple[Ints, Ints, Floats]:
    """The entries that are safe divisors."""
    largest = np.zeros(len(system.total))
    np.maximum.at(largest, system.equation, np.abs(system.coefficient))
    sound = np.abs(system.coefficient) > NEGLIGIBLE * largest[system.equation]
    return system.equation[sound], system.cell[sound], system.coefficient[sound]


def _sums(rows: Ints, terms: Floats, count: int) -> tuple[Floats, Ints, Floats]:
    """Per equation: the sum of its finite terms, the number of infinite ones, and the sum of the finite sizes."""
    endless = np.isinf(terms)
    finite = rows[~endless]
    sums: Floats = np.bincount(finite, terms[~endless], minlength=count).astype(np.float64)
    sizes: Floats = np.bincount(finite, np.abs(terms[~endless]), minlength=count).astype(np.float64)
    return sums, np.bincount(rows[endless], minlength=count).astype(np.int64), sizes


def _remaining(total: Floats, sums: Floats, endless: Ints, own: Floats, nothing: float) -> Floats:
    """The remainder for one term when all others are at their least (or most); `nothing` where one is unbounded."""
    others_endless = endless - np.isinf(own)
    rest = total - (sums - np.where(np.isinf(own), 0.0, own))
    return np.where(others_endless == 0, rest, nothing)
