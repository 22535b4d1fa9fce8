"""Represent what a reader knows as linear algebra: unknown figures with bounds, and equations between them.

This module holds the record and its connected parts. See `attacker_model` for the equations, and
`bound_propagation` and `feasibility_intervals` for the conclusions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The largest difference of equal figures: published doubles of counts up to some millions.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class System:
    """Σ `coefficient` · x[`cell`] = `total` for each equation, with `lower` ≤ x ≤ `upper`.

    `equation`, `cell`, `coefficient` are parallel: one entry for each cell of each equation. `wanted` is the required width of
    a cell's interval, NaN where none is.
    """

    lower: Floats
    upper: Floats
    wanted: Floats
    equation: Ints
    cell: Ints
    coefficient: Floats
    total: Floats

    @classmethod
    def of(
        cls,
        lower: Sequence[float],
        upper: Sequence[float],
        equations: Sequence[tuple[dict[int, float], float]],
        wanted: Sequence[float] | None = None,
    ) -> System:
        """The system of equations given one by one, each as cell → coefficient and a total."""
        entries = [(row, cell, value) for row, (terms, _) in enumerate(equations) for cell, value in terms.items() if value]
        return cls(
            np.array(lower, dtype=np.float64),
            np.array(upper, dtype=np.float64),
            np.full(len(lower), np.nan) if wanted is None else np.array(wanted, dtype=np.float64),
            np.array([entry[0] for entry in entries], dtype=np.int64),
            np.array([entry[1] for entry in entries], dtype=np.int64),
            np.array([entry[2] for entry in entries], dtype=np.float64),
            np.array([total for _, total in equations], dtype=np.float64),
        )

    @property
    def asked(self) -> Flags:
        """The cells with a required width."""
        return ~np.isnan(self.wanted)

    def components(self) -> Iterator[tuple[Ints, Ints]]:
        """The independent parts, as (cells, equations), in the order of their first cell."""
        labels = _joined(len(self.lower), self.equation, self.cell)
        order = np.argsort(labels, kind="stable")
        edges = np.flatnonzero(np.diff(labels[order])) + 1
        of_equation = np.full(len(self.total), -1, dtype=np.int64)
        of_equation[self.equation] = labels[self.cell]
        by_label = np.argsort(of_equation, kind="stable")
        sorted_labels = of_equation[by_label]
        for cells in np.split(order, edges) if len(order) else ():
            label = labels[cells[0]]
            first, last = np.searchsorted(sorted_labels, [label, label + 1])
            yield cells, by_label[first:last]

    def part(self, cells: Ints, equations: Ints) -> System:
        """The system of some components alone, cells and equations renumbered in the given order."""
        cell_at = np.full(len(self.lower), -1, dtype=np.int64)
        cell_at[cells] = np.arange(len(cells))
        equation_at = np.full(len(self.total), -1, dtype=np.int64)
        equation_at[equations] = np.arange(len(equations))
        chosen = np.flatnonzero(equation_at[self.equation] >= 0)
        rows = equation_at[self.equation[chosen]]
        chosen = chosen[np.argsort(rows, kind="stable")]
        return System(
            self.lower[cells],
            self.upper[cells],
            self.wanted[cells],
            equation_at[self.equation[chosen]],
            cell_at[self.cell[chosen]],
            self.coefficient[chosen],
            self.total[equations],
        )


def _joined(count: int, equation: Ints, cell: Ints) -> Ints:
    """For each cell the smallest cell that is connected with it by equations."""
    labels = np.arange(count, dtype=np.int64)
    rows = int(equation.max()) + 1 if len(equation) else 0
    while True:
        smallest = np.full(rows, count, dtype=np.int64)
        np.minimum.at(smallest, equation, labels[cell])
        before = labels.copy()
        np.minimum.at(labels, cell, smallest[equation])
        labels = np.minimum(labels, labels[labels])
        if np.array_equal(before, labels):
            return labels
