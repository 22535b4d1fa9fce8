"""Collect what the catalogue lists: sources from their contracts, measures and tables from the current release.

Of the analyst file it reads the registry of measures, the database catalog with its comments, and which sources are in a fact.
It reads values in the public file only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from orchestration.runs.record import RunRecord, SourceStatus
from warehouse.audiences import names
from warehouse.connection import run_query
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import Manifest
from warehouse.sql import queries

SECONDS = 60
FILES = {ANALYST_FILE: "the data team", PUBLIC_FILE: "the public"}
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"))
Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A published table: its file, audience and description, and its columns with `name`, `type` and `description`."""

    schema: str
    name: str
    audience: str
    file: str
    description: str
    rows: int | None
    columns: list[Row]

    @property
    def full_name(self) -> str:
        """Return its name with its schema. Both files contain the schema `stats`, with the same tables."""
        return f"{self.schema}.{self.name}"

    @property
    def page(self) -> str:
        """Return the path of its page."""
        return f"tables/{self.full_name}.html"


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
    def page(self) -> str:
        """Return the path of its page."""
        return f"sources/{self.contract.source}.html"

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
    rows = _rows(folder / ANALYST_FILE, _SQL.measures())
    shown = _rows(folder / PUBLIC_FILE, _SQL.figures())
    figures = {code: tuple(found) for code, found in groupby(shown, lambda row: row["measure_id"])}
    notes = {row["measure_id"]: row for row in _rows(folder / PUBLIC_FILE, _SQL.notes())}
    found = []
    for measure_id, versions in groupby(rows, lambda row: row["measure_id"]):
        newest, *earlier = sorted(versions, key=lambda row: not row["is_current"])
        found.append(Measure(newest, tuple(earlier), notes.get(measure_id, {}), figures.get(measure_id, ())))
    return found


def tables(home: Home, manifest: Manifest) -> list[Table]:
    """Return the tables of the analyst file and the public one, sorted by name, each with the file that its readers open.

    A view of both files is that of the public one, which everyone opens.
    """
    found: dict[str, Table] = {}
    for file, audience in FILES.items():
        for row in _rows(home.release(manifest.release_id) / file, _SQL.tables()):
            name = f"{row['schema']}.{row['name']}"
            opened, readers = _opened_by(manifest, name) or (file, audience)
            found[name] = Table(**row, rows=manifest.files[file].tables.get(name), file=opened, audience=readers)
    return sorted(found.values(), key=lambda table: (table.schema, table.name))


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
    columns = {table.name: {column["name"] for column in table.columns} for table in tables}
    facts = [table for table in tables if table.name.startswith("fct_") and "source" in columns[table.name]]
    rows = _rows(folder / ANALYST_FILE, _SQL.held([fact.name for fact in facts])) if facts else []
    held = {row["fact"]: set(row["sources"]) for row in rows}
    return [
        Area(
            code=row["code"],
            title=row["label"],
            measures=tuple(measure for measure in measures if measure.row["policy_area"] == row["code"]),
            sources=(own := tuple(source for source in sources if source.contract.policy_area == row["code"])),
            facts=tuple(fact for fact in facts if held[fact.name] & {source.contract.source for source in own}),
        )
        for row in _rows(folder / PUBLIC_FILE, _SQL.areas())
    ]


def _rows(path: Any, query: str) -> list[Row]:
    rows: list[Row] = run_query(path, query, SECONDS).to_pylist()
    return rows
