"""Compare every column that leaves the office with `columns.yml`, which states what the disclosure audit makes of it.

The audit cannot find what it does not read. So a column of a public table, or of a file in `published/`, that has no entry blocks
the release. A query that ranks counts in order to hide the smallest stores its rows in that order, and so reveals how hidden
counts rank: the order of rows must follow from what they show. See `disclosure_gate` for the tables, and
`orchestration.pipeline.release` for the exports, which are written after the gates.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet
from duckdb import DuckDBPyConnection

from expectations.results import ExpectationResult, GateResult
from ingest.contract.yaml_source import read_yaml
from warehouse.printable import first_names
from warehouse.sql import columns_of, quoted

COLUMNS = Path(__file__).with_name("columns.yml")
FILES = "published files"
_NAMED = 5
# The only times of day in public: when a release was made.
_TIMES_OF_RELEASE = (("release", "created_at"),)
_REMEDY = (
    "the disclosure audit does not know what it reveals; classify it in expectations/disclosure/columns.yml: attacked (and read "
    "in expectations/disclosure), guarded, or harmless with the reason"
)
_ORDER = (
    "the order of the rows does not follow from what they show, and may be that of hidden counts; end the model with "
    "`order by all`"
)
_FOLLOWS = "columns.yml states that it follows from other columns, and it differs where these are equal; classify it again"
_HIDDEN = (
    "a hidden row shows a value in it, which may follow from what it hides; leave it empty there (models/published), or list it "
    "in on_hidden_rows of expectations/disclosure/columns.yml"
)
_TIME = "a time of day could be that of one person's record; end the model's column with without_time_of_day"


@cache
def classification(file: Path = COLUMNS) -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """By table or file, and column: its class and the reason."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for table, entries in read_yaml(file).data.items():
        columns = found.setdefault(table, {})
        for name in entries.get("attacked", ()):
            columns[name] = ("attacked", "")
        for kind, reason in (("guarded", "by"), ("harmless", "because")):
            for group in entries.get(kind, ()):
                columns |= dict.fromkeys(group["columns"], (kind, group[reason]))
    return found


def follows_from(file: Path = COLUMNS) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Table, column and keys of each column that is harmless because it follows from other columns of its table."""
    for table, entries in read_yaml(file).data.items():
        for group in entries.get("harmless", ()):
            for name in group["columns"] if "follows_from" in group else ():
                yield table, name, tuple(group["follows_from"])


def on_hidden_rows(file: Path = COLUMNS) -> Mapping[str, frozenset[str]]:
    """By table, the columns that a suppressed row may fill."""
    return {table: frozenset(entries.get("on_hidden_rows", ())) for table, entries in read_yaml(file).data.items()}


def check_tables(con: DuckDBPyConnection, published: str) -> Iterator[ExpectationResult]:
    """Findings on the tables of a schema, such as `public.published`: columns, times of day, and the order of rows."""
    database, _, schema = published.partition(".")
    tables = {
        table: {name: column.kind for name, column in columns.items()}
        for (of_schema, table), columns in columns_of(con, database).items()
        if of_schema == schema
    }
    columns = [(table, name, kind) for table, kinds in tables.items() for name, kind in kinds.items()]
    unknown = [f"{schema}.{table}.{name}" for table, name, _ in columns if not _is_known(table, name)]
    yield finding("columns_classified", unknown, _REMEDY)
    with_time = [
        f"{schema}.{table}.{name}"
        for table, name, kind in columns
        if kind.startswith("TIME")
        and (table, name) not in _TIMES_OF_RELEASE
        and _finds(con, f"from {published}.{table} where {quoted(name)} <> date_trunc('day', {quoted(name)})")
    ]
    yield finding("no_time_of_day", with_time, _TIME)
    unordered = [f"{schema}.{table}" for table in tables if _finds(con, _inversions(f"{published}.{table}", tables[table]))]
    yield finding("rows_in_order_of_columns", unordered, _ORDER)
    different = [
        f"{schema}.{table}.{name}"
        for table, name, keys in follows_from()
        if {name, *keys} <= set(tables.get(table, ())) and _finds(con, _ambiguous(f"{published}.{table}", name, keys))
    ]
    yield finding("harmless_columns_follow", different, _FOLLOWS)
    yield finding("hidden_rows_are_empty", _filled_on_hidden_rows(con, published, tables), _HIDDEN)


def _filled_on_hidden_rows(con: DuckDBPyConnection, published: str, tables: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The columns of tables with hidden rows that such a row fills although it may not."""
    may_be_filled = on_hidden_rows()
    for table, names in tables.items():
        closed = [name for name in names if name not in may_be_filled.get(table, ())] if "publication_status" in names else []
        if closed:
            counts = ", ".join(f"count({quoted(name)})" for name in closed)
            rows = f"from {published}.{table} where publication_status = 'suppressed'"
            for name, filled in zip(closed, con.execute(f"select {counts} {rows}").fetchall()[0], strict=True):
                if filled:
                    yield f"{published.partition('.')[2]}.{table}.{name}"


def _finds(con: DuckDBPyConnection, rows: str) -> bool:
    return con.execute(f"select 1 {rows} limit 1").fetchone() is not None


def _inversions(relation: str, names: Iterable[str]) -> str:
    """Rows with a lower number than the row before them in the order of the columns; equal rows have any order."""
    order = ", ".join(map(quoted, names))
    numbered = f"select rowid as number, lag(rowid) over (order by {order}, rowid) as number_before from {relation}"
    return f"from ({numbered}) where number < number_before"


def _ambiguous(relation: str, name: str, keys: Iterable[str]) -> str:
    """Groups of rows with equal `keys` in which a column has several values, or one and none."""
    values = f"count(distinct {quoted(name)}) + max(({quoted(name)} is null)::integer)"
    return f"from {relation} group by {', '.join(map(quoted, keys))} having {values} > 1"


def check_files(folder: Path, current: Iterable[str]) -> GateResult:
    """The result on the exported files of a candidate, and on the keys of `current.json`."""
    listed = [("current.json", name) for name in current]
    for path in sorted(folder.iterdir()):
        listed += [(path.name, name) for name in _columns(path)]
    unknown = [f"{file}: {name}" for file, name in listed if not (_is_known(file, name) or _is_known(Path(file).stem, name))]
    return GateResult("disclosure", FILES, (finding("columns_classified", unknown, _REMEDY),))


def _is_known(table: str, column: str) -> bool:
    return column in classification().get(table, {})


def _columns(path: Path) -> Iterator[str]:
    """The columns of an exported file, or the keys of a JSON file as paths. A file of another kind has its name as a column."""
    if path.suffix == ".parquet":
        yield from pyarrow.parquet.read_schema(path).names
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            yield from next(csv.reader(file), [])
    elif path.suffix == ".json":
        yield from dict.fromkeys(_keys(json.loads(path.read_text(encoding="utf-8"))))
    else:
        yield path.name


def _keys(value: Any, above: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{above}{key}"
            yield from _keys(inner, f"{above}{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner, above)


def finding(name: str, found: Iterable[str], problem: str) -> ExpectationResult:
    """A critical finding that names what was found, if anything was."""
    listed = list(found)
    return ExpectationResult.of_count(name, "critical", len(listed), f"{first_names(listed, _NAMED)}: {problem}")
