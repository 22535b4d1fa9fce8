"""Rows of a release, and of the deliveries it was made of, as Python values."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from warehouse.connection import run_query
from warehouse.paths import Home
from warehouse.sql import quoted

Row = dict[str, Any]
Check = Callable[["Release", list[Row]], None]
VALUES: dict[str, Check] = {}
Z = 1.959963984540054


def value_of(heading: str) -> Callable[[Check], Check]:
    """Make a function the check of the query below this heading: it gets the release and the rows that the query returns."""

    def register(check: Check) -> Check:
        assert heading not in VALUES, f"{heading} has a check"
        VALUES[heading] = check
        return check

    return register


@dataclass
class Release:
    """A released home and its deliveries."""

    home: Home
    deliveries: Path
    _read: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table by `schema.table`, of the public file if its schema is `published`."""
        if table not in self._read:
            schema, _, name = table.partition(".")
            path = self.home.published_public if schema == "published" else self.home.published_analyst
            self._read[table] = run_query(path, f"from {quoted(schema)}.{quoted(name)}", 120).to_pylist()
        return self._read[table]

    def fact(self, name: str) -> list[Row]:
        """All rows of a table of marts."""
        return self.rows(f"marts.{name}")

    def labels(self, table: str, code: str, label: str = "label") -> dict[Any, Any]:
        """The labels of a table of marts by their codes."""
        return {row[code]: row[label] for row in self.fact(table)}

    def delivered(self, source: str, encoding: str = "utf-8") -> list[dict[str, str]]:
        """The records of a delivered CSV file."""
        found: list[dict[str, str]] = []
        for path in sorted((self.deliveries / source).glob("*.csv")):
            with path.open(encoding=encoding, newline="") as lines:
                found += csv.DictReader(lines)
        return found

    @property
    def place_names(self) -> dict[tuple[str, str, str], str]:
        """The name of each place by type, vintage and code."""
        key = ("geography_type", "geography_vintage", "geoid")
        return {(row[key[0]], row[key[1]], row[key[2]]): row["name"] for row in self.fact("dim_geography")}


def within(row: Row, start: dt.date, end: dt.date) -> bool:
    """Whether the event of a row is in a period."""
    return row["occurred_on"] is not None and start <= row["occurred_on"] <= end


def check_equal(found: Iterable[Row], expected: Iterable[Sequence[Any]], *columns: str) -> None:
    """Compare columns of the rows found with the rows expected, in any order."""

    def key(row: Sequence[Any]) -> tuple[str, ...]:
        return tuple(f"{value:.6e}" if isinstance(value, float) else str(value) for value in row)

    ours = sorted((tuple(row[column] for column in columns) for row in found), key=key)
    theirs = sorted((tuple(row) for row in expected), key=key)
    assert len(ours) == len(theirs), f"{len(ours)} rows, {len(theirs)} counted another way"
    for one, other in zip(ours, theirs, strict=True):
        for column, a, b in zip(columns, one, other, strict=True):
            is_number = isinstance(a, float) and isinstance(b, float)
            assert a == (pytest.approx(b, rel=1e-9, abs=1e-9) if is_number else b), (
                f"{column}: {one} is {other} counted another way"
            )


def wilson(x: float, n: float) -> tuple[float, float]:
    """The interval of Wilson (1927), in percent."""
    p, z2 = x / n, Z * Z
    middle, half = p + z2 / (2 * n), Z * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
    return 100 * (middle - half) / (1 + z2 / n), 100 * (middle + half) / (1 + z2 / n)
