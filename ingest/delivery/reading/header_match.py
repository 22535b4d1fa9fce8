"""Match delivered columns with the contract's columns, and turn raw batches into batches of the contract.

Finds each column under its possible names, casts it to text, numbers the records, and drops direct identifiers or hashes them
with the home's key. Only this module sees direct identifiers, before anything is written to disk.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import Column, Contract, Layout
from ingest.contract.sections.general import Period
from ingest.errors import DeliveryError
from ingest.readers import position_names


@dataclass(frozen=True)
class HeaderMatch:
    """How the header of one table matches the contract: the position of each kept column, and the mismatches.

    A column that the name or the period of the file gives has its value instead of a position. `private` are the positions of
    direct identifiers; `fits` is true if the header has any column of the contract.
    """

    positions: dict[str, int | str | None]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    private: frozenset[int]
    fits: bool


class Conformer:
    """Turns raw batches of one source into batches of its contract."""

    def __init__(self, contract: Contract, hash_key: bytes | None) -> None:
        self.contract = contract
        self._hash_key = hash_key
        self.schema = pa.schema(
            [(column.name, pa.string()) for column in contract.kept_columns]
            + [("_source_file", pa.string()), ("_source_row", pa.int64())]
        )

    def match(self, header: Sequence[str], file: str = "", layout: Layout | None = None) -> HeaderMatch:
        """Find the contract's columns in a file's header; names are compared as delivered, except for blanks around them.

        The layout of a file may give other names, or none for a column that the file does not have.
        """
        period = (layout and layout.period) or self.contract.period
        names = [name.strip() for name in header]
        has_names = tuple(names) != position_names(len(names))
        positions: dict[str, int | str | None] = {}
        missing: list[str] = []
        private: set[int] = set()
        matched: set[str | int] = set()
        for column in self.contract.columns:
            if column.is_of_file:
                value = column.in_file(file) if column.from_file else _day_of(period, column)
                positions[column.name] = value
                missing += [column.name] if value is None else []
                continue
            wanted = _names_in(layout, column, has_names)
            if not wanted or not column.is_in_file(file):
                if column.is_kept:
                    positions[column.name] = None
                continue
            candidates = [position for name in wanted if (position := _position(name, names)) is not None]
            matched.update(wanted)
            if not candidates:
                missing.append(str(wanted[0]))
            if column.is_kept:
                positions[column.name] = candidates[0] if candidates else None
            if column.privacy == "direct_identifier":
                private.update(candidates)
        known = matched | set(self.contract.ignore)
        unknown = [name for at, name in enumerate(names, 1) if name not in known and at not in known]
        counted = Counter(names)
        repeated = sorted(name for name, times in counted.items() if name and times > 1 and name in matched)
        fits = len(missing) < len(self.contract.columns)
        return HeaderMatch(positions, tuple(missing), tuple(unknown), tuple(repeated), frozenset(private), fits)

    def batches(self, raw: Iterator[pa.RecordBatch], match: HeaderMatch, file: str) -> Iterator[pa.RecordBatch]:
        """The batches of one table under the contract's names, with `_source_file` and `_source_row` (from 1)."""
        row = 1
        for batch in raw:
            rows = batch.num_rows
            columns = [self._column(column, batch, match.positions[column.name], file) for column in self.contract.kept_columns]
            numbers = pa.array(np.arange(row, row + rows))
            yield pa.RecordBatch.from_arrays(
                [*columns, pa.array([file], pa.string()).take(pa.repeat(0, rows)), numbers], schema=self.schema
            )
            row += rows

    def _column(self, column: Column, batch: pa.RecordBatch, position: int | str | None, file: str) -> pa.Array:
        if position is None:
            return pa.nulls(batch.num_rows, pa.string())
        if isinstance(position, str):
            return pa.array([position], pa.string()).take(pa.repeat(0, batch.num_rows))
        values = batch.column(position)
        try:
            text = values if values.type == pa.string() else pc.cast(values, pa.string())
        except pa.ArrowException:
            raise DeliveryError(
                self.contract.source,
                file,
                f"{column.name} is of type {values.type} and cannot be read as text",
                "deliver one plain value a cell, text in UTF-8",
            ) from None
        return self._hashed(text) if column.is_hashed else text

    def _hashed(self, text: pa.Array) -> pa.Array:
        assert self._hash_key is not None, "settings refuse a run without the key that its contracts need"
        encoded = text.dictionary_encode()
        key = self._hash_key
        digests = [
            hmac.digest(key, value.strip().encode(), "sha256").hex() if value.strip() else ""
            for value in encoded.dictionary.to_pylist()
        ]
        return pa.array(digests, pa.string()).take(encoded.indices)


def _names_in(layout: Layout | None, column: Column, has_names: bool) -> tuple[str | int, ...]:
    """The names or positions of a column in the files of a layout; none if they do not have it.

    Of a column with both, the names are those of a file with header, and the positions those of a file without.
    """
    is_other = layout is not None and layout.columns and column.name in layout.columns
    stated = (layout.columns or {})[column.name] or () if layout is not None and is_other else column.delivered_names
    return tuple(name for name in stated if isinstance(name, str) == has_names) or stated


def _day_of(period: Period | None, column: Column) -> str | None:
    if period is None:
        return None
    return (period.start if column.from_period == "start" else period.end).isoformat()


def _position(name: str | int, names: Sequence[str]) -> int | None:
    if isinstance(name, int):
        return name - 1 if name <= len(names) else None
    return names.index(name) if name in names else None
