"""Check published medians of persons, and their limits, against the records that they are one of.

A median or limit is an order statistic: the amount of one or two persons. It may be published only as a point of a grid (seed
`order_statistics`), and only where many records of the same place, period and stratum, of several races, are rounded to that
point. This module counts them in the facts by itself. What is compared must follow from the points that the file shows. Figures
that earlier releases published with the same points are not counted again: readers have them, whichever records left since.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from expectations.disclosure.forbidden_disclosures import ForbiddenDisclosure
from expectations.disclosure.inputs.audit_inputs import FIGURES, GRAIN, AuditedMeasure, CellKey
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import identifier, literal

LEAST_RACES = 2  # of the records of a bin (measure_rules, least_bin_races)
_WHOLE = ("city", "county", "state")
_POINTS = ("value", "ci_low", "ci_high")
_SHOWN = (*_POINTS, *(name for name in FIGURES if name.startswith(("reference_value", "rate_ratio", "rate_difference"))))
_CLOSE = 1e-9


class Grid(NamedTuple):
    """A row of the seed: the distance of two points, and the records. `strata`: the column of each type of stratum."""

    width: float
    fact: str
    amount: str
    end: tuple[str, str, str] | None
    strata: Mapping[str, str]


Figures = dict[str, float]
Shown = dict[tuple[AuditedMeasure, CellKey], tuple[str | None, Figures]]


def forbidden_order_statistics(reader: AuditReader) -> Iterator[ForbiddenDisclosure]:
    """Every median of persons in the public file that is exact, alone in its bin, or compared by other figures."""
    medians = {key: measure for key, measure in reader.confidential.items() if measure.kind == "median"}
    grids = _grids(reader)
    for version, measure in sorted(medians.items()):
        shown = _shown(reader, version, measure)
        grid = grids.get(measure.measure_id)
        if grid is None:
            yield from (ForbiddenDisclosure("a median of persons without a grid", measure, at) for _, at in shown)
            continue
        for (_, at), (code, figures) in shown.items():
            reference = shown.get((measure, at._replace(race=code)), (None, {}))[1] if code else {}
            for what in (*_off_grid(figures, grid.width), *_not_followed(figures, reference)):
                yield ForbiddenDisclosure(what, measure, at)
        for at, what in _repeated_elsewhere(reader, measure, grid.width):
            yield ForbiddenDisclosure(what, measure, at)
        yield from _in_small_bins(reader, version, measure, grid)


def _grids(reader: AuditReader) -> dict[str, Grid]:
    seed = f"{reader.relations.reference}.order_statistics"
    if not reader.has(seed):
        return {}
    rows = reader.fetch(f"select measure_id, grid, fact, amount, end_fact, end_column, joined_by, strata from {seed}")
    return {
        measure_id: Grid(
            float(width),
            fact,
            amount,
            (end_fact, end_column, joined_by) if end_fact else None,
            dict(pair.split(":", 1) for pair in (strata or "").split("|") if pair),
        )
        for measure_id, width, fact, amount, end_fact, end_column, joined_by, strata in rows
    }


def _shown(reader: AuditReader, version: tuple[str, int], measure: AuditedMeasure) -> Shown:
    table = f"{reader.relations.published}.equity_measures"
    present = reader.columns_of(table)
    names = [name if name in present else f"null as {name}" for name in ("reference_code", *_SHOWN)]
    query = (
        f"select {', '.join((*GRAIN, *names))} from {table} where measure_id = {literal(version[0])} and "
        f"measure_version = {version[1]} and coalesce({', '.join(n for n in _SHOWN if n in present)}) is not null order by all"
    )
    found: Shown = {}
    for row in reader.fetch(query):
        code, *values = row[len(GRAIN) :]
        figures = {name: float(value) for name, value in zip(_SHOWN, values, strict=True) if value is not None}
        found[measure, CellKey.of_row(row)] = (code, figures)
    return found


def _off_grid(figures: Figures, width: float) -> Iterator[str]:
    for name in (*_POINTS, "reference_value"):
        steps = figures.get(name, 0.0) / width
        if abs(steps - round(steps)) > _CLOSE:
            yield f"{name} that is no point of the grid"


def _not_followed(figures: Figures, reference: Figures) -> Iterator[str]:
    """Comparisons that are another function than that of the figures shown (docs/methods.md, Comparisons)."""
    expected = _comparisons(figures, reference)
    for name, value in figures.items():
        if name.startswith("rate_") and not math.isclose(value, expected.get(name, math.inf), rel_tol=1e-6, abs_tol=1e-6):
            yield f"{name} that does not follow from the rounded figures"


def _comparisons(of: Figures, reference: Figures) -> Figures:
    if "value" not in of or not of.get("reference_value") or reference.get("value") != of["reference_value"]:
        return {}
    value, other = of["value"], of["reference_value"]
    found = {"rate_ratio": value / other, "rate_difference": value - other}
    if not all(name in figures for figures in (of, reference) for name in ("ci_low", "ci_high")):
        return found
    (low, high), (other_low, other_high) = ((figures["ci_low"], figures["ci_high"]) for figures in (of, reference))
    found["rate_difference_ci_low"] = value - other - math.hypot(value - low, other_high - other)
    found["rate_difference_ci_high"] = value - other + math.hypot(high - value, other - other_low)
    if low > 0 and other_low > 0:
        error = math.hypot(math.log(high / low), math.log(other_high / other_low)) / 2
        found |= {f"rate_ratio_ci_{end}": value / other * math.exp(sign * error) for end, sign in (("low", -1), ("high", 1))}
    return found


def _repeated_elsewhere(reader: AuditReader, measure: AuditedMeasure, width: float) -> Iterator[tuple[CellKey, str]]:
    """Values of goals and of the history that are no point of the grid."""
    public = reader.relations.published
    progress, goals = (f"{public}.{name}" for name in ("goal_progress", "goals"))
    nowhere = CellKey._make(("", "", "", "", "", "", "all", "", "all", "all"))
    if reader.has(progress) and reader.has(goals):
        figures = [name for name in ("value", "comparison_value") if name in reader.columns_of(progress)]
        exact = " or ".join(f"progress.{name} / {width} <> round(progress.{name} / {width})" for name in figures) or "false"
        query = (
            f"select progress.goal_id from {progress} as progress inner join {goals} using (goal_id) where goals.measure_id = "
        )
        for (goal,) in reader.fetch(f"{query}{literal(measure.measure_id)} and ({exact})"):
            yield nowhere, f"a value of goal {goal} that is no point of the grid"
    for history, name in ((f"{public}.as_reported_history", "first_value"), (f"{public}.as_reported_editions", "edition_value")):
        if not reader.has(history):
            continue
        query = f"select {', '.join(GRAIN)} from {history} where measure_id = {literal(measure.measure_id)}"
        for row in reader.fetch(f"{query} and {name} / {width} <> round({name} / {width})"):
            yield CellKey.of_row(row), "an earlier value that is no point of the grid"


def _in_small_bins(
    reader: AuditReader, version: tuple[str, int], measure: AuditedMeasure, grid: Grid
) -> Iterator[ForbiddenDisclosure]:
    """Points that fewer records share than the threshold, or records of one race."""
    table = f"{reader.relations.published}.equity_measures"
    shown = f"from {table} where measure_id = {literal(version[0])} and measure_version = {version[1]}"
    if reader.states is not None:
        same = " and ".join(f"before.{name} is not distinct from {table}.{name}" for name in (*GRAIN, *_POINTS))
        shown += f" and not exists (select 1 from {reader.states} as before where {same})"
    try:
        records, is_of_row = _records(reader, grid, shown)
    except LookupError as problem:
        rows = reader.fetch(f"select {', '.join(GRAIN)} from ({shown}) where coalesce({', '.join(_POINTS)}) is not null")
        yield from (ForbiddenDisclosure(str(problem), measure, CellKey.of_row(row)) for row in rows)
        return
    is_in = {
        "value": f"amount >= shown.value - {grid.width} / 2 and amount < shown.value + {grid.width} / 2",
        "ci_low": f"amount >= shown.ci_low and amount < shown.ci_low + {grid.width}",
        "ci_high": f"amount > shown.ci_high - {grid.width} and amount <= shown.ci_high",
    }
    grain = ", ".join(f"shown.{name}" for name in GRAIN)
    counts = ", ".join(
        f"any_value(shown.{name}) is not null, count(*) filter ({inside}), count(distinct known_race) filter ({inside})"
        for name, inside in is_in.items()
    )
    query = (
        f"select {grain}, {counts} from ({shown}) as shown left join ({records}) as records on {is_of_row} "
        f"group by {grain} order by all"
    )
    for row in reader.fetch(query):
        found: Sequence[int] = row[len(GRAIN) :]
        for at, name in enumerate(is_in):
            is_shown, number, races = found[3 * at : 3 * at + 3]
            if is_shown and (number < measure.threshold or races < LEAST_RACES):
                yield ForbiddenDisclosure(f"{name} that few records share, or records of one race", measure, CellKey.of_row(row))


def _records(reader: AuditReader, grid: Grid, shown: str) -> tuple[str, str]:
    """SQL of the records with amount and known_race, and of the condition that a record is of the place of a row `shown`."""
    fact = f"{reader.relations.marts}.{identifier(grid.fact)}"
    columns = _columns(reader, grid.fact)
    _require(columns, grid.fact, grid.amount, "occurred_on", "jurisdiction", "race_ethnicity_code", *grid.strata.values())
    amount, joined = f"facts.{identifier(grid.amount)}", ""
    if grid.end is not None:
        end_fact, end_column, key = grid.end
        _require(_columns(reader, end_fact), end_fact, end_column, key)
        amount = f"greatest(date_diff('day', {amount}, ends.{identifier(end_column)}), 0)"
        joined = f"inner join {reader.relations.marts}.{identifier(end_fact)} as ends using ({identifier(key)})"
    races = f"{reader.relations.marts}.dim_race_ethnicity"
    records = (
        f"select facts.*, cast({amount} as double) as amount, case when races.kind in ('category', 'combination') "
        "or races.race_ethnicity_code = 'other_groups_combined' then races.race_ethnicity_code end as known_race "
        f"from {fact} as facts {joined} left join {races} as races on facts.race_ethnicity_code = races.race_ethnicity_code"
    )
    kinds = {kind for (kind,) in reader.fetch(f"select distinct geography_type from ({shown})")} - {*_WHOLE}
    of_strata = {kind for (kind,) in reader.fetch(f"select distinct stratum_type from ({shown})")} - {"all"}
    _require(columns, grid.fact, *(f"{kind}_geoid" for kind in kinds))
    if of_strata - grid.strata.keys():
        raise LookupError("a median of persons of a stratum whose column no row of order_statistics names")
    places = " ".join(f"when {literal(kind)} then records.{identifier(f'{kind}_geoid')} = shown.geoid" for kind in sorted(kinds))
    strata = " ".join(
        f"when {literal(kind)} then records.{identifier(grid.strata[kind])} = shown.stratum_code" for kind in sorted(of_strata)
    )
    return records, (
        "records.occurred_on between shown.period_start and shown.period_end "
        f"and case shown.geography_type {places} when '' then false else records.jurisdiction = shown.geoid end "
        f"and case shown.stratum_type {strata} when '' then false else true end"
    )


def _columns(reader: AuditReader, fact: str) -> set[str]:
    if not reader.has(f"{reader.relations.marts}.{fact}"):
        raise LookupError("a median of persons whose fact of order_statistics is missing")
    return reader.columns_of(f"{reader.relations.marts}.{identifier(fact)}")


def _require(columns: set[str], fact: str, *names: str) -> None:
    if missing := sorted({*names} - columns):
        raise LookupError(f"a median of persons over a column that {fact} lacks: {', '.join(missing)}")
