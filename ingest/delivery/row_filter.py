"""Drop the rows of a delivery that may not be kept, before anything is written: erased records, and rows past `keep_for`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ingest.agreement_terms import is_past_keeping
from ingest.contract import Contract
from ingest.delivery.removals import ErasedKeys, SourceRemovals, record_hash
from ingest.typing import typed_expression
from warehouse.connection import in_memory

JOINED = "\x1f"


class RowFilter:
    """Drops rows batch by batch, and counts them."""

    def __init__(
        self, contract: Contract, removals: SourceRemovals, hash_key: bytes | None, city_zone: str, today: dt.date
    ) -> None:
        names = {column.name for column in contract.kept_columns}
        self._contract, self._key, self._zone = contract, hash_key, city_zone
        # records that were erased by a column that the contract no longer has cannot be recognised
        self._erased: tuple[ErasedKeys, ...] = tuple(keys for keys in removals.erased if names.issuperset(keys.columns))
        self._past = is_past_keeping(contract, today, city_zone)
        self.erased = self.past_keeping = 0

    @property
    def is_needed(self) -> bool:
        """Whether any row can be dropped."""
        return bool(self._erased or self._past)

    def keep(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of a batch, under the contract's names, that may be kept."""
        if not self.is_needed or not batch.num_rows:
            return batch
        with in_memory() as con:
            con.register("delivered_rows", pa.Table.from_batches([batch]))
            past = [bool(flag) for (flag,) in con.execute(f"select {self._past or 'false'} from delivered_rows").fetchall()]
            erased = [False] * batch.num_rows
            for keys in self._erased:
                erased = [one or other for one, other in zip(erased, self._is_erased(con, keys), strict=True)]
        self.erased += sum(erased)
        self.past_keeping += sum(old and not removed for old, removed in zip(past, erased, strict=True))
        return batch.filter(pa.array([not (old or removed) for old, removed in zip(past, erased, strict=True)]))

    def _is_erased(self, con: DuckDBPyConnection, keys: ErasedKeys) -> list[bool]:
        assert self._key is not None, "a home with erased records needs its key"
        typed, raw = identity_expressions(self._contract, keys.columns, self._zone)
        rows = con.execute(f"select {typed}, {raw} from delivered_rows").fetchall()
        known, source = set(keys.hashes), self._contract.first_name
        return [
            any(record_hash(self._key, source, keys.columns, values) in known for values in dict.fromkeys(row)) for row in rows
        ]


def identity_expressions(contract: Contract, columns: Sequence[str], city_zone: str) -> tuple[str, str]:
    """SQL of the joined values that identify a record: as typed by the contract, and as delivered, without blanks around.

    Two forms, so that a record is recognised after its column was given another type or was delivered in another format.
    """
    typed, raw = [], []
    for name in columns:
        text = f"coalesce(trim(\"{name}\"), '')"
        raw.append(text)
        typed.append(f"coalesce(cast({typed_expression(contract.column(name), city_zone)} as varchar), {text})")
    return f"concat_ws(chr(31), {', '.join(typed)})", f"concat_ws(chr(31), {', '.join(raw)})"


def new_row_filter(
    contract: Contract, removals: SourceRemovals, hash_key: bytes | None, city_zone: str, today: dt.date
) -> RowFilter | None:
    """The filter of a source's deliveries; None if every row may be kept."""
    found = RowFilter(contract, removals, hash_key, city_zone, today)
    return found if found.is_needed else None
