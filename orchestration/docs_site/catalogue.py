"""Collect what the catalogue lists: sources from their contracts, measures and tables from the current release.

Of the analyst file it reads the registry of measures, the database catalog with its comments, and which sources are in a fact.
It reads values in the public file only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ingest.contract import Contract
from orchestration.runs.record import RunRecord, SourceStatus
from warehouse.audiences import names
from warehouse.connection import run_query
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import Manifest
from warehouse.sql import literal

SECONDS = 60
FILES = {ANALYST_FILE: "the data team", PUBLIC_FILE: "the public"}
MEASURES = "select * from marts.dim_measure order by measure_id, measure_version desc"
AREAS = "select code, label from published.labels where subject = 'policy_area' and language_code = 'en' order by label"
# The place and period that open the page of a measure on the scorecard.
FIGURES = """
select measure_id, period, place, basis_text, group_name, value, unit, unit_text, ci_low, ci_high, status_text,
    compared_with_reference_text, max(abs(value)) over (partition by measure_id) as largest
from published.scorecard
where is_featured
order by measure_id, group_order
"""
NOTES = """
select measure_id, public_caveat, availability, availability_text, licence_attribution, has_figures_by_race, has_figures_by_place
from published.measures where is_current
"""
COLUMNS = """
select
    tables.schema_name, tables.table_name, tables.comment as description, columns.column_name, columns.data_type, columns.comment
from (
    select database_name, schema_name, table_name, comment, internal from duckdb_tables()
    union all
    select database_name, schema_name, view_name, comment, internal from duckdb_views()
) as tables
inner join duckdb_columns() as columns
    on tables.database_name = columns.database_name and tables.schema_name = columns.schema_name
    and tables.table_name = columns.table_name
where not tables.internal
order by tables.schema_name, tables.table_name, columns.column_index
"""
Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A published table: its file, audience and description, and its columns as (name, type, description)."""

    schema: str
    name: str
    audience: str
    file: str
    description: str
    rows: int | None
    columns: tuple[tuple[str, str, str], ...]

    @property
    def page(self) -> str:
        """Return the path of its page. Both files contain the schema `stats`, with the same tables."""
        return f"tables/{self.schema}.{self.name}.html"


@dataclass(frozen=True)
class Measure:
    """A measure: its current definition, earlier ones, and what the public file shows of it first."""

    row: Row
    earlier: tuple[Row, ...]
    notes: Row = field(default_factory=dict)
    figures: tuple[Row, ...] = ()

    @property
    def page(self) -> str:
        """Return the path of its page."""
        return f"measures/{self.row['measure_id']}.html"


@dataclass(frozen=True)
class Source:
    """A source: its contract and its status in the last run."""

    contract: Contract
    status: SourceStatus | None

    @property
    def verdict(self) -> str:
        """Return the status as text."""
        return self.status.verdict.replace("_", " ") if self.status else "no run yet"


@dataclass(frozen=True)
class Area:
    """A policy area: its measures, the sources that departments deliver for it, and the facts that hold their records."""

    code: str
    title: str
    measures: tuple[Measure, ...]
    sources: tuple[Source, ...]
    facts: tuple[Table, ...]

    @property
    def page(self) -> str:
        """Return the path of its page."""
        return f"areas/{self.code}.html"


def sources(contracts: list[Contract], last: RunRecord | None) -> list[Source]:
    """Return every source with its status in the last run."""
    known: Mapping[str, SourceStatus] = last.sources if last else {}
    return [Source(contract, known.get(contract.source)) for contract in contracts]


def measures(home: Home, release_id: str) -> list[Measure]:
    """Return the measures of a release, each with its newest version and the figures that the public file shows first."""
    folder = home.release(release_id)
    rows = _rows(folder / ANALYST_FILE, MEASURES)
    figures = {key: tuple(found) for key, found in groupby(_rows(folder / PUBLIC_FILE, FIGURES), lambda row: row["measure_id"])}
    notes = {row["measure_id"]: row for row in _rows(folder / PUBLIC_FILE, NOTES)}
    found = []
    for measure_id, versions in groupby(rows, lambda row: row["measure_id"]):
        newest, *earlier = sorted(versions, key=lambda row: not row["is_current"])
        found.append(Measure(newest, tuple(earlier), notes.get(measure_id, {}), figures.get(measure_id, ())))
    return found


def tables(home: Home, manifest: Manifest) -> list[Table]:
    """Return the tables of the analyst file and the public one, sorted by name, each with the file that its readers open.

    A view of both files is that of the public one, which everyone opens.
    """
    found: dict[tuple[str, str], Table] = {}
    for file, audience in FILES.items():
        rows = _rows(home.release(manifest.release_id) / file, COLUMNS)
        for (schema, name), own in groupby(rows, lambda row: (row["schema_name"], row["table_name"])):
            described = list(own)
            columns = tuple((row["column_name"], row["data_type"], row["comment"] or "") for row in described)
            row_count = manifest.files[file].tables.get(f"{schema}.{name}")
            opened, readers = _opened_by(manifest, f"{schema}.{name}") or (file, audience)
            found[schema, name] = Table(schema, name, readers, opened, described[0]["description"] or "", row_count, columns)
    return [table for _, table in sorted(found.items())]


def _opened_by(manifest: Manifest, table: str) -> tuple[str, str] | None:
    """The first file in which readers other than the data team find a table, and who they are; None if there is none."""
    plans = {name: plan for name, plan in manifest.audiences.items() if table in plan.tables}
    for name, plan in plans.items():
        if plan.audience == names.FIGURES:
            return name, "analysts"
    readers = ", ".join(plan.audience for plan in plans.values())
    return (next(iter(plans)), f"the audience {readers}, as far as agreements allow") if plans else None


def areas(home: Home, release_id: str, measures: list[Measure], sources: list[Source], tables: list[Table]) -> list[Area]:
    """Return the policy areas of a release by title."""
    folder = home.release(release_id)
    facts = [table for table in tables if table.name.startswith("fct_") and "source" in (name for name, *_ in table.columns)]
    query = " union all ".join(f"select distinct {literal(fact.name)} as fact, source from marts.{fact.name}" for fact in facts)
    held: dict[str, set[str]] = {}
    for row in _rows(folder / ANALYST_FILE, query) if facts else []:
        held.setdefault(row["fact"], set()).add(row["source"])
    found = []
    for row in _rows(folder / PUBLIC_FILE, AREAS):
        own = tuple(source for source in sources if source.contract.policy_area == row["code"])
        names = {source.contract.source for source in own}
        found.append(
            Area(
                code=row["code"],
                title=row["label"],
                measures=tuple(measure for measure in measures if measure.row["policy_area"] == row["code"]),
                sources=own,
                facts=tuple(fact for fact in facts if names & held.get(fact.name, set())),
            )
        )
    return found


def _rows(path: Any, query: str) -> list[Row]:
    rows: list[Row] = run_query(path, query, SECONDS).to_pylist()
    return rows
