"""The plan of a removal: what is removed from which source and places. It is in the home's folder `erasing` until all is done.

    erasing/plan.json      the plan; exists only if the plan is complete
    erasing/rows.parquet   the rows to remove: source, load, file and row number, and the hash that is the key of facts

Neither contains a value of a record. `complete` deletes both.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from ingest.delivery.removals import ErasedKeys
from warehouse.files import sync, write_atomically
from warehouse.paths import Home

ROWS = "rows.parquet"
ROW_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("load_id", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("record_hash", pa.string()),
    ]
)


class Place(BaseModel, frozen=True):
    """One place with rows to remove: its kind (`kept deliveries`, `landing`, …), its name, and how many rows it has."""

    kind: str
    name: str
    rows: int


class SourcePlan(BaseModel, frozen=True):
    """What is removed of one source.

    `whole`: every row, and the source is not read any more. `kept_from`: rows of earlier events are removed from releases whose
    deliveries are gone. `erased`: the keyed hashes by which later deliveries lack the records. `reason`: if not that of the plan.
    """

    source: str
    records: int
    formerly: tuple[str, ...] = ()  # its names in releases from before it was renamed
    whole: bool = False
    kept_from: dt.date | None = None
    erased: tuple[ErasedKeys, ...] = ()
    loads: tuple[str, ...] = ()
    reason: str | None = None


class Plan(BaseModel, frozen=True):
    """A removal, before and while it is carried out. Times are UTC without zone."""

    removal_id: str
    kind: Literal["erased", "removed", "past_keeping"]
    reason: str
    erased_at: dt.datetime
    erased_by: str
    sources: tuple[SourcePlan, ...]
    places: tuple[Place, ...] = ()
    key_check: str | None = None
    # the steps that are done, by name
    done: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """How many records are removed."""
        return sum(source.records for source in self.sources)


def write_plan(home: Home, plan: Plan, rows: pa.Table) -> None:
    """Write a new plan: from here on it will be completed, even after a kill."""
    folder = _folder(home)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    pq.write_table(rows, folder / ROWS)
    (folder / ROWS).chmod(0o600)
    sync(folder / ROWS)
    save_plan(home, plan)


def save_plan(home: Home, plan: Plan) -> None:
    """Record the progress of a plan."""
    write_atomically(home.removal_plan, plan.model_dump_json(indent=1), mode=0o600)


def read_plan(home: Home) -> Plan | None:
    """The plan that a kill interrupted, or that is being carried out; None if there is none."""
    path = home.removal_plan
    return Plan.model_validate_json(path.read_bytes()) if path.is_file() else None


def is_pending(home: Home) -> bool:
    """Whether a removal was begun and is not complete."""
    return home.is_removal_pending


def rows_file(home: Home) -> Path:
    """The file with the rows to remove."""
    return _folder(home) / ROWS


def discard_plan(home: Home) -> None:
    """Delete the plan: its first file last, so that a kill leaves either a plan or nothing to do."""
    folder = _folder(home)
    home.removal_plan.unlink(missing_ok=True)
    if folder.is_dir():
        sync(folder)
    shutil.rmtree(folder, ignore_errors=True)


def as_rows(found: Sequence[tuple[str, str, str, int, str]]) -> pa.Table:
    """The rows to remove as a table."""
    columns = list(zip(*found, strict=True)) or [()] * len(ROW_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, ROW_SCHEMA, strict=True)]
    return pa.table(arrays, schema=ROW_SCHEMA)


def _folder(home: Home) -> Path:
    return home.removal_plan.parent
