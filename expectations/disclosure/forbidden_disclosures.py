"""Find figures that must not be published at all: functions of hidden counts, and words about them.

This module checks row by row. See `figure_equations` and `feasibility_intervals` for what figures reveal together.

An interval, a ratio's interval or an index of a hidden count is not a linear function of it, and each can be solved for it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from expectations.disclosure.equations.figure_equations import may_be
from expectations.disclosure.equations.sum_equations import EXCLUSIVE, WHOLE_PLACES
from expectations.disclosure.inputs.audit_inputs import STARRED, SUPPRESSED, AuditedMeasure, CellKey, Index, Published, Row
from expectations.disclosure.intervals.linear_system import TOLERANCE

# The columns that a hidden row may fill in addition to its key; and a public denominator.
_WORDS_OF_HIDDEN = {"value_status", "reference_rule", "status_reason", "population_fit"}
_REASONS_OF_HIDDEN = {SUPPRESSED, STARRED}
_OF_REFERENCE = (
    "reference_value", "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "rate_difference", "rate_difference_ci_low",
    "rate_difference_ci_high",
)  # fmt: skip
_BOUNDS, _RATIO_BOUNDS = ("bound_low", "bound_high"), ("rate_ratio_bound_low", "rate_ratio_bound_high")
_LIMITS = ("ci_low", "ci_high", *(name for name in _OF_REFERENCE if "_ci_" in name))
_SNAPSHOT_DAYS = 45  # between two published snapshots, which are also of two quarters
_POOLED = ("3_year", "5_year")
_ABOUT_REFERENCE = {"reference_unreliable", "zero_events"}
# Kinds whose rows are counts of persons, or use them and show nothing else.
_COUNTED = {"proportion", "composition", "rate", "count", "median"}
_CHAINS = {"school": "school_district"}


class ForbiddenDisclosure(NamedTuple):
    """One forbidden figure or word, and its row."""

    what: str
    measure: AuditedMeasure
    where: CellKey


def forbidden_disclosures(
    published: Published,
    records: Mapping[tuple[AuditedMeasure, CellKey], float] | None = None,
    labelled: frozenset[tuple[AuditedMeasure, CellKey]] | None = None,
) -> Iterator[ForbiddenDisclosure]:
    """Everything forbidden in today's file. `records`: the true number of records of medians.

    `labelled`: where records have a combined label; without it they may have one anywhere.
    """
    rows = {(row.measure, row.where, row.method): row for row in published.rows}
    for row in published.rows:
        found = (_of_row(row), _of_reference(row, rows), _of_clusters(row), _of_bounds(row, rows, published, labelled))
        for what in chain(*found, _of_median(row, records or {})):
            yield ForbiddenDisclosure(what, row.measure, row.where)
    yield from _of_coverage(published.rows)
    yield from _of_pools(published.rows)
    yield from _of_snapshots(published)
    for index in published.indices:
        yield from _of_index(index, rows)
    yield from _of_goals(published)
    yield from _of_places(published.rows)
    for measure, where in published.compared:
        yield ForbiddenDisclosure("a comparison with other cities, for which the audit has no equation", measure, where)


def labelled_rows(published: Published, figures: Iterable[Row]) -> frozenset[tuple[AuditedMeasure, CellKey]]:
    """Places whose true figures include records with a combined label."""
    return frozenset(
        (row.measure, row.where)
        for row in figures
        if published.race_kinds.get(row.where.race) == "combined_legacy"
        and max(row.figures.get("numerator", 0.0), row.figures.get("denominator", 0.0)) > 0.0
    )


def is_hidden(row: Row) -> bool:
    """Whether the row hides its figures."""
    return row.status == SUPPRESSED


def _of_row(row: Row) -> Iterator[str]:
    """What must not be in a row, whatever the others show."""
    if row.measure.kind not in _COUNTED:
        yield f"a {row.measure.kind} of persons, for which the audit has no equation"
    if row.where.stratum_type == "adjustment" and not is_hidden(row):
        yield "an adjusted rate of persons, for which the audit has no equation"
    if row.method == "place_weighted":
        yield "a place-weighted value over places that are not audited"
    if not is_hidden(row):
        return
    public = {"denominator"} if row.measure.denominator is None else set()
    yield from (f"{name} of a hidden row" for name in sorted(set(row.figures) - public))
    yield from (f"{name} of a hidden row" for name in sorted(set(row.words) - _WORDS_OF_HIDDEN))
    if row.words.get("status_reason", SUPPRESSED) not in _REASONS_OF_HIDDEN:
        yield "status_reason of a hidden row"


def _of_clusters(row: Row) -> Iterator[str]:
    """Limits over clusters are quadratic functions of schools that no row shows: with two digits they fit many schools."""
    if "clustered" not in row.words.get("ci_method", ""):
        return
    for name in _LIMITS:
        limit = row.figures.get(name, 0.0)
        if abs(float(f"{limit:.1e}") - limit) > TOLERANCE * abs(limit):
            yield f"{name} over clusters with more than two digits"


def _of_median(row: Row, records: Mapping[tuple[AuditedMeasure, CellKey], float]) -> Iterator[str]:
    if row.measure.kind != "median" or "value" not in row.figures:
        return
    if row.measure.minimum_n < row.measure.threshold:
        yield "a median that may have fewer records than required"
    least = max(row.measure.minimum_n, row.measure.threshold)
    if row.words.get("reliability") == "unreliable" or records.get((row.measure, row.where), least) < least:
        yield "a median of too few records"


def _of_bounds(
    row: Row,
    rows: Mapping[tuple[AuditedMeasure, CellKey, str], Row],
    published: Published,
    labelled: frozenset[tuple[AuditedMeasure, CellKey]] | None,
) -> Iterator[str]:
    """Bounds of a ratio are a quotient, and no equation: they are allowed only where both of their bounds are published."""
    has_bounds = all(name in row.figures for name in _BOUNDS)
    if row.words.get("value_status") == "bounded":
        yield "bounds over hidden cells of a source that is not public"
    if "bound_source" in row.words and not has_bounds:
        yield "bound_source without bounds"
    if "is_significant_fdr" in row.words and "rate_ratio" not in row.figures:
        yield "is_significant_fdr without a ratio"
    if has_bounds:
        for label, kind in published.race_kinds.items():
            at = row.where._replace(race=label, tabulation=EXCLUSIVE)
            other = rows.get((row.measure, at, row.method))
            leaves_out = kind == "combined_legacy" and label != row.where.race and not may_be(published, label, row.where.race)
            is_there = labelled is None or (row.measure, at) in labelled
            if leaves_out and is_there and (other is None or is_hidden(other)):
                yield "bounds that leave out a hidden label"
    if not any(name in row.figures for name in _RATIO_BOUNDS):
        return
    code = row.words.get("reference_code")
    compared = rows.get((row.measure, row.where._replace(race=code or ""), row.method))
    of_rest = code == "rest" and "known_race_pct" in row.figures
    of_group = compared is not None and (
        all(name in compared.figures for name in _BOUNDS) or (code == "all" and "value" in compared.figures)
    )
    if not has_bounds or not (of_rest or of_group):
        yield "bounds of a ratio without the bounds from which they are made"


def _of_coverage(rows: Iterable[Row]) -> Iterator[ForbiddenDisclosure]:
    """The coverage of a period is one figure per source; one that differed by group would reveal something about the groups."""
    found: dict[tuple[object, ...], float] = {}
    for row in rows:
        if "period_coverage_pct" in row.figures:
            period = (row.measure, row.where.period_type, row.where.period_start)
            if abs(found.setdefault(period, row.figures["period_coverage_pct"]) - row.figures["period_coverage_pct"]) > TOLERANCE:
                yield ForbiddenDisclosure("period_coverage_pct of a group or place", row.measure, row.where)


def _of_pools(rows: Iterable[Row]) -> Iterator[ForbiddenDisclosure]:
    """Pooled periods of two lengths overlap, and their difference is a period that no row shows."""
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        if row.where.period_type in _POOLED:
            kind = (row.measure.numerator, row.where.geography_type)
            if found.setdefault(kind, row.where.period_type) != row.where.period_type:
                yield ForbiddenDisclosure("pooled periods that overlap", row.measure, row.where)


def _of_snapshots(published: Published) -> Iterator[ForbiddenDisclosure]:
    """Two snapshots of a stock that are weeks apart differ by few persons; published ones stay."""
    before, now = _snapshots_of(published, published.ledger), _snapshots_of(published, published.rows)
    for kind, dated in now.items():
        for start, row in dated.items():
            near = any(other != start and _are_near(start, other) for other in {*before[kind], *dated})
            if start not in before[kind] and near:
                yield ForbiddenDisclosure("a snapshot too near to another", row.measure, row.where)


def _snapshots_of(published: Published, rows: Iterable[Row]) -> dict[tuple[str, ...], dict[dt.date, Row]]:
    """A row of each snapshot of stocks, by measure, city, and kind of place and stratum."""
    found: dict[tuple[str, ...], dict[dt.date, Row]] = defaultdict(dict)
    for row in rows:
        at = row.where
        if at.period_type == "snapshot" and published.stocks & set(row.measure.counted):
            kind = (row.measure.measure_id, row.jurisdiction, at.geography_type, at.stratum_type)
            found[kind].setdefault(at.period_start, row)
    return found


def _are_near(one: dt.date, other: dt.date) -> bool:
    same_quarter = (one.year, (one.month - 1) // 3) == (other.year, (other.month - 1) // 3)
    return same_quarter or abs((one - other).days) < _SNAPSHOT_DAYS


def _of_reference(row: Row, rows: Mapping[tuple[AuditedMeasure, CellKey, str], Row]) -> Iterator[str]:
    code = row.words.get("reference_code")
    if code is None or is_hidden(row):
        return
    at = row.where if code == "rest" else row.where._replace(race=code)
    used = rows.get((row.measure, at, row.method))
    if code != "rest" and (used is None or is_hidden(used)):
        yield from (f"{name} with a hidden reference" for name in _OF_REFERENCE if name in row.figures)
        if row.words.get("status_reason") in _ABOUT_REFERENCE:
            yield "status_reason about a hidden reference"
    if code == "rest" and "known_race_pct" not in row.figures:
        yield from (f"{name} with a reference of unknown size" for name in _OF_REFERENCE if name in row.figures)


def _of_index(index: Index, rows: Mapping[tuple[AuditedMeasure, CellKey, str], Row]) -> Iterator[ForbiddenDisclosure]:
    if not index.is_shown:
        return
    for code in index.used:
        used = rows.get((index.measure, index.where._replace(race=code), index.method))
        if used is None or is_hidden(used) or "value" not in used.figures:
            yield ForbiddenDisclosure("an index over a hidden row", index.measure, index.where)
            return
    if index.index_id.startswith("dissimilarity"):
        yield ForbiddenDisclosure("an index over places that are not published", index.measure, index.where)


def _of_goals(published: Published) -> Iterator[ForbiddenDisclosure]:
    shown = {(row.measure, row.where) for row in published.rows if not is_hidden(row)}
    for measure, where, is_shown in published.goals:
        if is_shown and (measure, where) not in shown:
            yield ForbiddenDisclosure("a goal over a hidden row", measure, where)


def _of_places(rows: Iterable[Row]) -> Iterator[ForbiddenDisclosure]:
    """Two kinds of place that cross have intersections that no row shows; those of a chain are nested."""
    kinds: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.where.geography_type not in WHOLE_PLACES:
            kinds.setdefault(row.measure.numerator, {}).setdefault(row.where.geography_type, row)
    for found in kinds.values():
        crossing = sorted(kind for kind in found if _CHAINS.get(kind) not in found)
        if len(crossing) > 1:
            yield ForbiddenDisclosure(
                f"places that cross ({', '.join(crossing)})", found[crossing[0]].measure, found[crossing[0]].where
            )
