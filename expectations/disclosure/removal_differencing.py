"""Compare the public file with the last release around a removal of records: nothing may show whose record was removed.

Figures of persons stay as reported until a revision, so after a removal every public row about them is the same as before. The
comparison holds where nothing else can have changed a row: same code, same seeds, no new load of the source, no slice of the
measure that this run reports or revises. See `release_differencing` for changes of counts, whatever causes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from expectations.disclosure.inputs.reader import AuditReader
from warehouse.sql import literal, quoted

# Rows about a measure, by the table that names it.
_OF_MEASURES = (
    "equity_measures", "scorecard", "disparity_indices", "peer_comparison", "gap_trends", "as_reported_history", "goal_progress",
)  # fmt: skip
_OF_RESPONSES = "engagement_responses"


def rows_changed_around_removals(
    reader: AuditReader, before: str | None, unchanged_sources: Iterable[str]
) -> Iterator[tuple[str, int]]:
    """By public table, how many rows differ from the last release although only removals changed records of their source.

    `before`: the schema of the last release's public file, such as `previous_public.published`; None if there is nothing to
    compare with. `unchanged_sources`: the sources without a new load since.
    """
    relations = reader.relations
    sources = ", ".join(literal(source) for source in sorted(unchanged_sources))
    if before is None or relations.reported is None or not sources:
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
    if relations.responses is not None and reader.has(f"{relations.published}.{_OF_RESPONSES}"):
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
