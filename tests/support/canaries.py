"""Marked values in every private column of a city's deliveries, and a search of everything that a run leaves for them.

Here: seeding files in the formats that the sample city delivers, and looking into files of every kind. Not here: where a mark
may be (see the tests). The contracts give the columns, so a new source is covered without a change, or fails for a format that
this module cannot write.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sqlite3
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contract import Column, Contract
from ingest.contract.vocabularies import load_vocabulary

TEXT = "CANARY"  # what every text of ours begins with
Rows = list[list[str | None]]
UNMARKABLE = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT")  # too narrow for a mark
NORTHWARD = ("latitude", "y")
DATES_FROM = dt.date(1901, 1, 1)  # before anything that a city delivers


@dataclass(frozen=True)
class Canary:
    """What marks a private column: a text wherever one fits, else a number or a date that occurs nowhere else."""

    source: str
    column: str
    privacy: str
    text: str
    fitting: str | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """Texts to search for."""
        return (self.text, self.fitting) if self.fitting else (self.text,)


def private_columns(contract: Contract) -> list[Column]:
    return [column for column in contract.columns if column.privacy != "public"]


def canaries(contracts: Sequence[Contract]) -> dict[tuple[str, str], Canary]:
    """One for each private column, by source and column."""
    planted = {}
    sources = [contract for contract in sorted(contracts, key=lambda contract: contract.source) if private_columns(contract)]
    for n, contract in enumerate(sources):
        for m, column in enumerate(private_columns(contract)):
            text = f"{TEXT}{n:02d}X{m:02d}"
            planted[contract.source, column.name] = Canary(
                contract.source, column.name, column.privacy, text, _fitting(column, n, m)
            )
    return planted


def _fitting(column: Column, n: int, m: int) -> str | None:
    """A value of the column's type that occurs nowhere else; None for a text, and where the type leaves no room for one."""
    if column.type in ("date", "timestamp"):
        return (DATES_FROM + dt.timedelta(days=60 * n + m)).isoformat()
    if column.type == "decimal":
        # an amount, or a coordinate beyond the city
        whole = f"7{n:02d}{m:02d}913.25" if column.max is None else "40" if column.role in NORTHWARD else "-80"
        return whole if column.max is None else f"{whole}.73{n:02d}{m:02d}91"
    return None


