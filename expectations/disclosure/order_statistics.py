"""Check published medians of persons, and their limits, against the records that they are one of.

A median or limit is an order statistic: the amount of one or two persons. It may be published only as a point of a grid (seed
`order_statistics`), and only where many records of the same place, period and stratum, of several races, are rounded to that
point. This module counts them in the facts by itself. What is compared must follow from the points that the file shows. Figures
that earlier releases published with the same points are not counted again: readers have them, whichever records left since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from expectations.disclosure.forbidden_disclosures import ForbiddenDisclosure
from expectations.disclosure.inputs.audit_inputs import GRAIN, AuditedMeasure, CellKey
from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import identifier, named_rows, queries

LEAST_RACES = 2  # of the records of a bin (measure_rules, least_bin_races)
_WHOLE = ("city", "county", "state")
_POINTS = ("value", "ci_low", "ci_high")
Grid = Mapping[str, Any]  # a row of the seed; `strata`: the column of each type of stratum


def forbidden_order_statistics(reader: AuditReader) -> Iterator[ForbiddenDisclosure]:
    """Every median of persons in the public file that is exact, alone in its bin, or compared by other figures."""
    medians = {key: measure for key, measure in reader.confidential.items() if measure.kind == "median"}
    grids = _grids(reader)
    for (measure_id, version), measure in sorted(medians.items()):
        grid = grids.get(measure_id)
        width = grid["grid"] if grid else 1.0
        sql = queries(
            Path(__file__).with_suffix(".sql.jinja"), keys=[*GRAIN], points=[*_POINTS], published=reader.relations.published,
            marts=reader.relations.marts, measure_id=measure_id, version=version, grid=width,
        )  # fmt: skip
        if grid is None:
            for row in reader.fetch(sql.shown()):
                yield ForbiddenDisclosure("a median of persons without a grid", measure, CellKey.of_row(row))
            continue
        for *row, what in reader.fetch(sql.unfounded()):
            yield ForbiddenDisclosure(what, measure, CellKey.of_row(row))
        for at, what in _repeated_elsewhere(reader, sql):
            yield ForbiddenDisclosure(what, measure, at)
        yield from _in_small_bins(reader, sql, measure, grid)


def _grids(reader: AuditReader) -> dict[str, Grid]:
    """The rows of the seed, by measure."""
    seed = f"{reader.relations.reference}.order_statistics"
    rows = named_rows(reader.con.execute(f"from {seed}")) if reader.has(seed) else ()
    return {
        row["measure_id"]: {
            **row,
            "grid": float(row["grid"]),
            "strata": dict(pair.split(":", 1) for pair in (row["strata"] or "").split("|") if pair),
        }
        for row in rows
    }


def _repeated_elsewhere(reader: AuditReader, sql: Any) -> Iterator[tuple[CellKey, str]]:
    """Values of goals and of the history that are no point of the grid."""
    public = reader.relations.published
    nowhere = CellKey._make(("", "", "", "", "", "", "all", "", "all", "all"))
    if reader.has(f"{public}.goal_progress") and reader.has(f"{public}.goals"):
        for (goal,) in reader.fetch(sql.goals()):
            yield nowhere, f"a value of goal {goal} that is no point of the grid"
    for history, name in ((f"{public}.as_reported_history", "first_value"), (f"{public}.as_reported_editions", "edition_value")):
        for row in reader.fetch(sql.earlier(history, name)) if reader.has(history) else ():
            yield CellKey.of_row(row), "an earlier value that is no point of the grid"


def _in_small_bins(reader: AuditReader, sql: Any, measure: AuditedMeasure, grid: Grid) -> Iterator[ForbiddenDisclosure]:
    """Points that fewer records share than the threshold, or records of one race."""
    rows = sql.new(reader.states)
    kinds = sorted({kind for (kind,) in reader.fetch(f"select distinct geography_type from ({rows})")} - {*_WHOLE})
    strata = {kind for (kind,) in reader.fetch(f"select distinct stratum_type from ({rows})")} - {"all"}
    if problem := _why_not_found(reader, grid, kinds, strata):
        shown = reader.fetch(f"select {', '.join(GRAIN)} from ({rows}) where coalesce({', '.join(_POINTS)}) is not null")
        yield from (ForbiddenDisclosure(problem, measure, CellKey.of_row(row)) for row in shown)
        return
    columns = {kind: grid["strata"][kind] for kind in sorted(strata)}
    for row in reader.fetch(sql.bins(rows, grid, kinds, columns)):
        found: Sequence[int] = row[len(GRAIN) :]
        for at, name in enumerate(_POINTS):
            is_shown, number, races = found[3 * at : 3 * at + 3]
            if is_shown and (number < measure.threshold or races < LEAST_RACES):
                yield ForbiddenDisclosure(f"{name} that few records share, or records of one race", measure, CellKey.of_row(row))


def _why_not_found(reader: AuditReader, grid: Grid, kinds: Sequence[str], strata: set[str]) -> str | None:
    """Why the records of a median cannot be found: a fact is missing, or a column of it."""
    places = (f"{kind}_geoid" for kind in kinds)
    needed = {
        grid["fact"]: {grid["amount"], "occurred_on", "jurisdiction", "race_ethnicity_code", *places, *grid["strata"].values()}
    }
    if grid["end_fact"]:
        needed[grid["end_fact"]] = {grid["end_column"], grid["joined_by"]}
    for fact, names in needed.items():
        if not reader.has(f"{reader.relations.marts}.{fact}"):
            return "a median of persons whose fact of order_statistics is missing"
        if missing := sorted(names - reader.columns_of(f"{reader.relations.marts}.{identifier(fact)}")):
            return f"a median of persons over a column that {fact} lacks: {', '.join(missing)}"
    if strata - grid["strata"].keys():
        return "a median of persons of a stratum whose column no row of order_statistics names"
    return None
