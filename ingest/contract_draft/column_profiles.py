"""Profile the columns of a delivery: types of cells, words for missing values, numbers of values, likely private content.

It counts in SQL, with the expressions that gate and landing use. See `column_roles` for the meaning of a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ingest.contract import Column
from ingest.contract.vocabularies import load_vocabulary
from ingest.contract.yaml_source import read_yaml
from ingest.typing import OFFSET, typed_expression
from warehouse.sql import literal

FILE = Path(__file__).with_name("guesses.yml")
# A type is taken for the column's when so many of its cells read, once the words for nothing are out.
READS_PCT = 99.0
# The form of cells by which a type is tried at all: most columns are texts.
SHAPES = {"integer": "number", "decimal": "number", "date": "time", "timestamp": "time", "boolean": "word"}
FOUR_DIGITS = r"\d{4}"
SHOWN_LABELS = 60
YEAR_IN_NAME = r"(20\d\d)"
A_YEAR = re.compile(r"(19|20)\d\d")
# With more equal rows than that, the table has no records to name.
LEAST_DISTINCT_ROWS_PCT = 95
# The name by which the better of two columns is known.
BY_NAME = {
    role: re.compile(word) for role, word in (("latitude", "lat"), ("longitude", "lon|lng"), ("address", "addr"), ("zip", "zip"))
}


@cache
def guesses() -> dict[str, Any]:
    """The content of the file."""
    found: dict[str, Any] = read_yaml(FILE).data
    return found


def is_named(kind: str, name: str) -> bool:
    """Whether the name of a column is of a kind, a key of `names`."""
    return fits(guesses()["names"][kind], name)


def fits(names: str | Sequence[str], name: str) -> bool:
    """Whether a name fits a regular expression, or has one of several words between its underscores."""
    listed = [names] if isinstance(names, str) else [each if each[0] == "^" else f"(^|_)({each})($|_)" for each in names]
    return any(re.search(pattern, name) for pattern in listed)


@dataclass(frozen=True)
class ColumnProfile:
    """One delivered column: how it reads (`reads`: the contract's keys for its type), and what its cells look like.

    `filled` and `distinct` count cells that are not empty; `labels` are the distinct values of a column with few of them, which
    never leave the process; `shares` are of filled cells, in percent, by `cells` of guesses.yml.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    mean_length: float
    least: float | None
    most: float | None
    reads: dict[str, Any]
    null_tokens: dict[str, str]
    shares: dict[str, float]
    labels: tuple[str, ...]
    day_first: bool

    @property
    def is_complete(self) -> bool:
        """Whether every row has a value that reads."""
        return self.filled == self.rows and not self.null_tokens

    @property
    def is_unique(self) -> bool:
        """Whether the column alone names a row."""
        return self.is_complete and self.rows > 1 and self.distinct == self.rows


Found = tuple[dict[str, Any], ColumnProfile]


def profile_columns(con: DuckDBPyConnection, header: tuple[str, ...], rows: pa.Table) -> list[ColumnProfile]:
    """The profile of each column of `rows` (text, called f0, f1, …)."""
    con.register("drafted", rows)
    return [_profile(con, name.strip(), f"f{at}", rows.num_rows) for at, name in enumerate(header)]


def _profile(con: DuckDBPyConnection, name: str, cell: str, rows: int) -> ColumnProfile:
    nothing: dict[str, str] = guesses()["nothing"]
    con.execute(
        f"create or replace temp table cells as select trim({cell}) as c, count(*) as n, "
        f"lower(c) in ({', '.join(map(literal, nothing))}) as is_nothing from drafted where c <> '' group by all"
    )
    counted = con.execute(
        "select coalesce(sum(n), 0)::bigint, count(*), coalesce(sum(n * length(c)) / sum(n), 0), min(try_cast(c as double)), "
        "max(try_cast(c as double)), list(c order by c) filter (is_nothing) from cells"
    )
    ((filled, distinct, mean, least, most, tokens),) = counted.fetchall()
    patterns = guesses()["cells"] | {"offset": OFFSET}
    found = _shares(con, (f"regexp_matches(c, {literal(pattern)})" for pattern in patterns.values()))
    shares = dict(zip(patterns, found, strict=True))
    reads = _reads(con, shares) if filled else {"type": "text"}
    words = guesses()["nothing_in_a_text"] if reads["type"] == "text" else nothing
    null_tokens = {token: nothing[token.lower()] for token in tokens or () if token.lower() in words}
    labels = tuple(row[0] for row in con.execute(f"select c from cells order by n desc, c limit {SHOWN_LABELS + 1}").fetchall())
    day_first = False
    if reads.get("formats") in (["%m/%d/%Y"], ["%m/%d/%y"]):
        other = {"type": "date", "formats": [reads["formats"][0].replace("%m/%d", "%d/%m")]}
        day_first = _shares(con, [_typed(other)])[0] >= READS_PCT
    return ColumnProfile(
        name, rows, filled, distinct, mean, least, most, reads, null_tokens, shares,
        labels if len(labels) <= SHOWN_LABELS else (), day_first,
    )  # fmt: skip


def _reads(con: DuckDBPyConnection, shares: Mapping[str, float]) -> dict[str, Any]:
    """The type of the filled cells. A number that begins with a zero is a code, and a day without time a date."""
    candidates: list[dict[str, Any]] = [keys for keys in guesses()["reads"] if shares[SHAPES[keys["type"]]] >= READS_PCT]
    if shares["leading_zero"] > 0:
        return {"type": "text"}
    if shares["midnight"] == 100 and _shares(con, [_typed({"type": "timestamp"})]) == (100,):
        return {"type": "date"}
    for keys, share in zip(candidates, _shares(con, map(_typed, candidates)), strict=True):
        if share < READS_PCT or (keys["type"] == "boolean" and shares["bit"] == 100):
            continue
        if keys["type"] == "integer" and shares["day_number"] == 100:
            return {"type": "date", "formats": ["%Y%m%d"]}
        if keys["type"] == "timestamp" and _shares(con, [f"cast({_value(keys)} as time) = time '00:00:00'"]) == (100,):
            return keys | {"type": "date"}
        return dict(keys)
    return {"type": "text"}


def _value(keys: dict[str, Any]) -> str:
    return typed_expression(Column.model_validate({"name": "c", **keys}, context=load_vocabulary()))


def _typed(keys: dict[str, Any]) -> str:
    reads = f"({_value(keys)}) is not null"
    # DuckDB reads 25 as the year 25, also without a format
    if keys["type"] in ("date", "timestamp") and all("%Y" in form for form in keys.get("formats", ())):
        return f"({reads} and regexp_matches(c, {literal(FOUR_DIGITS)}))"
    return reads


def _shares(con: DuckDBPyConnection, conditions: Iterable[str]) -> tuple[float, ...]:
    """The percentages of filled cells that meet each condition."""
    counted = ", ".join(f"coalesce(100.0 * sum(n) filter (where {condition}) / sum(n), 0)::double" for condition in conditions)
    found = con.execute(f"select {counted} from cells where not is_nothing").fetchone() if counted else None
    return found or ()


def repeated_key(con: DuckDBPyConnection, rows: pa.Table, kept: Sequence[Found]) -> str | None:
    """The column of codes that names a record once rows that are equal in every cell are one."""
    codes = [(column["name"], profile) for column, profile in kept if profile.is_complete and is_named("code", column["name"])]
    if not codes:
        return None
    distinct = _distinct(con, rows, "*")
    if not LEAST_DISTINCT_ROWS_PCT * rows.num_rows / 100 < distinct < rows.num_rows:
        return None
    return next((name for name, profile in codes if profile.distinct == distinct), None)


def key_with_period(con: DuckDBPyConnection, rows: pa.Table, header: Sequence[str], kept: Sequence[Found]) -> list[str] | None:
    """A code or place and a period that name a record together, as in a table with a row per tract and year."""
    complete = [(column, profile) for column, profile in kept if profile.is_complete and column.get("from") in header]
    periods = [column for column, _ in complete if column.get("role") == "period"]
    codes = [column for column, _ in complete if column.get("role") == "geoid" or is_named("code", column["name"])]
    for one, other in product(codes, periods):
        pair = ", ".join(f"f{header.index(column['from'])}" for column in (one, other))
        if one is not other and _distinct(con, rows, pair) == rows.num_rows:
            return [one["name"], other["name"]]
    return None


def _distinct(con: DuckDBPyConnection, rows: pa.Table, cells: str) -> int:
    """The number of rows that differ in these cells."""
    return len(con.from_arrow(rows).project(cells).distinct())


def year_of_names(files: Sequence[str], kept: Sequence[Found]) -> dict[str, Any] | None:
    """A column with the year in the names of all files or sheets, unless the table has one."""
    is_there = any(
        is_named("year", column["name"])
        or (is_named("part_of_year", column["name"]) and (not profile.labels or any(map(A_YEAR.search, profile.labels))))
        for column, profile in kept
    )
    if is_there or not files or not all(re.search(YEAR_IN_NAME, name) for name in files):
        return None
    return {"name": "year", "from_file": YEAR_IN_NAME, "type": "integer", "required": True, "role": "period"}


def settle_places(kept: list[Found]) -> Iterator[str]:
    """Take the role of a place from all columns but one; the open decisions."""
    for role, own_name in BY_NAME.items():
        same = [(column, profile) for column, profile in kept if column.get("role") == role]
        if len(same) < 2:
            continue
        chosen = max(same, key=lambda each: (bool(own_name.search(each[0]["name"])), each[1].filled))[0]
        others = [column for column, _ in same if column is not chosen]
        for column in others:
            del column["role"]
        names = ", ".join(column["name"] for column in others)
        yield f"{names}: the draft geocodes by the {role} of {chosen['name']}; is that the better one? one column has the role"
