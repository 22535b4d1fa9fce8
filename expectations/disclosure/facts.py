"""What each published figure tells of the counts behind it, as equations.

Here: numerators, denominators, values, known shares, bounds, references, ratios, differences, shares placed on a map, and what
words such as `reliable` tell. Not here: sums between rows (`relations`), figures that must not be out at all (`refusals`).

Every figure out of two counts is linear in them, for the figure itself is a number: value = factor · x / n says x − (value /
factor) · n = 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from expectations.disclosure.cells import KNOWN, UNKNOWN, UNPLACED, Cells, Equation, Terms
from expectations.disclosure.reading import Measure, Published, Row, Where
from expectations.disclosure.relations import EXCLUSIVE, IS_KNOWN, WHOLE_PLACES

# A share counts as reliable from this share of known race on, and is compared from the second on (rules of the house, 3).
RELIABLY_KNOWN, COMPARABLY_KNOWN = 0.9, 0.7
PLACED = "placed shares"  # the family whose equations are guesses: of which counts a placed share is, no file says
BEST_HOLDS = 0.05  # of the denominator, at least, holds the group that others are compared with


class Facts:
    """The facts of rows about `cells`; `race_kinds` and populations are public."""

    def __init__(self, cells: Cells, published: Published) -> None:
        self._cells, self._published = cells, published
        self._universe = dict(published.subsets)
        self._denominators = _public_denominators(published)

    def numerator(self, measure: Measure, where: Where) -> int | None:
        """The cell of a row's numerator, or of the records that a median rests on."""
        return self._cells.get(measure.records if measure.kind == "median" else measure.numerator, where)

    def denominator(self, measure: Measure, where: Where) -> int | float | None:
        """The cell of a row's denominator, or its number where that is public; None if it has none, or nobody knows it."""
        if measure.denominator is None:
            return self._denominators.get((measure, where)) if measure.kind == "rate" else None
        return self._cells.get(measure.denominator, denominator_at(measure, where))

    def of(self, row: Row) -> Iterator[Equation]:
        """The equations that the figures of a row are."""
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
            own = (x, n) if measure.kind == "proportion" else (x,)
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
        yield from self._placed(row, x, n)

    def words(self, row: Row) -> None:
        """Add what the words of a row tell: at least so many, at least such a share."""
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
        """The best group is chosen among the reliable that are large enough, in the whole city and for the year."""
        cells = self._cells
        for at in self._city_and_year(row, code):
            x, n = self.numerator(row.measure, at), self.denominator(row.measure, at)
            if x is not None:
                cells.at_least(x, row.measure.minimum_n)
            whole = self.denominator(row.measure, at._replace(race="all"))
            if row.measure.kind == "proportion" and isinstance(n, int) and isinstance(whole, int):
                cells.at_most({whole: BEST_HOLDS, n: -1.0}, 0.0, "words")

    def _city_and_year(self, row: Row, code: str) -> Iterator[Where]:
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
        """All of unknown race had it and belong to the group, or none of them (rules of the house, 3)."""
        measure, cells = row.measure, self._cells
        at = row.where._replace(race=UNKNOWN, tabulation=EXCLUSIVE)
        unknown_x = cells.get(measure.numerator, at)
        low, high = (row.figures.get(name) for name in ("bound_low", "bound_high"))
        if unknown_x is None or n is None or low is None or high is None:
            return
        low, high = low / measure.factor, high / measure.factor
        # a combined legacy label is unknown to the categories and known to itself
        own = self._published.race_kinds.get(row.where.race) == "combined_legacy"
        others_x = _sum({unknown_x: 1.0}, {x: -1.0} if own else {})
        if measure.kind != "proportion" or not isinstance(n, int):
            yield from _fraction({x: 1.0}, n, low, "bounds")
            yield from _fraction(_sum({x: 1.0}, others_x), n, high, "bounds")
            return
        unknown_n = cells.get(measure.denominator or "", at)
        if unknown_n is not None:
            others_n = _sum({unknown_n: 1.0}, {n: -1.0} if own else {})
            without = _sum({n: 1.0}, others_n, _times(others_x, -1.0))
            yield Equation(_sum({x: 1.0}, _times(without, -low)), 0.0, "bounds")
            yield Equation(_sum({x: 1.0}, others_x, _times(_sum({n: 1.0}, others_x), -high)), 0.0, "bounds")

    def _comparisons(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        """A reference, a ratio and a difference tell the value of the group compared with, or of the row by that group."""
        figures, factor = row.figures, row.measure.factor
        other = self._reference(row, x, n)
        if other is None:
            return
        other_x, other_n = other
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

    def _reference(self, row: Row, x: int, n: int | float | None) -> tuple[Terms, Terms | float] | None:
        code = row.words.get("reference_code")
        if code is None:
            return None
        if code != "rest":
            at = row.where._replace(race=code)
            other_x, other_n = self.numerator(row.measure, at), self.denominator(row.measure, at)
            if other_x is None or other_n is None:
                return None
            return {other_x: 1.0}, {other_n: 1.0} if isinstance(other_n, int) else other_n
        known = row.where._replace(race=KNOWN, tabulation=EXCLUSIVE)
        known_x = self._cells.get(row.measure.numerator, known)
        if known_x is None or not isinstance(n, int):
            return None
        rest_x = _sum({known_x: 1.0}, {x: -1.0})
        if row.measure.kind == "composition":
            return rest_x, {n: 1.0}
        known_n = self._cells.get(row.measure.denominator or "", known)
        return None if known_n is None else (rest_x, _sum({known_n: 1.0}, {n: -1.0}))

    def _placed(self, row: Row, x: int, n: int | float | None) -> Iterator[Equation]:
        """The share of a group's records that a map places; of which of a row's counts, those it is true of decide."""
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


def denominator_at(measure: Measure, where: Where) -> Where:
    """Where the denominator of a row is counted: of a composition, over all races."""
    return where._replace(race="all", tabulation=EXCLUSIVE) if measure.kind == "composition" else where


def _public_denominators(published: Published) -> Mapping[tuple[Measure, Where], float]:
    """Residents and addresses by row; where a row does not show them, those of the same people in another, or of the census."""
    told: dict[tuple[Measure, Where], float] = {}
    elsewhere: dict[tuple[Measure, Where], float] = {}
    rows = [row for row in (*published.ledger, *published.rows) if row.measure.kind == "rate" and row.measure.denominator is None]
    for row in rows:
        if "denominator" in row.figures:
            told[row.measure, row.where] = row.figures["denominator"]
            elsewhere[row.measure, _whenever(row.where)] = row.figures["denominator"]
    for row in rows:
        at, measure = row.where, row.measure
        census = (
            measure.population_scheme or "", measure.age_universe or "total", at.geography_type, at.geography_vintage, at.geoid,
            at.race_standard, at.race,
        )  # fmt: skip
        found = elsewhere.get((measure, _whenever(at)), published.populations.get(census))
        if found is not None:
            told.setdefault((measure, at), found)
    return told


def _whenever(where: Where) -> Where:
    return where._replace(period_start=dt.date.min)


def _sum(*terms: Terms) -> Terms:
    total: Terms = {}
    for one in terms:
        for cell, value in one.items():
            total[cell] = total.get(cell, 0.0) + value
    return total


def _times(terms: Terms, factor: float) -> Terms:
    return {cell: factor * value for cell, value in terms.items()}


def _fraction(above: Terms, below: Terms | int | float | None, share: float, family: str) -> Iterator[Equation]:
    """above = share · below, where `below` is a cell, a sum of cells, or a public number; nothing where nobody knows it."""
    if isinstance(below, float):
        yield Equation(above, share * below, family)
    elif isinstance(below, int):
        yield Equation(_sum(above, {below: -share}), 0.0, family, fraction_of=below)
    elif below is not None:
        yield Equation(_sum(above, _times(below, -share)), 0.0, family)
