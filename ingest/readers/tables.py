"""Choose the reader of each table in a file by the contract's `format`, its layouts and its footer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet

from ingest.contract import Contract, Format, Layout
from ingest.contract.sections.format import is_glob
from ingest.contract.sections.general import Footer
from ingest.errors import DeliveryError
from ingest.readers.child_reader import list_sheets, open_table
from ingest.readers.files import File, Sibling, open_streams
from ingest.readers.formats.dbf import open_dbf
from ingest.readers.formats.delimited import open_csv, open_fixed_width
from ingest.readers.formats.excel import selected_sheets
from ingest.readers.formats.json_text import open_json
from ingest.readers.formats.maps import open_shapefile
from ingest.readers.formats.parquet import open_parquet
from ingest.readers.formats.template import ZIP_MAGIC, is_template, open_template
from ingest.readers.reader_types import (
    Fail,
    OpenTable,
    Reader,
    Stream,
    check_column_count,
    optional_header,
    read_whole,
    unpivoted,
)
from ingest.readers.refusals import SIGNATURE_BYTES, mismatched_signature, refuse_unreadable

A_DAY = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\b")


def table_readers(contract: Contract, file: File, sibling: Sibling) -> Iterator[tuple[str, Reader]]:
    """(name, reader) of each table in a file: the file itself, or the selected members of a zip or sheets of a workbook."""
    outer = contract.format.layout_of(file.name)
    found = open_streams(contract.source, file, contract.format.in_layout(outer).member)
    if len(found) == 1 and not found[0].packed:
        found = (dataclasses.replace(found[0], sibling=partial(sibling, file.name)),)
    for stream in found:
        # a member may have its own layout; the archive's applies to the rest
        layout = contract.format.layout_of(stream.name) or outer
        own = contract.format.in_layout(layout)
        if sheets := _sheets(contract, own, stream):
            for sheet in sheets:
                inner = contract.format.layout_of(f"{stream.name}/{sheet}") or layout
                one = contract.format.in_layout(inner).model_copy(update={"sheet": sheet})
                named = dataclasses.replace(stream, name=f"{stream.name}/{sheet}")
                yield named.name, partial(_read, contract, one, inner, named)
        elif own.kind != "shapefile" or _is_shape(contract, own, stream, found):
            yield stream.name, partial(_read, contract, own, layout, stream)


def _sheets(contract: Contract, how: Format, stream: Stream) -> tuple[str, ...]:
    """The sheets of a workbook that a glob of the contract selects; a file that is none is read, and refused, as one table."""
    if how.kind != "excel" or not is_glob(how.sheet):
        return ()
    fail: Fail = partial(DeliveryError, contract.source, stream.name)
    with refuse_unreadable(how, fail), stream.open() as opened:
        if is_template(opened):
            return ()
        opened.seek(0)
        return selected_sheets(how.sheet, list_sheets(read_whole(opened, fail), fail), fail)


def _is_shape(contract: Contract, how: Format, stream: Stream, found: Sequence[Stream]) -> bool:
    """Whether a stream is the selected .shp; files of a shapefile are read with it, and a file of none is an error."""
    name = PurePosixPath(stream.name)
    if name.suffix.lower() == ".shp":
        return how.layer in (None, name.stem)
    stem = name.name.split(".")[0]
    of_a_shape = stream.sibling(".shp") or any(
        PurePosixPath(other.name).name.lower() == f"{stem}.shp".lower() for other in found if other is not stream
    )
    if not of_a_shape:
        remedy = "deliver .shp, .dbf, .shx and .prj together, all of one name; or name the .shp in format.member"
        raise DeliveryError(contract.source, stream.name, "this is not a shapefile, and belongs to none", remedy)
    return False


@contextmanager
def _read(contract: Contract, how: Format, layout: Layout | None, given: Stream) -> Iterator[OpenTable]:
    fail: Fail = partial(DeliveryError, contract.source, given.name)
    with ExitStack() as stack:
        with refuse_unreadable(how, fail):
            if _is_template(contract, how, given, fail):
                yield open_template(contract, stack.enter_context(given.open()), fail)
                return
            opened = _open_with_header(contract, how, given, stack, fail)
            check_column_count(len(opened.header), fail)
        footer: list[str] = []
        ending = (layout and layout.footer) or contract.footer
        batches = opened.batches if ending is None else _without_footer(ending, opened.batches, footer, fail)
        batches = _translate_errors(batches, how, fail)
        opened = dataclasses.replace(opened, batches=batches, crs=opened.crs or how.crs, footer=footer, layout=layout)
        yield unpivoted(opened, how.unpivot, contract.ignore) if how.unpivot else opened


def _is_template(contract: Contract, how: Format, given: Stream, fail: Fail) -> bool:
    """Whether a file is a template that was filled in; any other one must be of the kind that the contract has."""
    with given.open() as stream:
        begins = stream.read(SIGNATURE_BYTES)
        if begins.startswith(ZIP_MAGIC) and is_template(stream):
            return True
    if not contract.has_format:
        raise fail(
            f"the contract reads a {contract.connector.kind} and has no format for files",
            "write how the file is written into the contract, like format: {kind: csv}, or leave the file out",
        )
    what = mismatched_signature(begins, how.kind)
    if what:
        raise fail(
            f"this is {what}, but the contract has {how.kind}", "deliver what was agreed, or change format.kind in the contract"
        )
    return False


def _open_with_header(contract: Contract, how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    if how.header.rows != "optional":
        return READERS[how.kind](how, given, stack, fail)
    without = how.model_copy(update={"header": how.header.model_copy(update={"rows": "none"})})
    names = {name for column in contract.columns for name in contract.names_of(column) if isinstance(name, str)}
    return optional_header(READERS[how.kind](without, given, stack, fail), names)


def _open_in_child(how: Format, given: Stream, stack: ExitStack, fail: Fail) -> OpenTable:
    return open_table(how, read_whole(stack.enter_context(given.open()), fail), fail)


# By `format.kind`: each opens a stream, which is readable as long as the stack. Add the reader of a new format here.
READERS: Mapping[str, Callable[[Format, Stream, ExitStack, Fail], OpenTable]] = {
    "csv": open_csv,
    "dbf": open_dbf,
    "excel": _open_in_child,
    "fixed_width": open_fixed_width,
    "geojson": _open_in_child,
    "json": open_json,
    "jsonl": open_json,
    "parquet": open_parquet,
    "shapefile": open_shapefile,
}


def _translate_errors(batches: Iterator[pa.RecordBatch], how: Format, fail: Fail) -> Iterator[pa.RecordBatch]:
    with refuse_unreadable(how, fail):
        yield from batches


def _without_footer(ending: Footer, batches: Iterator[pa.RecordBatch], footer: list[str], fail: Fail) -> Iterator[pa.RecordBatch]:
    """Blank the footer rows, which count as blank rows. Their cells are added to `footer`; one that is a record is refused."""
    waiting: pa.Table | None = None
    above: list[object] = []
    for batch in batches:
        table = pa.Table.from_batches([batch])
        waiting = table if waiting is None else pa.concat_tables([waiting, table])
        ready = waiting.num_rows - ending.rows
        if ready > 0:
            yield from waiting.slice(0, ready).combine_chunks().to_batches()
            above = [column[ready - 1].as_py() for column in waiting.columns]
            waiting = waiting.slice(ready)
    if waiting is not None:
        rows = list(zip(*(column.to_pylist() for column in waiting.columns), strict=True))
        if any(_is_record(row, above) for row in rows):
            problem = f"its last {ending.rows} rows, which `footer` leaves out, contain a record"
            raise fail(problem, "if these files have no totals, write footer: {rows: 0} into their layout in the contract")
        footer += [str(cell) for row in rows for cell in row if cell not in (None, "")]
        blank = [pa.nulls(waiting.num_rows, field.type) for field in waiting.schema]
        yield pa.RecordBatch.from_arrays(blank, schema=waiting.schema)


def _is_record(row: Sequence[object], above: Sequence[object]) -> bool:
    """Whether a row has a day where the last record has one and is half as full, unlike totals and notes."""
    filled, usual = (sum(cell not in (None, "") for cell in cells) for cells in (row, above))
    return 2 * filled > usual and any(A_DAY.match(f"{a}") and A_DAY.match(f"{b}") for a, b in zip(row, above, strict=False))
