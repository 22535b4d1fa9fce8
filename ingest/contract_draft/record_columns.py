"""Find what names, dates and places a record where it takes more than one column to see it.

A key is unique once equal rows are one, the year may be in the names of files, and portals repeat places: ArcGIS adds X and Y to
latitude and longitude, and an address may be given twice, but models geocode by a role that one column has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ingest.contract_draft.column_profiles import ColumnProfile
from ingest.contract_draft.guesses import is_named

Found = tuple[dict[str, Any], ColumnProfile]
YEAR_IN_NAME = r"(20\d\d)"
A_YEAR = re.compile(r"(19|20)\d\d")
# With more equal rows than that, the table has no records to name.
LEAST_DISTINCT_ROWS_PCT = 95
# The name by which the better of two columns is known.
BY_NAME = {
    role: re.compile(word) for role, word in (("latitude", "lat"), ("longitude", "lon|lng"), ("address", "addr"), ("zip", "zip"))
}


def repeated_key(con: DuckDBPyConnection, rows: pa.Table, kept: Sequence[Found]) -> str | None:
    """The column of codes that names a record once rows that are equal in every cell are one."""
    codes = [(column["name"], profile) for column, profile in kept if profile.is_complete and is_named("code", column["name"])]
    if not codes:
        return None
    con.register("drafted", rows)
    try:
        counted = con.execute("select count(*) from (select distinct * from drafted)").fetchone()
    finally:
        con.unregister("drafted")
    distinct = counted[0] if counted else 0
    if not LEAST_DISTINCT_ROWS_PCT * rows.num_rows / 100 < distinct < rows.num_rows:
        return None
    return next((name for name, profile in codes if profile.distinct == distinct), None)


def key_with_period(con: DuckDBPyConnection, rows: pa.Table, header: Sequence[str], kept: Sequence[Found]) -> list[str] | None:
    """A code or place and a period that name a record together, as in a table with a row per tract and year."""
    complete = [(column, profile) for column, profile in kept if profile.is_complete and column.get("from") in header]
    periods = [column for column, _ in complete if column.get("role") == "period"]
    codes = [column for column, _ in complete if column.get("role") == "geoid" or is_named("code", column["name"])]
    con.register("drafted", rows)
    try:
        for one, other in product(codes, periods):
            pair = ", ".join(f"f{header.index(column['from'])}" for column in (one, other))
            counted = con.execute(f"select count(*) from (select distinct {pair} from drafted)").fetchone()
            if one is not other and counted and counted[0] == rows.num_rows:
                return [one["name"], other["name"]]
    finally:
        con.unregister("drafted")
    return None


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
