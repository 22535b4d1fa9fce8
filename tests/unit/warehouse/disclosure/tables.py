"""Small worlds of figures for the suppressor's tests, and an oracle that bounds hidden counts by itself."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

from warehouse.disclosure.build_constraints import PublicReference, build_constraints
from warehouse.disclosure.counts import Cell, CountSystem
from warehouse.disclosure.states.planned_figures import Figure, RowKey
from warehouse.disclosure.suppression_units import suppression_units

KINDS = {
    "all": "total", "black": "category", "white": "category", "asian": "category", "hispanic": "category", "aian": "category",
    "multiracial": "combination", "declined": "missing", "not_asked": "missing",
}  # fmt: skip
PUBLIC = PublicReference(KINDS)


def at(race: str = "all", **other: object) -> Cell:
    """Some persons: of a race in the city in 2024, with the changes of `other`."""
    where = Cell("year", dt.date(2024, 1, 1), "city", "current", "5553000", "spd15_2024", race, "exclusive", "all", "all")
    return where._replace(**other)  # type: ignore[arg-type]


def figure(
    where: Cell,
    numerator: float | None,
    denominator: float | None = None,
    *,
    kind: str = "composition",
    measure: str = "stops",
    known_race: tuple[float, float] | None = None,
    records: tuple[str, str | None] | None = None,
    threshold: int = 11,
    hides_zeros: bool = False,
) -> Figure:
    """One row. `records`: what numerator and denominator count."""
    named = records or (f"{measure}.numerator", f"{measure}.numerator" if kind == "composition" else f"{measure}.denominator")
    return Figure(
        RowKey(measure, 1, where, "individual"), "computed", numerator, denominator, threshold, hides_zeros, kind,
        named[0], named[1], f"{measure}.records" if kind == "median" else None,
        known_race[0] if known_race else None, known_race[1] if known_race else None,
    )  # fmt: skip


def composition(cells: Mapping[str, float], **other: object) -> list[Figure]:
    """Rows by race and the row of all; the number of known race is public."""
    total = math.fsum(cells.values())
    known_race = math.fsum(value for race, value in cells.items() if KINDS[race] in ("category", "combination"))
    return [
        figure(at(race, **other), value, total, known_race=(known_race, known_race))
        for race, value in (*cells.items(), ("all", total))
    ]


def narrowest(
    figures: Sequence[Figure], counts: CountSystem, hidden_rows: set[RowKey], unknown: set[RowKey], least: Sequence[float]
) -> float:
    """The narrowest interval of a small count, less what it must be, for a reader of what is not hidden; inf without one."""
    published: set[int] = set()
    for unit in suppression_units(figures, counts):
        if unit.is_row and unit.key not in hidden_rows:
            published |= set(unit.counts)
        if not unit.is_row and unit.key not in unknown and unit.key not in hidden_rows:
            published |= set(unit.counts)
    rows, totals, limits, most = [], [], [], []
    for equation in counts.equations:
        line = np.zeros(len(counts))
        for number, factor in equation.terms.items():
            line[number] = factor
        (limits if equation.at_most else rows).append(line)
        (most if equation.at_most else totals).append(0.0)
    bounds = [
        (counts.value[n], counts.value[n]) if n in published and not math.isnan(counts.value[n]) else (least[n], None)
        for n in range(len(counts))
    ]
    worst = math.inf
    for number in range(len(counts)):
        if not counts.is_sensitive(number):
            continue
        ends = []
        for sign in (1.0, -1.0):
            objective = np.zeros(len(counts))
            objective[number] = sign
            found = linprog(
                objective, A_ub=np.array(limits) if limits else None, b_ub=most or None, A_eq=np.array(rows) if rows else None,
                b_eq=totals or None, bounds=bounds, method="highs",
            )  # fmt: skip
            ends.append(sign * found.fun if found.status == 0 else -sign * math.inf)
        worst = min(worst, ends[1] - ends[0] - (counts.threshold(number) - 1.0))
    return worst


def counted(figures: Sequence[Figure]) -> CountSystem:
    """All counts behind the figures."""
    return build_constraints(figures, PUBLIC)
