"""Collect what the catalogue lists of the current release, as rows for the templates: measures, tables and policy areas.

Of the analyst file it reads the registry of measures, the database catalog with its comments, and which sources are in a fact.
It reads values in the public file only.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from warehouse.audiences import names
from warehouse.connection import run_query
from warehouse.paths import ANALYST_FILE, PUBLIC_FILE, Home
from warehouse.releases import Manifest
from warehouse.sql import queries

SECONDS = 60
FILES = {ANALYST_FILE: "the data team", PUBLIC_FILE: "the public"}
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"))
Row = dict[str, Any]


def measures(home: Home, release_id: str) -> list[Row]:
    """The newest version of each measure of a release.

    Each has its `page`, its `earlier` versions, and the `notes` and the `figures` that the public file shows first.
    """
    folder = home.release(release_id)
    rows = _rows(folder / ANALYST_FILE, _SQL.measures())
    shown = _rows(folder / PUBLIC_FILE, _SQL.figures())
    figures = {code: [*found] for code, found in groupby(shown, itemgetter("measure_id"))}
    notes = {row["measure_id"]: row for row in _rows(folder / PUBLIC_FILE, _SQL.notes())}
    found = []
    for code, versions in groupby(rows, itemgetter("measure_id")):
        newest, *earlier = sorted(versions, key=lambda row: not row["is_current"])
        public = {"notes": notes.get(code, {}), "figures": figures.get(code, [])}
        found.append(newest | {"page": f"measures/{code}.html", "earlier": earlier} | public)
    return found


def tables(home: Home, manifest: Manifest) -> list[Row]:
    """The tables of the analyst file and the public one, sorted by name, each with its `page`, `rows`, and `columns`.

    `file` is the one that its readers open, `audience` who they are. A view of both files is that of the public one, which
    everyone opens.
    """
    found: dict[str, Row] = {}
    for file, audience in FILES.items():
        for row in _rows(home.release(manifest.release_id) / file, _SQL.tables()):
            name = f"{row['schema']}.{row['name']}"
            opened, readers = _opened_by(manifest, name) or (file, audience)
            known = {"full_name": name, "page": f"tables/{name}.html", "rows": manifest.files[file].tables.get(name)}
            found[name] = row | known | {"file": opened, "audience": readers}
    return sorted(found.values(), key=itemgetter("schema", "name"))


def _opened_by(manifest: Manifest, table: str) -> tuple[str, str] | None:
    """The first file in which readers other than the data team find a table, and who they are; None if there is none."""
    plans = {name: plan for name, plan in manifest.audiences.items() if table in plan.tables}
    for name, plan in plans.items():
        if plan.audience == names.FIGURES:
            return name, "analysts"
    readers = ", ".join(plan.audience for plan in plans.values())
    return (next(iter(plans)), f"the audience {readers}, as far as agreements allow") if plans else None


def areas(home: Home, release_id: str, measures: list[Row], sources: Iterable[Contract], tables: list[Row]) -> list[Row]:
    """The policy areas of a release by title.

    Each has its `page`, its `measures`, the `sources` that departments deliver for it, and the `facts` that hold their records.
    """
    folder = home.release(release_id)
    facts = [
        table for table in tables if table["name"].startswith("fct_") and any(c["name"] == "source" for c in table["columns"])
    ]
    rows = _rows(folder / ANALYST_FILE, _SQL.held([fact["name"] for fact in facts])) if facts else []
    held = {row["fact"]: set(row["sources"]) for row in rows}
    found = []
    for row in _rows(folder / PUBLIC_FILE, _SQL.areas()):
        own = [source for source in sources if source.policy_area == row["code"]]
        of_area = {
            "measures": [measure for measure in measures if measure["policy_area"] == row["code"]],
            "facts": [fact for fact in facts if held[fact["name"]] & {source.source for source in own}],
        }
        found.append(row | {"page": f"areas/{row['code']}.html", "sources": own} | of_area)
    return found


def _rows(path: Any, query: str) -> list[Row]:
    rows: list[Row] = run_query(path, query, SECONDS).to_pylist()
    return rows
