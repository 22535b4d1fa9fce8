"""Read the published, earlier and true counts of engagement responses, as rows that the audit understands.

Each theme of a year is a stratum of the inputs of a city, and each answer is a count of its own; the answers to a theme sum to
its inputs. See `reader` for the figures of measures.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, Published, Row
from expectations.disclosure.inputs.reader import AuditReader, of_file
from warehouse.sql import literal, queries

INPUTS = "engagement_inputs"  # the name of the inputs in the seed publication_records
_ANSWERS = ("adopted", "adapted", "declined", "pending")
# What a row shows in addition to its counts; of a hidden theme it must be empty.
_WORDS = ("first_told_on", "last_told_on", "told_in_languages", "declined_reasons", "decision_references")
_MADE = ("value_status", "status_reason")  # of each row, by this module
_SOURCES = ("oei__engagement_inputs", "oei__engagement_responses")
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"))


def add_responses(reader: AuditReader, states: Path | None, published: Published) -> tuple[Published, tuple[Row, ...]]:
    """`published` with the counts of engagement responses, and their true figures. `states`: the file of earlier states."""
    relations = reader.relations
    table = f"{relations.published}.engagement_responses"
    if not reader.has(table):
        return published, ()
    sources = ", ".join(map(literal, _SOURCES))
    query = f"select max(suppress_below) from {relations.marts}.dim_source where source in ({sources})"
    ((agreed,),) = reader.fetch(query)
    threshold = reader.threshold_of(None, agreed)
    of_name = {name: _measure(name, threshold) for name in ("inputs", *_ANSWERS)}
    measures = {(measure.measure_id, 1): measure for measure in of_name.values()}
    # the race standard of other rows about the inputs, so that their totals are the same cells
    about = {row.where.race_standard for row in published.rows if INPUTS in row.measure.counted}
    standard = min(about, default="spd15_1997")

    def read(relation: str | None, theme: str = "shown_theme_code") -> tuple[Row, ...]:
        """One row per theme and count."""
        if relation is None:
            return ()
        present = reader.columns_of(relation)
        order = "published_at, release_id, " if "release_id" in present else ""
        source = _SQL.counts_of(relation, theme, standard, present, [*_WORDS])
        return tuple(reader.rows(source, measures, order=order, words=(*_WORDS, *_MADE)))

    rows, truth = read(table, "theme_code"), read(relations.responses)
    earlier = read(of_file(states) if states is not None and states.is_file() else None)
    if not rows and not earlier:
        return published, ()
    with_responses = dataclasses.replace(
        published,
        measures=(*published.measures, *measures.values()),
        rows=(*published.rows, *rows),
        ledger=(*published.ledger, *earlier),
        sums=((INPUTS, tuple(of_name[answer].numerator for answer in _ANSWERS)),),
    )
    return with_responses, truth


def _measure(name: str, threshold: int) -> AuditedMeasure:
    records = INPUTS if name == "inputs" else f"{INPUTS}_{name}_at_close"
    measure_id = f"engagement_responses.{name}_count"
    return AuditedMeasure(
        measure_id, 1, "count", "count", 0.0, threshold, False, None, None, records, None, f"{measure_id}.records"
    )
