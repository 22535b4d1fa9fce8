"""Read the published, earlier and true counts of engagement responses, as rows that the audit understands.

Each theme of a year is a stratum of the inputs of a city, and each answer is a count of its own; the answers to a theme sum to
its inputs. See `read_inputs` for the figures of measures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from expectations.disclosure.inputs.audit_inputs import CITY_THRESHOLD, AuditedMeasure, CellKey, Published, Relations, Row
from expectations.disclosure.inputs.catalog import columns_of, fetch, table_exists
from warehouse.sql import literal

INPUTS = "engagement_inputs"  # the name of the inputs in the seed publication_records
_ANSWERS = ("adopted", "adapted", "declined", "pending")
# What a row shows in addition to its counts; of a hidden theme it must be empty.
_WORDS = (
    "is_revision_pending", "first_told_on", "last_told_on", "told_in_languages", "declined_reasons", "decision_references",
)  # fmt: skip
_SOURCES = ("oei__engagement_inputs", "oei__engagement_responses")


def add_responses(
    connection: Connection, relations: Relations, states: Path | None, published: Published
) -> tuple[Published, tuple[Row, ...]]:
    """`published` with the counts of engagement responses, and their true figures. `states`: the file of earlier states."""
    table = f"{relations.published}.engagement_responses"
    if not table_exists(connection, table):
        return published, ()
    sources = ", ".join(map(literal, _SOURCES))
    largest = f"greatest(coalesce(max(suppress_below), 0), {CITY_THRESHOLD})"
    query = f"select {largest} from {relations.marts}.dim_source where source in ({sources})"
    ((threshold,),) = fetch(connection, query)
    measures = {name: _measure(name, int(threshold)) for name in ("inputs", *_ANSWERS)}
    standard = _race_standard(published)
    rows = tuple(row for row, _ in _rows(connection, table, "theme_code", measures, standard))
    earlier: list[tuple[Row, str]] = []
    if states is not None and states.is_file():
        earlier = list(_rows(connection, f"read_parquet({literal(str(states))})", "shown_theme_code", measures, standard))
    truth: tuple[Row, ...] = ()
    if relations.responses is not None:
        truth = tuple(row for row, _ in _rows(connection, relations.responses, "shown_theme_code", measures, standard))
    if not rows and not earlier:
        return published, ()
    releases = published.released_in or ("",) * len(published.ledger)
    with_responses = dataclasses.replace(
        published,
        measures=(*published.measures, *measures.values()),
        rows=(*published.rows, *rows),
        ledger=(*published.ledger, *(row for row, _ in earlier)),
        released_in=(*releases, *(release for _, release in earlier)),
        sums=((INPUTS, tuple(measures[answer].numerator for answer in _ANSWERS)),),
    )
    return with_responses, truth


def _measure(name: str, threshold: int) -> AuditedMeasure:
    records = INPUTS if name == "inputs" else f"{INPUTS}_{name}_at_close"
    measure_id = f"engagement_responses.{name}_count"
    return AuditedMeasure(
        measure_id, 1, "count", "count", 0.0, threshold, False, None, None, records, None, f"{measure_id}.records"
    )


def _race_standard(published: Published) -> str:
    """The race standard of other rows about the inputs, so that their totals are the same cells."""
    about = {row.where.race_standard for row in published.rows if INPUTS in row.measure.counted}
    return min(about, default="spd15_1997")


def _rows(
    connection: Connection, relation: str, theme: str, measures: dict[str, AuditedMeasure], standard: str
) -> Iterator[tuple[Row, str]]:
    """One row per theme and count, with the release of the state where the relation names one."""
    columns = columns_of(connection, relation)
    counts = ", ".join(f"{name}_count" for name in measures)
    status = "publication_status" if "publication_status" in columns else "null"
    shown_words = ", ".join(f"{name}::varchar" if name in columns else "null" for name in _WORDS)
    release, order = ("release_id", "published_at, release_id, ") if "release_id" in columns else ("null", "")
    query = (
        f"select jurisdiction, period_start, {theme}, {status}, {release}, {shown_words}, {counts} from {relation} "
        f"order by {order}jurisdiction, period_start, {theme}"
    )
    for jurisdiction, start, code, status_code, released_in, *rest in fetch(connection, query):
        where = CellKey("year", start, "city", "current", jurisdiction, standard, "all", "exclusive", "engagement_theme", code)
        published_words = {
            name: word.capitalize() for name, word in zip(_WORDS, rest, strict=False) if word not in (None, "false")
        }
        for (name, measure), number in zip(measures.items(), rest[len(_WORDS) :], strict=True):
            # a theme has at least one input, and no answer need have one
            method = "individual" if name == "inputs" else "aggregate"
            is_hidden = number is None or status_code == "suppressed"
            figures = {} if is_hidden else {"numerator": float(number), "value": float(number)}
            words = {"value_status": "computed", **({"status_reason": "suppressed"} if is_hidden else {})}
            yield Row(measure, where, method, jurisdiction, status_code, figures, words | published_words), released_in or ""
