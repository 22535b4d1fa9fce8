"""Read one table of a delivery: match its header, drop or hash direct identifiers, and drop rows that may not be kept.

Each column is found under its possible names and cast to text. Only this module sees direct identifiers, before anything is
written to disk. The contract alone decides how a file is read (`format.header`); whether a row looks like a header only explains
to a steward what was delivered.

A task of an engine reads a table in another process, into a Parquet file. It contains the contract, the paths of the files and no
cell. Tables with direct identifiers to hash, and sources from which records were erased, are read by the run itself, because both
need the home's key.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from ingest.connectors import DeliveredTable, open_table
from ingest.contract import Column, Contract, Layout
from ingest.contract.sections.general import Period
from ingest.contract.vocabularies import Vocabulary
from ingest.contract.words import NUMERIC, TIMES
from ingest.delivery.batch_file import open_batch_file
from ingest.delivery.records import FileRecord
from ingest.delivery.removals import RowFilter, SourceRemovals, new_row_filter
from ingest.delivery.snapshot_date import snapshot_date_of_file
from ingest.errors import DeliveryError
from ingest.readers import A_VALUE, OpenTable, letters, position_names
from ingest.readers.files import local_file
from warehouse.processes.worker import Resources, Task

# Of the names of a header at most so many are values: years and codes are names, too.
VALUES_SHARE = 1 / 3
NAMES_SHARE = 0.5
COMPARED_ROWS = 200
Positions = Mapping[str, int | str | None]


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


def looks_like_a_record(cells: Sequence[str]) -> bool:
    """Whether a row that was read as a header is rather a record: many of its cells are numbers or dates, or most are empty."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    values = sum(1 for cell in filled if A_VALUE.fullmatch(cell))
    return not filled or values >= VALUES_SHARE * len(cells)


