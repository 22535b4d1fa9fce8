"""Collect everything that a reader knows: cells, sums, and figures of today's file and of every earlier one.

See `sum_equations` and `figure_equations` for single kinds of knowledge, and `audit` for the conclusions.

An earlier file may contain figures that have changed since. Its equations stay where today's figures fulfil them: a reader
who guesses that nothing changed is right there. Where they do not, they describe no figure of today (see
`release_differencing`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from expectations.disclosure.equations.cells import Cells, Equation
from expectations.disclosure.equations.denominators import denominator_at
from expectations.disclosure.equations.figure_equations import PLACED, FigureEquations
from expectations.disclosure.equations.sum_equations import (
    EXCLUSIVE,
    MONTHS,
    WHOLE_PLACES,
    add_complement,
    add_sum_of_records,
    add_sums,
    complement_of,
    equate_same_persons,
)
from expectations.disclosure.forbidden_disclosures import is_hidden
from expectations.disclosure.inputs.audit_inputs import STARRED, CellKey, MedianRecords, Published, Row
from expectations.disclosure.intervals.linear_system import TOLERANCE

THEMES = "engagement_theme"
INPUTS = "engagement_responses.inputs_count"


@dataclass
class AttackerModel:
    """The cells and the equations about them: `always` without reading, `now` from today's file, `before` from earlier ones.

    `figures`: makes the equations of rows, of an earlier day too.
    `contradictions`: equations of today's file or of the sums that the true figures do not fulfil. `stocks`: records of persons
    who stay from one snapshot to the next. `unexplained`: rows of today's file with a share of counts that no equation contains.
    """

    cells: Cells
    figures: FigureEquations
    always: list[Equation] = field(default_factory=list)
    now: list[Equation] = field(default_factory=list)
    before: list[Equation] = field(default_factory=list)
    contradictions: list[Equation] = field(default_factory=list)
    stocks: frozenset[str] = frozenset()
    unexplained: list[Row] = field(default_factory=list)

    def everything(self) -> list[Equation]:
        """The equations known today, each once: a file that repeats an earlier one adds nothing."""
        return [*self.always, *_distinct([*self.now, *self.before])]


def build_attacker_model(
    published: Published,
    figures: Iterable[Row],
    known: Mapping[tuple[str, CellKey], float] | None = None,
    medians: MedianRecords | None = None,
) -> AttackerModel:
    """What a reader of `published` knows. `figures`: all true rows of the same measures.

    `known`: the number of known race, where figures are of an earlier day and not all races were published. `medians`: the
    records behind medians.
    """
    medians, listed = medians or MedianRecords(), tuple(figures)
    truths = {(measure.records, where): count for (measure, where), count in medians.counts.items()} | dict(_true_counts(listed))
    cells = _cells(published, truths, frozenset(_not_collected(listed)))
    _enclosed_cells(cells, truths, {records for records, _ in known or {}})
    _enclosing_cells(cells, dict(published.subsets))
    equate_same_persons(cells, dict(published.subsets))
    add_sums(cells, truths, published.race_kinds, {**medians.known, **(known or {})})
    for whole, parts in published.sums:
        add_sum_of_records(cells, whole, parts)
    for records, universe in _subsets(published):
        add_complement(cells, records, universe)
    figure_equations = FigureEquations(cells, published)
    for row in published.rows:
        _bound_hidden_rows(cells, figure_equations, row)
    for row in (*published.rows, *published.ledger):
        figure_equations.add_word_bounds(row)
    _indices(cells, figure_equations, published)
    add_hiding_order(cells, published)
    model = AttackerModel(cells, figure_equations, stocks=published.stocks)
    model.unexplained = [row for row in published.rows if not figure_equations.explains_shares(row)]
    for equation in cells.equations:
        (model.always if cells.holds(equation) else model.contradictions).append(equation)
    for equation in _distinct(figure_equations.of_rows(published.rows)):
        if cells.holds(equation):
            model.now.append(equation)
        elif equation.family != PLACED:
            model.contradictions.append(equation)
    model.before = list(filter(cells.holds, _distinct(figure_equations.of_rows(published.ledger))))
    return model


def _subsets(published: Published) -> dict[tuple[str, str], int]:
    """Which records are among which others, with the threshold of the difference."""
    found: dict[tuple[str, str], int] = {}
    for measure in published.measures:
        # what a rate counts is not among what it is divided by
        if measure.denominator is not None and measure.kind != "rate":
            pair = (measure.numerator, measure.denominator)
            found[pair] = max(found.get(pair, 0), measure.threshold)
    thresholds = {records: measure.threshold for measure in published.measures for records in measure.counted}
    for records, universe in published.subsets:
        if records in thresholds and universe in thresholds:
            found.setdefault((records, universe), max(thresholds[records], thresholds[universe]))
    return found


def _true_counts(figures: Iterable[Row]) -> Iterator[tuple[tuple[str, CellKey], float]]:
    """The true counts, by records and place; NaN where the source hides them."""
    for row in figures:
        if row.method == "place_weighted" or row.measure.kind == "median":
            continue
        nothing = 0.0 if _counts_no_one(row) else math.nan if row.words.get("value_status") == STARRED else None
        numerator = row.figures.get("numerator", nothing)
        if numerator is not None:
            yield (row.measure.numerator, row.where), numerator
        denominator = row.figures.get("denominator", nothing)
        if denominator is not None and row.measure.kind != "composition" and row.measure.denominator is not None:
            yield (row.measure.denominator, row.where), denominator


def _counts_no_one(row: Row) -> bool:
    """No such category, or a sum over cells of which the source shows none: totals leave them out, too."""
    status = row.words.get("value_status")
    return status == "not_collected" or (status == STARRED and row.figures.get("place_coverage_pct") == 0.0)


def _not_collected(figures: Iterable[Row]) -> Iterator[tuple[str, CellKey]]:
    """The counts of categories for which the source does not ask: zero, as everybody knows, and about no person."""
    for row in figures:
        if _counts_no_one(row) and "numerator" not in row.figures:
            yield row.measure.numerator, row.where
            if row.measure.denominator is not None and "denominator" not in row.figures:
                yield row.measure.denominator, denominator_at(row.measure, row.where)


def _cells(
    published: Published, truths: Mapping[tuple[str, CellKey], float], absent: frozenset[tuple[str, CellKey]] = frozenset()
) -> Cells:
    thresholds: dict[str, int] = {}
    zeros = set()
    for measure in published.measures:
        for records in measure.counted:
            thresholds[records] = max(thresholds.get(records, 0), measure.threshold)
            if measure.hides_zeros:
                zeros.add(records)
    for (records, universe), threshold in _subsets(published).items():
        thresholds[complement_of(universe, records)] = threshold
        if zeros & {records, universe}:
            zeros.add(complement_of(universe, records))
    cells = Cells(thresholds, zeros)
    for row in (*published.rows, *published.ledger):
        is_median = row.measure.kind == "median"
        for name in _counts_of(row):
            if is_median and name not in truths:
                continue
            cell = cells.add(*name, truths.get(name, 0.0))
            is_unknown = published.race_kinds.get(name[1].race) in ("missing", "combined_legacy")
            if not is_median and (name in absent or (is_unknown and cells.truth[cell] == 0.0)):
                cells.public_zeros.add(cell)
    return cells


def _counts_of(row: Row) -> Iterator[tuple[str, CellKey]]:
    """The counts of a row: its numerator and denominator, or the records of a median."""
    measure = row.measure
    if row.method != "place_weighted":
        yield (measure.records if measure.kind == "median" else measure.numerator), row.where
        if measure.kind != "median" and measure.denominator is not None:
            yield measure.denominator, denominator_at(measure, row.where)


def _enclosed_cells(cells: Cells, truths: Mapping[tuple[str, CellKey], float], waiting: Collection[str]) -> None:
    """Add the cells that no row shows and three margins enclose: a race of a place in a year.

    The margins are the place in this year, its race in a longer period with this year in it, and the race in the whole city in
    this year. Records with `waiting` corrections have none: their margins are of another day.
    """
    published = {records: set(of_records) for records, of_records in cells.by_records.items()}
    spans: dict[tuple[str, CellKey], list[range]] = defaultdict(list)
    for records, of_records in published.items():
        for at in of_records:
            spans[records, _without_period(at)].append(_months(at))
    whole = {(records, _without_place(at)) for records, of in published.items() for at in of if at.geography_type in WHOLE_PLACES}
    for (records, at), truth in truths.items():
        if records in waiting or at.race == "all" or at.tabulation != EXCLUSIVE or at.geography_type in WHOLE_PLACES:
            continue
        shown, own = published.get(records, set()), _months(at)
        if at in shown or at._replace(race="all") not in shown or (records, _without_place(at)) not in whole or not own:
            continue
        longer = (span for span in spans[records, _without_period(at)] if len(own) < len(span))
        if any(own.start in span and own[-1] in span for span in longer):
            cells.add(records, at, truth)


def _enclosing_cells(cells: Cells, universes: Mapping[str, str]) -> None:
    """Add the whole place that only the universe of records has: suspensions of districts are among removals of the county."""
    for records, universe in universes.items():
        places: dict[CellKey, dict[CellKey, int]] = defaultdict(dict)
        for at, cell in cells.by_records.get(universe, {}).items():
            if at.geography_type in WHOLE_PLACES:
                places[_without_place(at)][at] = cell
        for where, members in list(cells.slices(records, geography_type="", geography_vintage="", geoid="")):
            if len(places[where]) != 1 or any(at.geography_type in WHOLE_PLACES for at in members):
                continue
            sums: dict[tuple[str, str], float] = defaultdict(float)
            for at, cell in members.items():
                sums[at.geography_type, at.geography_vintage] += cells.truth[cell]
            [(whole, among)] = places[where].items()
            if not max(sums.values()) > cells.truth[among] + TOLERANCE:  # else places inside reach beyond it
                cells.add(records, whole, max(sums.values()))


def _months(at: CellKey) -> range:
    """The months of the period, counted from year 0; none for a snapshot."""
    first = 12 * at.period_start.year + at.period_start.month
    return range(first, first + MONTHS.get(at.period_type, 0))


def _without_period(at: CellKey) -> CellKey:
    return at._replace(period_type="", period_start=dt.date.min)


def _without_place(at: CellKey) -> CellKey:
    return at._replace(geography_type="", geography_vintage="", geoid="")


def _bound_hidden_rows(cells: Cells, figure_equations: FigureEquations, row: Row) -> None:
    """Where zeros are shown, a hidden row is not zero: all its records, or its numerator if it counts nothing else."""
    if not is_hidden(row) or row.measure.hides_zeros or row.words.get("value_status") == STARRED:
        return
    if row.method != "individual" and not row.measure.has_denominator:
        return  # an aggregated count may be hidden with its row, and zero
    cell = (
        figure_equations.denominator(row.measure, row.where)
        if row.measure.kind == "proportion"
        else figure_equations.numerator(row.measure, row.where)
    )
    if isinstance(cell, int):
        cells.at_least(cell, 1.0)


def _indices(cells: Cells, figure_equations: FigureEquations, published: Published) -> None:
    """An index names the reliable groups and the others, also where its value is hidden."""
    for index in published.indices:
        for code in (*index.used, *index.left_out):
            cell = figure_equations.numerator(index.measure, index.where._replace(race=code))
            if cell is not None and code in index.used:
                cells.at_least(cell, index.measure.minimum_n)
            elif cell is not None:
                cells.at_most({cell: 1.0}, index.measure.minimum_n - 1.0, "indices")


def _distinct(equations: Iterable[Equation]) -> list[Equation]:
    distinct: dict[object, Equation] = {}
    for equation in equations:
        distinct.setdefault((frozenset(equation.terms.items()), equation.total), equation)
    return list(distinct.values())


def add_hiding_order(cells: Cells, published: Published) -> None:
    """Add the upper bounds that the order of hiding reveals: themes of engagement are hidden from the smallest on.

    A reader of the documentation knows the order. A hidden theme counts no more than the smallest theme that is shown, or fewer
    than the threshold. The suppressor of measures has no such order: it hides what costs readers least over all equations of a
    component.
    """
    smallest: dict[CellKey, float] = {}
    hidden: list[tuple[int, CellKey, int]] = []
    for row in published.rows:
        if row.measure.measure_id != INPUTS or row.where.stratum_type != THEMES:
            continue
        year = row.where._replace(stratum_code="")
        if not is_hidden(row) and "numerator" in row.figures:
            smallest[year] = min(smallest.get(year, float("inf")), row.figures["numerator"])
        elif (cell := cells.get(row.measure.numerator, row.where)) is not None:
            hidden.append((cell, year, row.measure.threshold))
    for cell, year, threshold in hidden:
        if year in smallest:
            cells.at_most({cell: 1.0}, max(smallest[year], threshold - 1.0), "hiding order")
