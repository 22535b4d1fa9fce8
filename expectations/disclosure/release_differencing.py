"""Find what two releases reveal together: a small change of a figure, or a change around a removal of records.

A small change reveals the few persons who caused it. `small_changes` compares every published state of the rows with today's, and
derives differences that no row shows: two corrections of many persons each may leave a figure one person from the first. A
difference is a cell like any other: differences of parts sum to that of their whole. Nothing is assumed about figures that no
reader knew on one of the two days, so a difference is either known exactly or not at all.

Figures of persons stay as reported until a revision, so after a removal every public row about them is the same as before.
`rows_changed_around_removals` compares where nothing else can have changed a row: same code, same seeds, no new load of the
source, no slice of the measure that this run reports or revises. See `audit` for what files reveal about today's figures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from expectations.disclosure.equations.attacker_model import AttackerModel
from expectations.disclosure.equations.cells import Equation
from expectations.disclosure.inputs.audit_inputs import CellKey, Published, Row
from expectations.disclosure.inputs.reader import AuditReader
from expectations.disclosure.intervals.bound_propagation import Bounds, propagate
from expectations.disclosure.intervals.feasibility_intervals import intervals
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags, Floats, System
from warehouse.sql import literal, quoted

# Rows about a measure, by the table that names it.
_OF_MEASURES = (
    "equity_measures", "scorecard", "disparity_indices", "peer_comparison", "gap_trends", "as_reported_history", "goal_progress",
)  # fmt: skip
_OF_RESPONSES = "engagement_responses"


def small_changes(model: AttackerModel, published: Published) -> Iterator[tuple[str, CellKey]]:
    """The counts of today that differ from any published state by less than the threshold, and not by zero.

    A count that is what it was in the last release is not among them: that release revealed its changes already.
    """
    *earlier, last = _states(published) or [[]]
    now = _known(model, model.now)
    least, most = _changes(model, last, now)
    has_moved = (np.abs(least) > TOLERANCE) | (np.abs(most) > TOLERANCE)
    if not has_moved.any():
        return
    found = _are_small(model, least, most)
    for state in earlier:
        found |= has_moved & _are_small(model, *_changes(model, state, now))
    yield from model.cells.named(np.flatnonzero(found).tolist())


def _are_small(model: AttackerModel, least: Floats, most: Floats) -> Flags:
    """Changes that are surely not zero, and surely smaller than the threshold."""
    surely, at_most = np.minimum(np.abs(least), np.abs(most)), np.maximum(np.abs(least), np.abs(most))
    return np.asarray(
        (np.sign(least) == np.sign(most)) & (surely > TOLERANCE * 10) & (at_most < np.array(model.cells.threshold) - TOLERANCE)
    )


def _changes(model: AttackerModel, state: Iterable[Row], now: Bounds) -> tuple[Floats, Floats]:
    """The smallest and largest change of each cell since a state; zero for all where the state shows no change."""
    nothing = np.zeros(len(model.cells))
    then_shown = list(model.figures.of_rows(state))
    if not then_shown:
        return nothing, nothing
    then = _known(model, then_shown)
    both = then.known & now.known
    change = (now.lower[both] + now.upper[both] - then.lower[both] - then.upper[both]) / 2
    if not (np.abs(change) > TOLERANCE).any():
        return nothing, nothing
    least, most = np.full(len(model.cells), -np.inf), np.full(len(model.cells), np.inf)
    least[both] = most[both] = change
    differences = System.of(
        least.tolist(),
        most.tolist(),
        [(equation.terms, 0.0) for equation in model.always if equation.total == 0.0],
        np.where(np.array(model.cells.threshold) > 0, np.inf, np.nan).tolist(),
    )
    answer = intervals(differences)
    return np.where(answer.contradicted, 0.0, answer.lower), np.where(answer.contradicted, 0.0, answer.upper)


def _states(published: Published) -> list[list[Row]]:
    """Every state of the published rows: before each release that changes a figure, and after the last; oldest first."""
    states: list[list[Row]] = []
    current: dict[object, Row] = {}
    changed_in: str | None = None
    for row in published.ledger:
        key = (row.measure, row.where, row.method)
        before = current.get(key)
        if before is not None and before.figures != row.figures and row.release and row.release != changed_in:
            states.append(list(current.values()))
            changed_in = row.release
        current[key] = row
    return [*states, list(current.values())] if current else []


def _known(model: AttackerModel, equations: Iterable[Equation]) -> Bounds:
    """What single equations imply, with no bound except zero: today's lower bounds need not apply to the earlier day."""
    system = model.cells.system([*model.always, *equations])
    return propagate(dataclasses.replace(system, lower=np.zeros(len(system.lower))))


def rows_changed_around_removals(
    reader: AuditReader, before: str | None, unchanged_sources: Iterable[str]
) -> Iterator[tuple[str, int]]:
    """By public table, how many rows differ from the last release although only removals changed records of their source.

    `before`: the schema of the last release's public file, such as `previous_public.published`; None if there is nothing to
    compare with. `unchanged_sources`: the sources without a new load since.
    """
    relations = reader.relations
    sources = ", ".join(literal(source) for source in sorted(unchanged_sources))
    if before is None or not sources:
        return
    measures = (
        f"select measures.measure_id from {relations.marts}.dim_measure as measures "
        f"inner join {relations.reported} as reported using (measure_id) "
        f"where measures.source in ({sources}) group by all "
        "having bool_or(reported.is_revision_pending) and bool_and(reported.is_settled)"
    )
    found = [literal(measure) for (measure,) in reader.fetch(measures)]
    if found:
        of_measures = f"measure_id in ({', '.join(sorted(found))})"
        goals = f"goal_id in (select goal_id from {relations.published}.goals where {of_measures})"
        for table in _OF_MEASURES:
            yield from _changed(reader, before, table, goals if table == "goal_progress" else of_measures)
    if reader.has(f"{relations.published}.{_OF_RESPONSES}"):
        keys = "jurisdiction, period_start, theme_code"
        pending = f"select jurisdiction, period_start, shown_theme_code from {relations.responses} where is_revision_pending"
        if next(reader.fetch(f"select 1 from ({pending}) limit 1"), None):
            yield from _changed(reader, before, _OF_RESPONSES, f"({keys}) in ({pending})")


def _changed(reader: AuditReader, before: str, table: str, condition: str) -> Iterator[tuple[str, int]]:
    now, then = f"{reader.relations.published}.{table}", f"{before}.{table}"
    if not (reader.has(now) and reader.has(then)):
        return
    names = ", ".join(quoted(name) for name in sorted(reader.columns_of(now) & reader.columns_of(then)))
    rows = [f"select {names} from {relation} where {condition}" for relation in (now, then)]
    query = f"select count(*) from (({rows[0]} except all {rows[1]}) union all ({rows[1]} except all {rows[0]}))"
    if number := next(reader.fetch(query))[0]:
        yield table, int(number)
