"""What is shown or hidden together: a row with the counts that its figures tell, and the share of known race of a slice.

Here: which unit shows which counts. Not here: which units are hidden (`choice`).

A row shows its numerator, its denominator, and so who is in the one and not in the other. What it says of unknown races (the
known share, the bounds, comparisons with all others) tells one more count, that of the unknown; those figures are a unit of
their own, since hiding them costs readers less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warehouse.disclosure.build_constraints import UNKNOWN, denominator_at, everybody, others
from warehouse.disclosure.counts import At, Counts
from warehouse.disclosure.planned_figures import Figure, Key


@dataclass(frozen=True)
class Unit:
    """Some figures that are out or not together. `persons`: how many readers lose sight of; `needs`: hidden wherever that is."""

    key: Key
    is_row: bool
    counts: tuple[int, ...]
    persons: float
    needs: Key | None = None


def units(figures: Iterable[Figure], counts: Counts) -> list[Unit]:
    """The units of the figures, rows first; medians are none (`hidden_medians`)."""
    rows, unknown = [], {}
    by_key = {figure.key: figure for figure in figures}
    for key, figure in by_key.items():
        if figure.kind == "median":
            continue
        rows.append(Unit(key, True, _numbers(counts, figure, figure.at, denominator_at(figure)), _persons(figure)))
        whole = whole_key(figure)
        if whole in by_key and whole not in unknown:
            at = everybody(figure.at)._replace(race=UNKNOWN)
            of_unknown = _numbers(counts, figure, at, at)
            if of_unknown:
                unknown[whole] = Unit(whole, False, of_unknown, 0.05 * _persons(by_key[whole]), needs=whole)
    return [*rows, *unknown.values()]


def whole_key(figure: Figure) -> Key:
    """The row of all races beside a figure's."""
    return figure.key._replace(at=everybody(figure.at))


def few_records(figures: Iterable[Figure]) -> set[Key]:
    """The medians of fewer records than may be shown, or than a figure needs: half of one pay and half of another is both.

    They are hidden for their own sake, whatever the marts say of their reliability.
    """
    return {
        figure.key
        for figure in figures
        if figure.kind == "median" and figure.records is not None and figure.records < max(figure.threshold, figure.minimum_n)
    }


def hidden_medians(
    figures: Iterable[Figure], counts: Counts, is_hidden: Mapping[int, bool], universes: Mapping[str, str]
) -> set[Key]:
    """The medians that rest on persons of whom a hidden row tells: that a median is reliable says that they are not few."""
    found = set()
    for figure in figures:
        if figure.kind != "median" or figure.rests_on_records is None:
            continue
        for records in (figure.rests_on_records, universes.get(figure.rests_on_records)):
            number = counts.get(records, figure.at) if records else None
            if number is not None and is_hidden.get(number, False):
                found.add(figure.key)
    return found


def _numbers(counts: Counts, figure: Figure, numerator: At, denominator: At) -> tuple[int, ...]:
    found = [counts.get(figure.numerator_records, numerator)]
    if figure.denominator_records is not None:
        found.append(counts.get(figure.denominator_records, denominator))
        found.append(counts.get(others(figure.denominator_records, figure.numerator_records), numerator))
    return tuple(dict.fromkeys(number for number in found if number is not None))


def _persons(figure: Figure) -> float:
    numbers = [figure.numerator] if figure.kind == "composition" or figure.denominator_records is None else [figure.denominator]
    return max([number for number in numbers if number is not None], default=0.0)
