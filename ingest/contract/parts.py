"""The parts of a contract that are no columns: steward, agreement, format, load, time and tolerances.

Here: the keys of each part and the rules inside it. Not here: rules between parts and columns (`model`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ingest.contract.words import Delimiter, Encoding, Percent, Strict, matching, word

LOAD_COLUMNS = ("_source_file", "_source_row")
Crs = Annotated[
    str, matching(re.compile(r"(EPSG|ESRI|OGC):\w+"), "a coordinate reference system by authority and code, like EPSG:32054")
]


class Steward(Strict):
    """Who answers for the table in the department."""

    team: str
    contact: str


class Agreement(Strict):
    """On what ground the office holds the table, and how small a count it may show."""

    basis: Annotated[str, word("agreement_bases")]
    classification: Annotated[str, word("classifications")]
    suppress_below: Annotated[int, Field(ge=0)] = 11
    zeros: Literal["show", "hide"] = "show"


class Header(Strict):
    """Where the column names stand: `rows` of them (of two, the second is kept in the receipt) after `skip` lines."""

    rows: Literal[1, 2, "none"] = 1
    skip: Annotated[int, Field(ge=0)] = 0

    @property
    def count(self) -> int:
        """How many records of the file are header."""
        return 0 if self.rows == "none" else self.rows


class Layout(Strict):
    """What differs in the files that match `files`, where a source changed its files over the years."""

    files: str
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    header: Header | None = None
    sheet: str | int | None = None
    range: str | None = None
    layer: str | None = None
    crs: Crs | None = None
    member: str | None = None


class Format(Strict):
    """How the files are written."""

    kind: Literal["csv", "excel", "json", "jsonl", "parquet", "geojson", "shapefile", "dbf", "fixed_width"]
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    header: Header = Header()
    sheet: str | int | None = None
    range: str | None = None
    layer: str | None = None
    crs: Crs | None = None
    member: str | None = None
    layouts: tuple[Layout, ...] = ()


class Load(Strict):
    """How a batch gets into the landing table."""

    mode: Literal["replace", "merge", "replace_period", "append"]
    period_column: str | None = None
    period: Literal["day", "month", "quarter", "year"] | None = None
    key: tuple[str, ...] | None = None
    order_by: tuple[str, ...] = LOAD_COLUMNS
    duplicates: Literal["keep", "drop_exact"] = "keep"

    @model_validator(mode="after")
    def _complete(self) -> Load:
        if self.mode == "merge" and not self.key:
            raise ValueError("mode merge needs a key: the columns that name one record")
        if self.mode == "replace_period" and not (self.period_column and self.period):
            raise ValueError("mode replace_period needs period_column and period (day, month, quarter or year)")
        if self.key is not None and not self.key:
            raise ValueError("an empty key names nothing; write null, or the columns that name one record")
        return self


class Period(Strict):
    """The period that files without dates stand for; `end` is inclusive."""

    start: dt.date
    end: dt.date

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.end < self.start:
            raise ValueError("the period ends before it starts")
        return self


class Freshness(Strict):
    """Hours after `data_as_of` until the source is late, and until it is stale."""

    warn_after_hours: Annotated[float, Field(gt=0)]
    stale_after_hours: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Freshness:
        if self.stale_after_hours < self.warn_after_hours:
            raise ValueError("stale_after_hours is below warn_after_hours")
        return self


class FollowUp(Strict):
    """How long the source follows a record from `start`; a later `end` cannot be seen."""

    until: Literal["delivery", "days_after_start"]
    days: Annotated[int, Field(ge=0)] | None = None
    start: str
    end: str

    @model_validator(mode="after")
    def _complete(self) -> FollowUp:
        if (self.until == "days_after_start") != (self.days is not None):
            raise ValueError("days goes with until: days_after_start, and only with it")
        return self


class Collection(Strict):
    """Who says the race of a person: the person, somebody for them, an observer, or a linked record."""

    mode: Annotated[str, word("collection_modes")]


class Tolerances(Strict):
    """How much of a batch may be bad before it is held back; a tolerance above the default cites an issue."""

    unmapped_pct: Percent = 0
    rejected_pct: Percent = 1
    volume_drop_pct: Percent = 50
    issue: Annotated[str, matching(re.compile(r"[A-Z]{2,}-\d{2,}"), "an id of docs/data_issues.md like UCC-01")] | None = None

    @model_validator(mode="after")
    def _cited(self) -> Tolerances:
        if self.unmapped_pct > 0 and not self.issue:
            raise ValueError("an unmapped_pct above 0 cites the issue that explains it (issue: UCC-01, in docs/data_issues.md)")
        return self


class Footer(Strict):
    """Rows at the end of each file that are no records."""

    rows: Annotated[int, Field(ge=1)]


class Expectation(Strict):
    """A Great Expectations expectation that cannot be derived from the contract."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning", "info"]
