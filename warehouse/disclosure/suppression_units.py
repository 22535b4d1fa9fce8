"""Group figures into suppression units, which are shown or hidden together, with the counts that each unit discloses.

A row discloses its numerator, its denominator and their difference. Its figures about unknown race (known share, bounds,
comparisons with all others) disclose the count of unknown race too. These figures are a unit of their own, because hiding them
costs readers less. See `complementary_suppression` for the choice of hidden units.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warehouse.disclosure.build_constraints import UNKNOWN, all_races, complement_of, denominator_at
from warehouse.disclosure.counts import EQUAL, Cell, CountSystem
from warehouse.disclosure.states.planned_figures import Figure, RowKey


@dataclass(frozen=True)
class SuppressionUnit:
    """Figures that are shown or hidden together.

    `persons`: the persons that readers lose if it is hidden. `needs`: the row without which the unit is hidden too.
    """

    key: RowKey
    is_row: bool
    counts: tuple[int, ...]
    persons: float
    needs: RowKey | None = None


def suppression_units(figures: Iterable[Figure], counts: CountSystem) -> list[SuppressionUnit]:
    """The units of the figures, rows first; without medians (see `medians_of_hidden_counts`)."""
    rows, unknown = [], {}
    by_key = {figure.key: figure for figure in figures}
    for key, figure in by_key.items():
        if figure.kind == "median":
            continue
        rows.append(SuppressionUnit(key, True, _numbers(counts, figure, figure.at, denominator_at(figure)), _persons(figure)))
        whole = all_races_key(figure)
        if whole in by_key and whole not in unknown:
            at = all_races(figure.at)._replace(race=UNKNOWN)
            of_unknown = _numbers(counts, figure, at, at)
            if of_unknown:
                unknown[whole] = SuppressionUnit(whole, False, of_unknown, 0.05 * _persons(by_key[whole]), needs=whole)
    return [*rows, *unknown.values()]


def all_races_key(figure: Figure) -> RowKey:
    """The row of all races with the same period, geography and stratum."""
    return figure.key._replace(at=all_races(figure.at))


def medians_of_few_records(figures: Iterable[Figure]) -> set[RowKey]:
    """The medians of fewer records than the threshold or `minimum_n`: the median of two salaries discloses their sum.

    So are those whose bin has few records, or none that is known: they would be the amount of a few. They are hidden as primary
    suppressions, whatever their reliability.
    """
    return {figure.key for figure in figures if figure.kind == "median" and (_has_few_records(figure) or _has_small_bin(figure))}


def _has_few_records(figure: Figure) -> bool:
    return figure.records is not None and figure.records < max(figure.threshold, figure.minimum_n)


def _has_small_bin(figure: Figure) -> bool:
    if figure.value_status != "computed":
        return False  # it has no value
    return figure.has_small_bin is not False or figure.bin_records is None or figure.bin_records < figure.threshold


def medians_of_hidden_counts(
    figures: Iterable[Figure], counts: CountSystem, is_hidden: Mapping[int, bool], universes: Mapping[str, str]
) -> set[RowKey]:
    """The medians over persons whose count is hidden: a reliable median discloses that the count is not small.

    Medians of strata disclose it together. A median of nearly all persons of a small count discloses the few others.
    """
    found = set()
    for figure in figures:
        if figure.kind != "median" or figure.rests_on_records is None:
            continue
        of_all_strata = figure.at._replace(stratum_type="all", stratum_code="all")
        universe = universes.get(figure.rests_on_records)
        for records, at in itertools.product((figure.rests_on_records, universe), {figure.at, of_all_strata}):
            number = counts.get(records, at) if records else None
            if number is not None and is_hidden.get(number, False):
                found.add(figure.key)
        whole = counts.get(universe, figure.at) if universe else None
        if whole is not None and _discloses_others(figure, counts.value[whole]):
            found.add(figure.key)
    return found


def _discloses_others(figure: Figure, whole: float) -> bool:
    """Whether a reliable median places the persons of `whole` who are not among its records too closely."""
    if figure.records is None:
        return False
    others = whole - figure.records
    is_sensitive = others < figure.threshold - EQUAL and (others > EQUAL or figure.hides_zeros)
    return is_sensitive and whole - max(figure.minimum_n, figure.threshold) < figure.threshold - 1


def _numbers(counts: CountSystem, figure: Figure, numerator: Cell, denominator: Cell) -> tuple[int, ...]:
    found = [counts.get(figure.numerator_records, numerator)]
    if figure.denominator_records is not None:
        found.append(counts.get(figure.denominator_records, denominator))
        found.append(counts.get(complement_of(figure.denominator_records, figure.numerator_records), numerator))
    return tuple(dict.fromkeys(number for number in found if number is not None))


def _persons(figure: Figure) -> float:
    numbers = [figure.numerator] if figure.kind == "composition" or figure.denominator_records is None else [figure.denominator]
    return max([number for number in numbers if number is not None], default=0.0)
