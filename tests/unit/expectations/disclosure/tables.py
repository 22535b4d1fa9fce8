"""Tables of counts with their margins, some cells hidden: what the attack's speed and exactness are tried on.

This module makes such tables; the tests audit them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from expectations.disclosure.intervals.linear_system import Floats, System

Pattern = Literal["scattered", "block", "rectangles"]


def tables(count: int, rows: int, columns: int, hidden: int, pattern: Pattern, seed: int = 1) -> tuple[System, Floats]:
    """`count` tables with up to `hidden` hidden cells each, as one system, and the true counts.

    A quarter of the cells are from 1 to 10. `scattered` hides small cells and others at random; `block` hides where some rows
    and columns meet, `rectangles` the corners of rectangles: both leave two or more hidden cells in each row and column.
    """
    draws = np.random.default_rng(seed)
    lower, upper, wanted, truth = [], [], [], []
    equations: list[tuple[dict[int, float], float]] = []
    for _ in range(count):
        counts = draws.poisson(np.exp(draws.normal(3.0, 1.2, (rows, columns))))
        is_hidden = _hidden(draws, counts, hidden, pattern)
        first = len(truth)
        truth += counts.ravel().tolist()
        lower += np.where(is_hidden, 1, counts).ravel().tolist()
        upper += np.where(is_hidden, np.inf, counts).ravel().tolist()
        wanted += np.where(is_hidden & (counts < 11), 10.0, np.nan).ravel().tolist()
        numbers = np.arange(first, first + rows * columns).reshape(rows, columns)
        lines = [*zip(numbers, counts, strict=True), *zip(numbers.T, counts.T, strict=True)]
        equations += [(dict.fromkeys(line.tolist(), 1.0), float(inside.sum())) for line, inside in lines]
    return System.of(lower, upper, equations, wanted), np.array(truth, dtype=np.float64)


def _hidden(draws: np.random.Generator, counts: np.ndarray, hidden: int, pattern: Pattern) -> np.ndarray:
    rows, columns = counts.shape
    chosen = np.zeros(counts.shape, dtype=bool)
    if pattern == "block":
        high = min(rows, max(2, hidden // 4))
        chosen[np.ix_(draws.permutation(rows)[:high], draws.permutation(columns)[: max(2, hidden // high)])] = True
    elif pattern == "rectangles":
        while chosen.sum() <= hidden - 4:
            chosen[np.ix_(draws.permutation(rows)[:2], draws.permutation(columns)[:2])] = True
    else:
        small = np.flatnonzero((counts.ravel() > 0) & (counts.ravel() < 11))
        chosen.ravel()[draws.permutation(small)[: hidden // 2]] = True
        others = np.flatnonzero(counts.ravel() > 0)
        chosen.ravel()[draws.permutation(others)[: max(0, hidden - int(chosen.sum()))]] = True
    return chosen & (counts > 0)