class Seeder:
    """Writes canaries into the delivered files of a city."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = {contract.source: contract for contract in contracts}
        self.canaries = canaries(contracts)
        self._vocabulary = load_vocabulary()

    def few(self, city: Path) -> list[Canary]:
        """Mark two records a source, so that every delivery stays as good as it was; those that were written."""
        return self._seed(city, self._mark_few)

    def every(self, city: Path) -> list[Canary]:
        """Mark every private cell of every record, fitting or not; those that were written."""
        return self._seed(city, self._mark_every)

    def _seed(self, city: Path, mark: Callable[[Contract, list[str] | None, Rows], set[str]]) -> list[Canary]:
        written = []
        for source, contract in self.contracts.items():
            if not private_columns(contract) or not (city / source).is_dir():
                continue
            marked: set[str] = set()
            for path in sorted((city / source).iterdir()):
                marked |= _rewrite(path, contract, lambda header, rows, contract=contract: mark(contract, header, rows))
            written += [self.canaries[source, name] for name in sorted(marked)]
        return written

    def _mark_few(self, contract: Contract, header: list[str] | None, rows: Rows) -> set[str]:
        places = _places(contract, header, rows)
        key = [at for name, at in _positions(contract, contract.load.key or (), header).items()]
        whole = Counter(map(tuple, rows))
        keys = Counter(tuple(row[at] for at in key) for row in rows)
        # records with no other role: no duplicate, nothing superseded, no blank line
        alone = [
            row
            for row in rows
            if sum(bool(cell) for cell in row) > 1
            and whole[tuple(row)] == 1
            and (not key or keys[tuple(row[at] for at in key)] == 1)
        ]
        marked = set()
        for row, fits in zip(alone[2:4], (True, False), strict=False):
            for column, at in places:
                canary = self.canaries[contract.source, column.name]
                if self._is_closed(column) or (not fits and column.name in (contract.load.key or ())):
                    continue  # a key once: twice the same would be one record
                if column.type == "text":
                    row[at] = canary.text
                elif fits and canary.fitting:
                    row[at] = _as_delivered(column, canary.fitting)
                elif not fits and not column.required:
                    row[at] = canary.text
                else:
                    continue
                marked.add(column.name)
        return marked

    def _mark_every(self, contract: Contract, header: list[str] | None, rows: Rows) -> set[str]:
        places = _places(contract, header, rows)
        for number, row in enumerate(rows):
            if any(row):
                for column, at in places:
                    row[at] = f"{self.canaries[contract.source, column.name].text}R{number}"
        return {column.name for column, _ in places} if rows else set()

    def _is_closed(self, column: Column) -> bool:
        """Whether only known words get in."""
        names = column.vocabulary_names()
        return bool(column.values) or any(not self._vocabulary.race[name].open for name in names)


def _places(contract: Contract, header: list[str] | None, rows: Rows) -> list[tuple[Column, int]]:
    private = private_columns(contract)
    found = _positions(contract, [column.name for column in private], header)
    width = len(rows[0]) if rows else 0
    return [(column, found[column.name]) for column in private if column.name in found and found[column.name] < width]


def _positions(contract: Contract, names: Sequence[str], header: list[str] | None) -> dict[str, int]:
    found = {}
    for name in names:
        for delivered in contract.column(name).delivered_names:
            if isinstance(delivered, int):
                found[name] = delivered - 1
            elif header is not None and delivered in header:
                found.setdefault(name, header.index(delivered))
    return found


def _as_delivered(column: Column, value: str) -> str:
    if column.type in ("date", "timestamp"):
        moment = dt.datetime.fromisoformat(value)
        return moment.strftime(column.formats[0]) if column.formats else moment.isoformat(sep=" ")
    return value


# Each kind of file: its rows as texts, marked, written back.

Mark = Callable[[list[str] | None, Rows], set[str]]


def _rewrite(path: Path, contract: Contract, mark: Mark) -> set[str]:
    kind = path.suffix.lower()
    if kind == ".zip":
        marked = _zip(path, contract, mark)
    elif contract.format.kind == "csv" and kind in (".csv", ".txt"):
        content, marked = _csv(path.read_bytes(), contract, mark)
        path.write_bytes(content)
    elif kind == ".parquet":
        marked = _parquet(path, mark)
    elif kind == ".xlsx":
        marked = _xlsx(path, contract, mark)
    elif kind in (".sqlite", ".db"):
        marked = _sqlite(path, contract, mark)
    else:
        raise NotImplementedError(f"{path.name}: teach tests/support/canaries.py to write canaries into a {kind} file")
    return marked


def _csv(content: bytes, contract: Contract, mark: Mark) -> tuple[bytes, set[str]]:
    """The same file in the same hand: with its byte order mark, its line ends and its quotes."""
    how = contract.format
    text = content.decode(how.encoding)
    bom, text = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
    found = re.search(r"\r\n|\r|\n", text)
    end = found[0] if found else "\n"
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=how.delimiter))
    before, lines = lines[: how.header.skip], lines[how.header.skip :]
    heads = how.header.count
    rows: Rows = [list(line) for line in lines[heads:]]
    marked = mark([name.strip() for name in lines[0]] if heads else None, rows)
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if text.startswith('"') else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=how.delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([*before, *lines[:heads], *rows])
    written = out.getvalue() if text.endswith(end) else out.getvalue().removesuffix(end)
    return (bom + written).encode(how.encoding), marked


def _zip(path: Path, contract: Contract, mark: Mark) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    marked: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            changed, found = _csv(content, contract, mark) if name.endswith(".csv") else (content, set())
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), changed)
            marked |= found
    return marked


def _parquet(path: Path, mark: Mark) -> set[str]:
    table = pq.read_table(path)
    names = table.column_names
    rows: Rows = [[None if cell is None else str(cell) for cell in row.values()] for row in table.to_pylist()]
    marked = mark(names, rows)
    for at, name in enumerate(names):
        if pa.types.is_string(table.schema.field(name).type) or pa.types.is_large_string(table.schema.field(name).type):
            table = table.set_column(at, name, pa.array([row[at] for row in rows], table.schema.field(name).type))
    pq.write_table(table, path)
    return marked


def _xlsx(path: Path, contract: Contract, mark: Mark) -> set[str]:
    """Texts only: a cell that was a date or a number stays one unless it is marked."""
    book = openpyxl.load_workbook(path)
    sheet, heads = book[str(contract.format.sheet)], contract.format.header
    header, *records = list(sheet.iter_rows(min_row=heads.skip + heads.count))
    rows: Rows = [[None if cell.value is None else str(cell.value) for cell in record] for record in records]
    before = [tuple(row) for row in rows]
    marked = mark([str(cell.value) for cell in header], rows)
    for record, row, old in zip(records, rows, before, strict=True):
        for cell, value, was in zip(record, row, old, strict=True):
            if value != was:
                cell.value = value
    book.save(path)
    return marked


def _sqlite(path: Path, contract: Contract, mark: Mark) -> set[str]:
    table = getattr(contract.connector, "table", None)
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(f'select rowid, * from "{table}"')
        names = [description[0] for description in found.description][1:]
        numbered = found.fetchall()
        rows: Rows = [list(row[1:]) for row in numbered]
        before = [tuple(row) for row in rows]
        marked = mark(names, rows)
        changes = [(*row, numbered[at][0]) for at, row in enumerate(rows) if tuple(row) != before[at]]
        database.executemany(
            f'update "{table}" set {", ".join(f"{chr(34)}{name}{chr(34)} = ?" for name in names)} where rowid = ?', changes
        )
        database.commit()
    return marked


# The search: every file as bytes, and opened where bytes do not show the values.


@dataclass(frozen=True)
class Found:
    """A mark and its location: the file, and inside a database the schema, table and column."""

    path: Path
    inside: str
    mark: str

    def __str__(self) -> str:
        return f"{self.mark} in {self.path}{f' ({self.inside})' if self.inside else ''}"


def search(folder: Path, marks: Sequence[str]) -> list[Found]:
    """Every place below the folder that contains one of the marks, in upper or lower case; of hard links each name."""
    found: set[Found] = set()
    contents: dict[int, set[tuple[str, str]]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            file = path.stat().st_ino
            if file not in contents:
                contents[file] = {
                    (inside, mark) for inside, content in _contents(path, marks) for mark in found_in(content, marks)
                }
            found |= {Found(path, inside, mark) for inside, mark in contents[file]}
        found |= {Found(path, "its name", mark) for mark in found_in(path.name.encode(), marks)}
    return sorted(found, key=str)


def found_in(content: bytes, marks: Sequence[str]) -> set[str]:
    """The marks in some bytes: as UTF-8 or UTF-16."""
    found = {mark for mark in marks if not mark.startswith(TEXT) and mark.encode() in content}
    lower = content.lower()
    # one look for what all texts begin with is a hundred times as fast as one for each, and one for any case ten times as slow
    if any(TEXT.lower().encode(encoding) in lower for encoding in ("utf-8", "utf-16-le")):
        texts = {text.decode().upper() for text in re.findall(rb"canary\d\dx\d\d", lower.replace(b"\x00", b""))}
        found |= texts & set(marks)
    return found


def _contents(path: Path, marks: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    content = path.read_bytes()
    yield "", content
    if content[:4] == b"PAR1":
        relation = f"read_parquet('{path}')"
        with duckdb.connect() as connection:
            columns = connection.execute(f"select column_name, column_type from (describe select * from {relation})").fetchall()
            yield from _cells(connection, relation, columns, marks)
        yield "metadata", str(pq.read_metadata(path).metadata).encode()
    elif content[8:12] == b"DUCK":
        yield from _duckdb(path, marks)
    elif content[:15] == b"SQLite format 3":
        yield from _sqlite_cells(path)
    elif content[:2] == b"\x1f\x8b":
        yield "unpacked", zlib.decompress(content, wbits=31)
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)


def _duckdb(path: Path, marks: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{path}' as searched (read_only)")
        tables = connection.execute(
            "select schema_name, table_name, list((column_name, data_type)) from duckdb_tables() join duckdb_columns() "
            "using (database_name, schema_name, table_name) where database_name = 'searched' group by all order by all"
        ).fetchall()
        for schema, table, columns in tables:
            for name, cells in _cells(connection, f'searched."{schema}"."{table}"', columns, marks):
                yield f"{schema}.{table}.{name}", cells


def _cells(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[tuple[str, str]], marks: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """Of each column the cells that hold a mark."""
    fitting = [mark for mark in marks if not mark.startswith(TEXT)]
    among = "|".join([TEXT, TEXT.lower(), *map(re.escape, fitting)])
    expressions = []
    for name, kind in columns:
        if kind in UNMARKABLE:
            continue
        if kind in ("DOUBLE", "FLOAT", "DATE", "TIMESTAMP") or kind.startswith("DECIMAL"):
            values = ", ".join(f"try_cast('{mark}' as {kind})" for mark in fitting)
            expressions.append((name, f'"{name}" in ({values})' if fitting else "false"))
        else:
            expressions.append((name, f"regexp_matches(\"{name}\"::varchar, '{among}')"))
    cells = ", ".join(f'list(distinct "{name}"::varchar) filter ({holds})' for name, holds in expressions)
    found = connection.execute(f"select {cells} from {relation}").fetchone() if expressions else ()
    for (name, _), marked in zip(expressions, found or (), strict=True):
        yield name, "\n".join(marked or ()).encode()


def _sqlite_cells(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            cells = (_unpacked(cell) for row in database.execute(f'select * from "{table}"') for cell in row)
            yield table, b"\n".join(cells)


def _unpacked(cell: object) -> bytes:
    if isinstance(cell, bytes):
        try:
            return zlib.decompress(cell)
        except zlib.error:
            return cell
    return json.dumps(cell, ensure_ascii=False).encode()
