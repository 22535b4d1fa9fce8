"""The contract keys `connector` and `format`: where records come from, how files are written, how those of other years differ.

A contract names secrets only by environment variables. See `ingest.connectors` for fetching, `ingest.readers.tables` for the
reader of each kind, and `ingest.contract.model` for rules between format and columns.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import AfterValidator, BeforeValidator, Field

from ingest.contract.sections.general import Footer, Period
from ingest.contract.words import (
    LATER,
    Address,
    Delimiter,
    DeliveredNames,
    Encoding,
    EnvironmentName,
    HostName,
    Identifier,
    Strict,
    WebAddress,
    matching,
    regular_expression,
)

LOOKBACK = re.compile(r"(\d+)(?: (minute|hour|day|week)s?)?")
Lookback = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
    matching(LOOKBACK, "a look-back like 36 hours, 7 days, 2 weeks, or for a cursor of numbers like 1000"),
]
Crs = Annotated[
    str, matching(re.compile(r"(EPSG|ESRI|OGC):\w+"), "a coordinate reference system by authority and code, like EPSG:32054")
]
Kind = Literal["csv", "excel", "json", "jsonl", "parquet", "geojson", "shapefile", "dbf", "fixed_width"]
CellRange = Annotated[
    str,
    matching(re.compile(r"[A-Z]{1,3}[1-9]\d*:[A-Z]{1,3}([1-9]\d*)?|[A-Z]{1,3}:[A-Z]{1,3}"), "a range like B5:H200, B5:H or B:H"),
]
Widths = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
# Keys without a meaning for files of another kind; such a key is a misunderstanding.
ONLY_WITH = {"records": "json", "widths": "fixed_width"}


class WithCursor(Strict):
    """A connector that can request new rows only: from the newest landed `cursor`, less `lookback`."""

    cursor: str | None = None
    lookback: Lookback | None = None

    def _problems(self) -> Iterator[str]:
        if (self.cursor is None) != (self.lookback is None):
            yield (
                "cursor and lookback go together: say how far back rows may still come or change (lookback: 7 days); "
                "without them everything is read each time"
            )


class WebConnector(Strict):
    """A connector that requests from a web address.

    `allow_hosts` may also be in a private network. Without `max_download_mb`, LEVELGROUND_MAX_DOWNLOAD_MB limits a read.
    """

    allow_hosts: tuple[HostName, ...] = ()
    max_download_mb: Annotated[int, Field(ge=1)] | None = None


def lookback(connector: Any) -> dt.timedelta | int | None:
    """The look-back of a connector: a duration, a number for a numeric cursor, None without a cursor."""
    found = LOOKBACK.fullmatch(getattr(connector, "lookback", None) or "")
    if found is None:
        return None
    return dt.timedelta(**{f"{found[2]}s": int(found[1])}) if found[2] else int(found[1])


def gives_rows(connector: Any) -> bool:
    """Whether the system gives rows and no files, so that nothing needs to say how a file is written."""
    return connector.kind in ("database", "socrata", "arcgis") or getattr(connector, "mode", None) == "datastore"


class FileConnector(Strict):
    """Files in a folder, a glob or an fsspec URL; `--deliveries` needs no path."""

    kind: Literal["file"]
    path: Address | None = None


class DatabaseConnector(WithCursor):
    """A department's database, at the SQLAlchemy URL in an environment variable."""

    kind: Literal["database"]
    credentials_env: EnvironmentName
    schema_: Annotated[str | None, Field(alias="schema")] = None
    table: str | None = None
    query: str | None = None

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        if (self.table is None) == (self.query is None):
            yield "a database connector has either a table or a query"


class CkanConnector(WebConnector):
    """A resource of a CKAN portal, or several of a package."""

    kind: Literal["ckan"]
    base_url: WebAddress
    package: str | None = None
    resource: str
    mode: Literal["datastore", "download"] = "datastore"


class SocrataConnector(WithCursor, WebConnector):
    """A dataset of a Socrata portal."""

    kind: Literal["socrata"]
    base_url: WebAddress
    resource: str
    credentials_env: EnvironmentName | None = None


class ArcgisConnector(WithCursor, WebConnector):
    """A layer or table of an ArcGIS feature or map service, by its address: …/FeatureServer/0."""

    kind: Literal["arcgis"]
    base_url: WebAddress
    where: str = "1=1"


class HttpConnector(WebConnector):
    """One file at a URL."""

    kind: Literal["http"]
    url: WebAddress


Connector = Annotated[
    FileConnector | DatabaseConnector | CkanConnector | SocrataConnector | ArcgisConnector | HttpConnector,
    Field(discriminator="kind"),
]


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

    def _problems(self) -> Iterator[str]:
        if self.merged and self.rows != 2:
            yield "merged goes with rows: 2: the row of merged cells, and the row below it"

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
    """How the files that match `files` differ from the others, if a source has changed its files over the years."""

    columns: Annotated[dict[Identifier, DeliveredNames | None], Field(min_length=1)] | None = LATER
    period: Period | None = LATER
    footer: Footer | None = LATER

    @property
    def reading(self) -> dict[str, Any]:
        """The keys that change what is read of a file: all but its glob and its period."""
        keys = self.model_dump(mode="json", exclude_defaults=True)
        return {key: value for key, value in keys.items() if value is not None and key not in ("files", "period")}


class Format(FileForm):
    """How the files are written."""

    kind: Kind
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    header: Header = Header()
    unpivot: Unpivot | None = LATER
    flatten: bool | None = LATER
    layouts: tuple[Layout, ...] = ()

    def _problems(self) -> Iterator[str]:
        forms = (self, *(self.in_layout(layout) for layout in self.layouts))
        kinds = [form.kind for form in forms]
        if any(isinstance(form.sheet, int) and form.sheet < 1 for form in forms):
            yield "sheet is a name, or a position from 1"
        if any(form.kind == "fixed_width" and not form.widths for form in forms):
            yield "kind fixed_width needs widths: the characters of each field in order, like [9, 30, 8]"
        if self.flatten and (self.header.rows == "none" or not {"json", "jsonl"}.issuperset(kinds)):
            yield "flatten goes with kind json or jsonl whose records are objects"
        for key, kind in ONLY_WITH.items():
            if kind not in kinds and any(getattr(form, key) is not None for form in forms):
                yield f"{key} goes with kind {kind}, not {' or '.join(dict.fromkeys(kinds))}"

    def in_layout(self, layout: Layout | None) -> Format:
        """This format with the changes of a layout, if any."""
        if layout is None:
            return self
        changes = {name: getattr(layout, name) for name in layout.model_fields_set & FileForm.model_fields.keys()}
        return self.model_copy(update={name: value for name, value in changes.items() if value is not None} | {"layouts": ()})

    def of_file(self, name: str) -> Format:
        """This format with the changes of the layout that fits the name of a file."""
        return self.in_layout(self.layout_of(name))

    def layout_of(self, name: str) -> Layout | None:
        """The first layout that fits the name of a file, which may be below folders or in an archive; None if none does."""
        return next((layout for layout in self.layouts if fnmatch(PurePosixPath(name).name, layout.files)), None)
