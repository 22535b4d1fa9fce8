"""Make equations from each published figure about its counts.

Covered are numerators, denominators, values, known shares, bounds, references, ratios, differences, geocoded shares, and words
such as `reliable`. See `sum_equations` for sums between rows, and `forbidden_disclosures` for figures that must not be published.

Every figure made of two counts is linear in them, because the figure itself is a number: value = factor · x / n means x −
(value / factor) · n = 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from expectations.disclosure.equations.cells import KNOWN, UNKNOWN, UNPLACED, Cells, Equation, Terms
from expectations.disclosure.equations.denominators import denominator_at, public_denominators
from expectations.disclosure.equations.sum_equations import EXCLUSIVE, IS_KNOWN, WHOLE_PLACES
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, CellKey, Published, Row

# A share is reliable from this share of known race on, and is compared from the second on (docs/rules.md, Unknown race).
RELIABLY_KNOWN, COMPARABLY_KNOWN = 0.9, 0.7
_SHARES_OF_PLACES = frozenset({"geocoded_pct", "place_coverage_pct"})
PLACED = "placed shares"  # the family whose equations are guesses: no file contains the counts of a geocoded share
BEST_HOLDS = 0.05  # the smallest share of the denominator that a reference group has


class _Compared(NamedTuple):
    """The reference of a row: its group, and its numerator and denominator in terms of cells."""

    race: str
    x: Terms
    n: Terms | float


class FigureEquations:
    """The facts of rows about `cells`; `race_kinds` and populations are public."""

    def __init__(self, cells: Cells, published: Published) -> None:
        self._cells, self._published = cells, published
        self._universe = dict(published.subsets)
        self._denominators = public_denominators(published)

    def numerator(self, measure: AuditedMeasure, where: CellKey) -> int | None:
        """The cell of a row's numerator, or of the records of a median."""
        return self._cells.get(measure.records if measure.kind == "median" else measure.numerator, where)

    def denominator(self, measure: AuditedMeasure, where: CellKey) -> int | float | None:
        """The cell of a row's denominator, or its number where that is public; None if it has none, or it is unknown."""
        if measure.denominator is None:
            return self._denominators.get((measure, where)) if measure.kind == "rate" else None
        return self._cells.get(measure.denominator, denominator_at(measure, where))

    def of_rows(self, rows: Iterable[Row]) -> Iterator[Equation]:
        """The equations of the figures of rows."""
        for row in rows:
            yield from self.equations(row)

    def equations(self, row: Row) -> Iterator[Equation]:
        """The equations of the figures of a row."""
        measure, figures = row.measure, row.figures
        x = self.numerator(measure, row.where)
        if x is None or row.method == "place_weighted":
            return
        n = self.denominator(measure, row.where)
        if "numerator" in figures and measure.kind != "median":
            yield Equation({x: 1.0}, figures["numerator"], "numerators")
        if "denominator" in figures and isinstance(n, int):
            yield Equation({n: 1.0}, figures["denominator"], "denominators")
        if row.words.get("value_status") == "not_collected":
            own = (x,) if measure.kind == "composition" or "denominator" in figures else (x, n)
            yield from (Equation({cell: 1.0}, 0.0, "numerators") for cell in own if isinstance(cell, int))
            return
        if measure.has_denominator and "value" in figures:
            yield from _fraction({x: 1.0}, n, figures["value"] / measure.factor, "values")
        elif measure.kind == "count" and "value" in figures:
            yield Equation({x: 1.0}, figures["value"], "values")
        yield from self._known_shares(row, x, n)
        if measure.has_denominator:
            yield from self._bounds(row, x, n)
            yield from self._comparisons(row, x, n)
            yield from self._ratio_bounds(row, x, n)
        yield from self._geocoded_share(row, x, n)

    def explains_shares(self, row: Row) -> bool:
        """Whether each share of counts in a row is in an equation. Shares of records with a place are in none that is certain."""
        if not _SHARES_OF_PLACES.isdisjoint(row.figures):
            return False
        if "known_race_pct" not in row.figures:
            return True
        x = self.numerator(row.measure, row.where)
        return x is not None and any(self._known_shares(row, x, self.denominator(row.measure, row.where)))

    def add_word_bounds(self, row: Row) -> None:
        """Add the lower bounds that the words of a row imply."""
        cells, measure, words = self._cells, row.measure, row.words
        x, n = self.numerator(measure, row.where), self.denominator(measure, row.where)
        if measure.kind == "median" and words.get("reliability") in ("reliable", "use_with_caution"):
            for among in (measure.records, self._universe.get(measure.records, "")):
                if (rests_on := cells.get(among, row.where)) is not None:
                    cells.at_least(rests_on, measure.minimum_n)
        if x is None or row.method == "place_weighted":
            return
        base = n if measure.kind == "proportion" else x
        at = row.where._replace(race="all", tabulation=EXCLUSIVE)
        records = self._records(base)
        if records is not None and "known_race_pct" not in row.figures:
            known, whole = cells.get(records, at._replace(race=KNOWN)), cells.get(records, at)
            is_group = self._published.race_kinds.get(row.where.race) in (*IS_KNOWN, "combined_legacy")
            if known is not None and whole is not None and is_group:
                if words.get("reliability") == "reliable":
                    cells.at_most({whole: RELIABLY_KNOWN, known: -1.0}, 0.0, "words")
                if words.get("status_reason") == "known_race_below_70":
                    cells.at_most({whole: -COMPARABLY_KNOWN, known: 1.0}, 0.0, "words")
        if words.get("reference_rule") == "best" and words.get("reference_code"):
            self._best(row, words["reference_code"])

    def _best(self, row: Row, code: str) -> None:
        """The best group is chosen among the reliable groups that are large enough, city-wide and for the year."""
        cells = self._cells
        for at in self._city_and_year(row, code):
            x, n = self.numerator(row.measure, at), self.denominator(row.measure, at)
            if x is not None:
                cells.at_least(x, row.measure.minimum_n)
            whole = self.denominator(row.measure, at._replace(race="all"))
            if row.measure.kind == "proportion" and isinstance(n, int) and isinstance(whole, int):
                cells.at_most({whole: BEST_HOLDS, n: -1.0}, 0.0, "words")

    def _city_and_year(self, row: Row, code: str) -> Iterator[CellKey]:
        where = row.where._replace(race=code)
        if where.period_type in ("month", "quarter"):
            where = where._replace(period_type="year", period_start=dt.date(where.period_start.year, 1, 1))
        if row.where.geography_type in WHOLE_PLACES:
            yield where
            return
        for kind in WHOLE_PLACES:
            yield where._replace(geography_type=kind, geography_vintage="current", geoid=row.jurisdiction)

    def _records(self, cell: int | float | None) -> str | None:
        name = self._cells.names[cell] if isinstance(cell, int) else None
        return name[0] if name else None

    def _known_shares(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        base = n if row.measure.kind == "proportion" else x
        records = self._records(base)
        share = row.figures.get("known_race_pct")
        if share is None or records is None:
            return
        at = row.where._replace(race="all", tabulation=EXCLUSIVE)
        known, whole = self._cells.get(records, at._replace(race=KNOWN)), self._cells.get(records, at)
        if known is not None and whole is not None:
            yield from _fraction({known: 1.0}, whole, share / 100.0, "known shares")

    def _bounds(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        """All records of unknown race had the outcome and belong to the group, or none (docs/rules.md, Unknown race)."""
        low, high = (row.figures.get(name) for name in ("bound_low", "bound_high"))
        if low is not None and high is not None:
            for name, share in (("low", low), ("high", high)):
                parts = self._parts_of_bound(row, {x: 1.0}, n, name)
                if parts is not None:
                    yield from _fraction(*parts, share / row.measure.factor, "bounds")

    def _parts_of_bound(
        self, row: Row, x: Terms, n: Terms | int | float | None, name: str
    ) -> tuple[Terms, Terms | int | float] | None:
        """Numerator and denominator of a bound for the persons of `x` and `n`, in the slice of a row."""
        others = self._unknown(row, row.measure.numerator)
        if others is None or n is None:
            return None
        above = x if name == "low" else _sum(x, others)
        if row.measure.kind != "proportion" or isinstance(n, float):
            return above, n
        others_n = self._unknown(row, row.measure.denominator or "")
        if others_n is None:
            return None
        below = {n: 1.0} if isinstance(n, int) else n
        return above, _sum(below, others_n, _times(others, -1.0)) if name == "low" else _sum(below, others)

    def _unknown(self, row: Row, records: str) -> Terms | None:
        """Records of unknown race that may belong to a row's group: a combined label contains only its own groups."""
        at = row.where._replace(tabulation=EXCLUSIVE)
        unknown = self._cells.get(records, at._replace(race=UNKNOWN))
        if unknown is None:
            return None
        terms: Terms = {unknown: 1.0}
        for label in sorted(code for code, kind in self._published.race_kinds.items() if kind == "combined_legacy"):
            cell = self._cells.get(records, at._replace(race=label))
            if cell is not None and not may_be(self._published, label, row.where.race):
                terms[cell] = -1.0
        return terms

    def _ratio_bounds(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        """The lowest ratio is the low bound over the high bound of the reference; the highest is the reverse."""
        figures, factor = row.figures, row.measure.factor
        other = self._reference(row, x, n)
        if other is None:
            return
        for own, others in (("low", "high"), ("high", "low")):
            ratio, bound = figures.get(f"rate_ratio_bound_{own}"), figures.get(f"bound_{own}")
            if ratio and bound is not None:
                # a record of unknown race may belong to the others as well as to the group; it is in the total in any case
                race = row.where.race if other.race == "rest" else other.race
                compared = row._replace(where=row.where._replace(race=race))
                parts: tuple[Terms, Terms | int | float] | None = (other.x, other.n)
                if other.race != "all":
                    parts = self._parts_of_bound(compared, other.x, other.n, others)
                if parts is not None:
                    yield from _fraction(*parts, bound / ratio / factor, "bounds of ratios")

    def _comparisons(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        """A reference, a ratio and a difference reveal the value of the reference group, or that of the row from it."""
        figures, factor = row.figures, row.measure.factor
        other = self._reference(row, x, n)
        if other is None:
            return
        other_x, other_n = other.x, other.n
        value, reference = figures.get("value"), figures.get("reference_value")
        ratio, difference = figures.get("rate_ratio"), figures.get("rate_difference")
        if reference is not None:
            yield from _fraction(other_x, other_n, reference / factor, "references")
        if value is not None and ratio:
            yield from _fraction(other_x, other_n, value / ratio / factor, "ratios")
        if value is not None and difference is not None:
            yield from _fraction(other_x, other_n, (value - difference) / factor, "differences")
        if value is None and reference is not None and ratio is not None:
            yield from _fraction({x: 1.0}, n, reference * ratio / factor, "ratios")
        if value is None and reference is not None and difference is not None:
            yield from _fraction({x: 1.0}, n, (reference + difference) / factor, "differences")

    def _reference(self, row: Row, x: int, n: int | float | None) -> _Compared | None:
        code = row.words.get("reference_code")
        if code is None:
            return None
        if code != "rest":
            at = row.where._replace(race=code)
            other_x, other_n = self.numerator(row.measure, at), self.denominator(row.measure, at)
            if other_x is None or other_n is None:
                return None
            return _Compared(code, {other_x: 1.0}, {other_n: 1.0} if isinstance(other_n, int) else other_n)
        known = row.where._replace(race=KNOWN, tabulation=EXCLUSIVE)
        known_x = self._cells.get(row.measure.numerator, known)
        if known_x is None or not isinstance(n, int):
            return None
        is_known = self._published.race_kinds.get(row.where.race) in IS_KNOWN
        rest_x = _sum({known_x: 1.0}, {x: -1.0} if is_known else {})
        if row.measure.kind == "composition":
            return _Compared(code, rest_x, {n: 1.0})
        known_n = self._cells.get(row.measure.denominator or "", known)
        return None if known_n is None else _Compared(code, rest_x, _sum({known_n: 1.0}, {n: -1.0} if is_known else {}))

    def _geocoded_share(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        """The geocoded share of a group's records, for each count of the row of which it is true."""
        share = row.figures.get("geocoded_pct")
        if share is None:
            return
        for cell in dict.fromkeys(c for c in (x, n) if isinstance(c, int)):
            records = self._records(cell) or ""
            for kind in WHOLE_PLACES:
                city = row.where._replace(geography_type=kind, geography_vintage="current", geoid=row.jurisdiction)
                rest = city._replace(
                    geography_type=row.where.geography_type, geography_vintage="", geoid=f"{city.geoid}/{UNPLACED}"
                )
                whole, unplaced = self._cells.get(records, city), self._cells.get(records, rest)
                if whole is not None and unplaced is not None:
                    yield from _fraction({unplaced: 1.0}, whole, 1.0 - share / 100.0, PLACED)


def may_be(published: Published, label: str, race: str) -> bool:
    """Whether people under a combined label may belong to a group; where no seed lists its groups, to any other."""
    if label == race:
        return False
    return label not in published.members or race in published.members[label]


def _sum(*terms: Terms) -> Terms:
    total: Terms = {}
    for one in terms:
        for cell, value in one.items():
            total[cell] = total.get(cell, 0.0) + value
    return total


def _times(terms: Terms, factor: float) -> Terms:
    return {cell: factor * value for cell, value in terms.items()}


def _fraction(above: Terms, below: Terms | int | float | None, share: float, family: str) -> Iterator[Equation]:
    """above = share · below, where `below` is a cell, a sum of cells, or a public number; nothing where it is unknown."""
    if isinstance(below, float):
        yield Equation(above, share * below, family)
    elif isinstance(below, int):
        yield Equation(_sum(above, {below: -share}), 0.0, family, fraction_of=below)
    elif below is not None:
        yield Equation(_sum(above, _times(below, -share)), 0.0, family)
