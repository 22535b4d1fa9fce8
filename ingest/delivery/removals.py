"""The removals of a source: which records were erased, by keyed hash, and whether the source itself was removed.

The file `removals.json` is next to the deliveries, because the working warehouse can be lost. A run copies it to
`intake.erasures` and `intake.erased_records`. It contains no value of a record. `RowFilter` drops the rows of a delivery that may
not be kept, before anything is written: erased records, and rows past `keep_for`.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from pydantic import BaseModel

from ingest.contract import Contract
from ingest.contract_terms import is_past_keeping
from ingest.typing import typed_expression
from warehouse.connection import in_memory
from warehouse.files import write_atomically

FILE = "removals.json"
_KEY_CHECK = b"levelground: the key of erased records"
JOINED = "\x1f"


class Removal(BaseModel, frozen=True):
    """One removal: how many records, why, when (UTC without zone) and by whom."""

    removal_id: str
    kind: Literal["erased", "removed", "resumed", "past_keeping"]
    records: int
    reason: str
    erased_at: dt.datetime
    erased_by: str


class ErasedKeys(BaseModel, frozen=True):
    """The keyed hashes of erased records over these columns."""

    columns: tuple[str, ...]
    hashes: tuple[str, ...]


class SourceRemovals(BaseModel, frozen=True):
    """All removals of a source. `key_check` is a hash by which another LEVELGROUND_HASH_KEY is noticed."""

    key_check: str | None = None
    erased: tuple[ErasedKeys, ...] = ()
    removals: tuple[Removal, ...] = ()

    @property
    def is_removed(self) -> bool:
        """Whether the source was removed and is not read."""
        kinds = [removal.kind for removal in self.removals if removal.kind in ("removed", "resumed")]
        return kinds[-1:] == ["removed"]

    @property
    def records(self) -> int:
        """How many records have a keyed hash."""
        return sum(len(keys.hashes) for keys in self.erased)

    def fits(self, hash_key: bytes) -> bool:
        """Whether the hashes were computed with this key."""
        return self.key_check in (None, key_check(hash_key))

    def updated(self, removal: Removal, erased: Sequence[ErasedKeys] = (), check: str | None = None) -> SourceRemovals:
        """A copy with one more removal; unchanged if it has this removal already."""
        if any(known.removal_id == removal.removal_id for known in self.removals):
            return self
        by_columns = {keys.columns: dict.fromkeys(keys.hashes) for keys in self.erased}
        for keys in erased:
            by_columns.setdefault(keys.columns, {}).update(dict.fromkeys(keys.hashes))
        return SourceRemovals(
            key_check=check or self.key_check,
            erased=tuple(ErasedKeys(columns=columns, hashes=tuple(hashes)) for columns, hashes in by_columns.items()),
            removals=(*self.removals, removal),
        )


def read_removals(folder: Path) -> SourceRemovals:
    """The removals of the source whose deliveries are in `folder`."""
    path = folder / FILE
    return SourceRemovals.model_validate_json(path.read_bytes()) if path.is_file() else SourceRemovals()


def save_removals(folder: Path, removals: SourceRemovals) -> None:
    """Write the removals of a source."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(folder / FILE, removals.model_dump_json(indent=1) + "\n", mode=0o600)


def sources_with_removals(deliveries: Path) -> dict[str, SourceRemovals]:
    """The removals of every source of a home that has some."""
    return {path.parent.name: read_removals(path.parent) for path in sorted(deliveries.glob(f"*/{FILE}"))}


def key_check(hash_key: bytes) -> str:
    """A hash that shows whether two hashes were computed with the same key."""
    return hmac.digest(hash_key, _KEY_CHECK, "sha256").hex()[:16]


def record_hash(hash_key: bytes, source: str, columns: Iterable[str], values: str) -> str:
    """The keyed hash of a record: of its source, the columns that identify it, and their joined values."""
    return hmac.digest(hash_key, "\x1e".join((source, *columns, values)).encode(), "sha256").hex()


@dataclass
class RowFilter:
    """Drops rows batch by batch, and counts them: erased records, and rows for which the SQL boolean `past` holds."""

    contract: Contract
    keys: tuple[ErasedKeys, ...]
    past: str | None
    hash_key: bytes | None = field(repr=False)
    city_zone: str
    erased: int = 0
    past_keeping: int = 0

    def keep(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of a batch, under the contract's names, that may be kept."""
        if not batch.num_rows:
            return batch
        with in_memory() as con:
            con.register("delivered_rows", pa.Table.from_batches([batch]))
            past = con.execute(f"select coalesce({self.past or 'false'}, false) as past from delivered_rows").fetchnumpy()["past"]
            erased = np.zeros(batch.num_rows, bool)
            for keys in self.keys:
                erased |= self._is_erased(con, keys)
        self.erased += int(erased.sum())
        self.past_keeping += int((past & ~erased).sum())
        return batch.filter(pa.array(~(past | erased)))

    def _is_erased(self, con: DuckDBPyConnection, keys: ErasedKeys) -> list[bool]:
        assert self.hash_key is not None, "a home with erased records needs its key"
        typed, raw = identity_expressions(self.contract, keys.columns, self.city_zone)
        rows = con.execute(f"select {typed}, {raw} from delivered_rows").fetchall()
        known, hashed = set(keys.hashes), partial(record_hash, self.hash_key, self.contract.first_name, keys.columns)
        return [any(hashed(values) in known for values in dict.fromkeys(row)) for row in rows]


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
    names = {column.name for column in contract.kept_columns}
    # records that were erased by a column that the contract no longer has cannot be recognised
    keys = tuple(erased for erased in removals.erased if names.issuperset(erased.columns))
    past = is_past_keeping(contract, today, city_zone)
    return RowFilter(contract, keys, past, hash_key, city_zone) if keys or past else None
