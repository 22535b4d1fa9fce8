"""List every completion of a small public table: all tables of whole counts that agree with what is shown.

It shares no idea with suppressor and audit: no equation of differences, no linear program, no interval. A table is an array of
inner counts; each thing shown or known is a set of inner counts with their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST = 4_000_000  # completions in memory at a time


class TooMany(Exception):
    """More completions than fit in memory."""


@dataclass
class Table:
    """`truth`: the inner counts. `shown`: sums that a reader knows. `not_empty`: hidden rows, which count at least one person."""

    truth: NDArray[np.int64]
    shown: list[tuple[tuple[int, ...], int]] = field(default_factory=list)
    not_empty: list[tuple[int, ...]] = field(default_factory=list)
    sensitive: list[tuple[int, ...]] = field(default_factory=list)

    def of(self, cells: Sequence[int]) -> int:
        """The true sum of some inner counts."""
        return int(self.truth[list(cells)].sum())


def too_narrow(table: Table, threshold: int) -> list[tuple[tuple[int, ...], int, int]]:
    """The small sums that a reader can place within fewer than `threshold` − 1 persons, with the range of the reader."""
    tables = completions(table, 2 * (threshold - 1))
    found = []
    for cells in table.sensitive:
        if 0 < table.of(cells) < threshold:
            sums = tables[:, list(cells)].sum(axis=1)
            if sums.max() - sums.min() < threshold - 1:
                found.append((cells, int(sums.min()), int(sums.max())))
    return found


def completions(table: Table, more: int) -> NDArray[np.int64]:
    """Every table that agrees with what is shown, with inner counts up to `more` above the truth."""
    # sums that are complete early come first, so that few partial tables go on
    order = _order(table)
    partial = np.zeros((1, len(table.truth)), dtype=np.int64)
    for done, cell in enumerate(order, 1):
        values = np.arange(table.truth[cell] + more + 1)
        if len(partial) * len(values) > MOST:
            raise TooMany
        partial = np.repeat(partial, len(values), axis=0)
        partial[:, cell] = np.tile(values, len(partial) // len(values))
        assigned = set(order[:done])
        keep = np.ones(len(partial), dtype=bool)
        for cells, total in table.shown:
            if cell in cells:
                sums = partial[:, list(cells)].sum(axis=1)
                keep &= sums == total if assigned.issuperset(cells) else sums <= total
        for cells in table.not_empty:
            if cell in cells and assigned.issuperset(cells):
                keep &= partial[:, list(cells)].sum(axis=1) > 0
        partial = partial[keep]
    return partial


def _order(table: Table) -> list[int]:
    left, order = set(range(len(table.truth))), list[int]()
    shown = [set(cells) for cells, _ in table.shown]
    while left:
        open_sums = [cells & left for cells in shown if cells & left]
        following = min(open_sums, key=lambda cells: (len(cells), sorted(cells))) if open_sums else left
        order.append(min(following))
        left.discard(order[-1])
    return order