def without_names(
    contract: Contract, file: str, header: Sequence[str], positions: Positions, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The batches of a file without a header; `DeliveryError` if its first record is one."""
    if tuple(header) != position_names(len(header)):
        yield from batches
        return
    is_first = True
    for batch in batches:
        if is_first and batch.num_rows:
            is_first = False
            if _is_header(contract, positions, batch.slice(0, COMPARED_ROWS)):
                raise DeliveryError(
                    contract.source,
                    file,
                    "its first row has the names of its columns, but the contract reads files without a header",
                    "deliver it without that row, or remove format.header and write the names under from: in the contract",
                )
        yield batch


def _is_header(contract: Contract, positions: Positions, batch: pa.RecordBatch) -> bool:
    cells: list[tuple[Column, list[str]]] = []
    for column in contract.kept_columns:
        position = positions[column.name]
        if isinstance(position, int):
            cells.append((column, [str(cell or "").strip() for cell in batch.column(position).to_pylist()]))
    if not cells:
        return False
    named = sum(1 for column, (first, *_) in cells if first and letters(first) == letters(column.name))
    if named > NAMES_SHARE * len(cells):
        return True
    # words above numbers and dates
    typed = [(column, values) for column, values in cells if column.type in (*NUMERIC, *TIMES) and values[0]]
    words = [values for column, values in typed if not _has_digit(values[0]) and values[0] not in column.null_tokens]
    below = [cell for values in words for cell in values[1:] if cell]
    return bool(below) and len(words) == len(typed) and sum(map(_has_digit, below)) > NAMES_SHARE * len(below)


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


class TableFacts(BaseModel, frozen=True):
    """A table that was read: the record of its rows that may be kept, and how its header differs from the contract.

    The record has no hash yet. `erased`, `past_keeping`: dropped rows.
    """

    record: FileRecord
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]
    erased: int = 0
    past_keeping: int = 0


def read_table(
    conformer: Conformer,
    table: DeliveredTable,
    write: Callable[[pa.RecordBatch], None],
    *,
    row_filter: RowFilter | None,
    fetched_on: dt.date | None,
    progress: Callable[[int], None],
) -> TableFacts:
    """Write the rows of a table that may be kept, under the contract's names. `DeliveryError` if it cannot be read.

    `fetched_on`: the day of a live request. `progress`: is called with the delivered rows of each batch.
    """
    contract = conformer.contract
    erased, past = (row_filter.erased, row_filter.past_keeping) if row_filter else (0, 0)
    with table.read() as opened:
        match = _match(conformer, table.name, opened)
        rows = 0
        records = without_names(contract, table.name, opened.header, match.positions, opened.batches)
        for delivered in conformer.batches(records, match, table.name):
            kept = row_filter.keep(delivered) if row_filter else delivered
            write(kept)
            rows += kept.num_rows
            progress(delivered.num_rows)
    record = FileRecord(
        name=table.name,
        sha256=None,
        rows=rows,
        header=opened.delivered_header or opened.header,
        # the second header row may be data, so that cells of direct identifiers are left out
        second_header=tuple("" if at in match.private else cell for at, cell in enumerate(opened.second_header)),
        crs=opened.crs,
        snapshot_on=snapshot_date_of_file(contract, table.name, opened.footer, fetched_on),
    )
    return TableFacts(
        record=record,
        missing=match.missing,
        unknown=match.unknown,
        repeated=match.repeated,
        erased=row_filter.erased - erased if row_filter else 0,
        past_keeping=row_filter.past_keeping - past if row_filter else 0,
    )


def _match(conformer: Conformer, name: str, opened: OpenTable) -> HeaderMatch:
    header = opened.header
    match = conformer.match(header, name, opened.layout)
    if not match.fits:
        # the row that was read as a header is data, which the delivery record must not contain
        problem = "its header has none of the contract's columns"
        if looks_like_a_record(header):
            problem += ": it has no header row, and its first row is a record"
        remedy = "deliver it with its header row, or correct format.header and format.delimiter in the contract"
        raise DeliveryError(conformer.contract.source, name, problem, remedy)
    return match


ReadTable = tuple[Path, TableFacts]
"""A table that another process has read: its rows under the contract's names, as a Parquet file, and what it contained."""


def table_tasks(contract: Contract, tables: Sequence[DeliveredTable], folder: Path, city_zone: str, today: dt.date) -> list[Task]:
    """A task per table of local files; their rows are written to `folder`.

    `today`: the day that decides which rows are past `agreement.keep_for`.
    """
    files = {table.file.name: str(table.file.path) for table in tables if table.file is not None}
    shared = {
        "contract": contract.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "vocabulary": contract.vocabulary.to_json(),
        "files": files,
        "city_zone": city_zone,
        "today": today.isoformat(),
    }
    tasks = []
    for number, table in enumerate(tables):
        assert table.file is not None
        own = {"file": table.file.name, "name": table.name, "mark": table.mark, "output": str(folder / f"table-{number}.parquet")}
        tasks.append(Task.calling(run, shared | own, f"the rows of {contract.source}"))
    return tasks


def run(arguments: Mapping[str, Any], _resources: Resources) -> Mapping[str, Any]:
    """Read a table. `facts`: of a `TableFacts`. `refused`: the parts of a `DeliveryError`; another attempt would not help."""
    contract = Contract.model_validate(arguments["contract"], context=Vocabulary.from_json(arguments["vocabulary"]))
    files = {name: local_file(Path(path), name) for name, path in arguments["files"].items()}
    conformer, today = Conformer(contract, None), dt.date.fromisoformat(arguments["today"])
    try:
        table = open_table(contract, tuple(files.values()), files[arguments["file"]], arguments["name"], arguments["mark"])
        with open_batch_file(Path(arguments["output"]), conformer.schema, compression="lz4") as write:
            facts = read_table(
                conformer,
                table,
                write,
                row_filter=new_row_filter(contract, SourceRemovals(), None, arguments["city_zone"], today),
                fetched_on=None,
                progress=lambda _rows: None,
            )
    except DeliveryError as error:
        return {"refused": [error.source, error.file, error.problem, error.remedy]}
    return {"facts": facts.model_dump(mode="json")}


def table_result(task: Task, result: Mapping[str, Any]) -> ReadTable | DeliveryError:
    """The table that a task has read, or why it cannot be read."""
    if "refused" in result:
        return DeliveryError(*result["refused"])
    return Path(task.arguments["output"]), TableFacts.model_validate(result["facts"])
