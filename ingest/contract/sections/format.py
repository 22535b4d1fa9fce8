"""The contract key `format`: how files are written, and how files of other years differ (`layouts`).

See `ingest.readers.tables` for the reader of each kind, and `ingest.contract.model` for rules between format and columns.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from ingest.contract.sections.general import Period
from ingest.contract.words import (
    Delimiter,
    DeliveredNames,
    Encoding,
    Identifier,
    Strict,
    matching,
    regular_expression,
)

Crs = Annotated[
    str, matching(re.compile(r"(EPSG|ESRI|OGC):\w+"), "a coordinate reference system by authority and code, like EPSG:32054")
]

Kind = Literal["csv", "excel", "json", "jsonl", "parquet", "geojson", "shapefile", "dbf", "fixed_width"]
CellRange = Annotated[
    str,
    matching(re.compile(r"[A-Z]{1,3}[1-9]\d*:[A-Z]{1,3}([1-9]\d*)?|[A-Z]{1,3}:[A-Z]{1,3}"), "a range like B5:H200, B5:H or B:H"),
]
Widths = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
# The keys of a layout that change no reader.
_OF_COLUMNS = ("columns", "period")
# Keys without a meaning for files of another kind; such a key is a misunderstanding.
ONLY_WITH = {"records": "json", "widths": "fixed_width"}


def is_glob(sheet: str | int | None) -> TypeGuard[str]:
    """Whether a glob selects sheets; Excel allows none of its characters in the name of one."""
    return isinstance(sheet, str) and any(sign in sheet for sign in "*?[")


class Header(Strict):
    """The position of the column names: `rows` of them after `skip` lines.

    Of two rows, the first has the column names, and the delivery record keeps the second. With `merged`, a name in the first row
    applies to the empty cells to its right, like a merged cell, and both rows form the name: "2023 Requests". With
    `optional`, the first row is a header if it contains names of the contract's columns; in a file without, positions count.
    """

    rows: Literal[1, 2, "none", "optional"] = 1
    skip: Annotated[int, Field(ge=0)] = 0
    merged: bool = False

    @model_validator(mode="after")
    def _two_to_merge(self) -> Header:
        if self.merged and self.rows != 2:
            raise ValueError("merged goes with rows: 2: the row of merged cells, and the row below it")
        return self

    @property
    def may_be_absent(self) -> bool:
        """Whether a file may have no names, so that columns need positions."""
        return not isinstance(self.rows, int)

    @property
    def count(self) -> int:
        """The number of header records in the file."""
        return self.rows if isinstance(self.rows, int) else 0


class Unpivot(Strict):
    """Columns that become rows: each cell of a column that matches `columns` is a record with the column's name and its value.

    For tables whose column names hold the measure, the group or the statistic. The seed of `concepts` defines each name.
    """

    columns: Annotated[str, AfterValidator(regular_expression)]
    names: Identifier = "column_name"
    values: Identifier = "value"


class FileForm(Strict):
    """What a layout may change of a format; the load id depends on the order of the keys."""

    kind: Kind | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    header: Header | None = None
    sheet: str | int | None = None
    range: CellRange | None = None
    layer: str | None = None
    records: str | None = None
    widths: Widths | None = None
    crs: Crs | None = None
    member: str | None = None


class FilePattern(Strict):
    """Which files of a source a layout is of."""

    files: str


class Layout(FileForm, FilePattern):  # pydantic lists the keys of the last base first
    """How the files that match `files` differ from the others, if a source has changed its files over the years.

    `columns` gives the delivered name, names or position of a column in these files, or null if they do not have it. `period` is
    the period of these files, for a column with `from_period`.
    """

    columns: Annotated[dict[Identifier, DeliveredNames | None], Field(min_length=1)] | None = None
    period: Period | None = None

    @model_serializer(mode="wrap")
    def _as_written(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # load ids are hashes of this model: a contract without the keys keeps its ids
        return {key: value for key, value in serialize(self).items() if value is not None or key not in _OF_COLUMNS}

    @property
    def reading(self) -> dict[str, Any]:
        """The keys that change what is read of a file: all but its glob and its period."""
        keys = self.model_dump(mode="json", exclude_defaults=True)
        return {key: value for key, value in keys.items() if value is not None and key not in ("files", "period")}


class Format(FileForm):
    """How the files are written.

    `sheet` is a name, a position from 1, or a glob of several sheets, `range` cells like B5:H200, B5:H or B:H, `layer` the name
    of a .shp, `records` the member of a JSON object with the list of records, like result.records, `widths` the characters of
    each fixed-width field.
    """

    kind: Kind
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    header: Header = Header()
    unpivot: Unpivot | None = None
    # Members of objects inside a JSON record are columns of their own, like attributes.status.
    flatten: bool | None = None
    layouts: tuple[Layout, ...] = ()

    @model_serializer(mode="wrap")
    def _as_written(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # load ids are hashes of this model: a contract without the keys keeps its ids
        return {key: value for key, value in serialize(self).items() if value is not None or key not in ("unpivot", "flatten")}

    @model_validator(mode="after")
    def _fitting(self) -> Format:
        forms = (self, *(self.in_layout(layout) for layout in self.layouts))
        kinds = [form.kind for form in forms]
        if any(isinstance(form.sheet, int) and form.sheet < 1 for form in forms):
            raise ValueError("sheet is a name, or a position from 1")
        if any(form.kind == "fixed_width" and not form.widths for form in forms):
            raise ValueError("kind fixed_width needs widths: the characters of each field in order, like [9, 30, 8]")
        if self.flatten and (self.header.rows == "none" or not {"json", "jsonl"}.issuperset(kinds)):
            raise ValueError("flatten goes with kind json or jsonl whose records are objects")
        for key, kind in ONLY_WITH.items():
            if kind not in kinds and any(getattr(form, key) is not None for form in forms):
                raise ValueError(f"{key} goes with kind {kind}, not {' or '.join(dict.fromkeys(kinds))}")
        return self

    def in_layout(self, layout: Layout) -> Format:
        """This format with the changes of a layout."""
        changes = {name: getattr(layout, name) for name in layout.model_fields_set - {"files", *_OF_COLUMNS}}
        return self.model_copy(update={name: value for name, value in changes.items() if value is not None} | {"layouts": ()})

    def of_file(self, name: str) -> Format:
        """This format with the changes of the layout that fits the name of a file."""
        layout = self.layout_of(name)
        return self.in_layout(layout) if layout else self

    def layout_of(self, name: str) -> Layout | None:
        """The first layout that fits the name of a file, which may be below folders or in an archive; None if none does."""
        return next((layout for layout in self.layouts if fnmatch(PurePosixPath(name).name, layout.files)), None)
