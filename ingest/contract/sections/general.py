"""The parts of a contract other than columns and format: steward, agreement, load, time, snapshots and tolerances.

See `ingest.contract.sections.format` for how files are written, `ingest.contract.model` for rules between parts and columns, and
`ingest.delivery.snapshot_date` for finding the date of a delivery of a stock.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from ingest.contract.words import LATER, Identifier, Percent, Strict, matching, with_group, word
from ingest.contract.yaml_source import Location

_DURATION = re.compile(r"([1-9]\d{0,3}) (day|month|year)s?")
Duration = Annotated[str, matching(_DURATION, "a duration like 7 years, 18 months or 90 days")]
LOAD_COLUMNS = ("_source_file", "_source_row")
Republish = Literal["allowed", "refused", "undecided"]
SNAPSHOT_ON = "_snapshot_on"
_RELEASE = "put the date or number of the release in parentheses, like _(\\d{4}-\\d{2})"
Origin = Literal["column", "file_name", "footer", "fetched"]


def days_before(duration: str, day: dt.date) -> dt.date:
    """The day a duration before `day`; of a shorter month, its last day."""
    found = _DURATION.fullmatch(duration)
    assert found is not None, "the contract is valid"
    number, unit = int(found[1]), found[2]
    if unit == "day":
        return day - dt.timedelta(days=number)
    months = day.year * 12 + day.month - 1 - number * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if year < 1:
        return dt.date.min
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class Steward(Strict):
    """Who is responsible for the table in the department."""

    team: str
    contact: str


Protect = Literal["always", "unless_published"]


class Licence(Strict):
    """The terms under which a publisher offers the table."""

    id: str
    attribution: str
    share_alike: bool = False
    commercial: bool = True
    evidence: str


class Agreement(Strict):
    """The legal basis on which the office has the table, the publisher's licence, and what the office may keep and show."""

    basis: Annotated[str, word("agreement_bases")]
    classification: Annotated[str, word("classifications")]
    suppress_below: Annotated[int, Field(ge=0)] = 11
    zeros: Literal["show", "hide"] = "show"
    licence: Licence | None = None
    republish: Republish | None = None
    protect: Protect | None = None
    valid_until: dt.date | None = None
    keep_for: Duration | None = None
    details: tuple[Annotated[str, word("record_details")], ...] = ()

    @property
    def republication(self) -> Republish:
        """The decision; without one, `undecided` for a table under a licence and `allowed` for any other."""
        return self.republish or ("undecided" if self.licence else "allowed")

    @property
    def protection(self) -> Protect:
        """`protect`, by default `unless_published` for open data and `always` on every other basis."""
        return self.protect or ("unless_published" if self.basis == "open_data" else "always")

    def kept_from(self, today: dt.date) -> dt.date | None:
        """The earliest event whose row may be kept on that day; None if rows may be kept for ever."""
        return days_before(self.keep_for, today) if self.keep_for else None


class Release(Strict):
    """How to find the newer of two releases of a partition: by the file's name, or by a column."""

    file_name: Annotated[str, AfterValidator(partial(with_group, remedy=_RELEASE))] | None = None
    column: str | None = None

    def _problems(self) -> Iterator[str]:
        if (self.file_name is None) == (self.column is None):
            yield "a release is dated by file_name or by column; write one of them"


class Load(Strict):
    """How a batch is promoted into the landing table."""

    mode: Literal["replace", "merge", "replace_period", "replace_partition", "append"]
    period_column: str | None = None
    period: Literal["day", "month", "quarter", "year"] | None = None
    partition_by: tuple[str, ...] | None = LATER
    release: Release | None = LATER
    absent: Literal["zero"] | None = LATER
    key: tuple[str, ...] | None = None
    # Without a key, a day or a snapshot in two files counts twice, unless the files share it on purpose.
    files: Literal["whole", "parts"] | None = LATER
    order_by: tuple[str, ...] = LOAD_COLUMNS
    duplicates: Literal["keep", "drop_exact"] = "keep"

    @property
    def dating_columns(self) -> tuple[str, ...]:
        """The columns of `order_by`; the file and position of a row are no columns, and follow in any case."""
        return tuple(name for name in self.order_by if name not in LOAD_COLUMNS)

    def _problems(self) -> Iterator[str]:
        if self.mode == "replace_partition" and not self.partition_by:
            yield (
                "mode replace_partition needs partition_by: the columns whose combinations a delivery replaces whole, "
                "like [school_year]"
            )
        if self.mode != "replace_partition" and self.partition_by is not None:
            yield f"partition_by goes with mode replace_partition, not {self.mode}; change the mode, or leave it out"
        if self.mode != "replace_partition" and self.release is not None and not self.key:
            yield f"release goes with mode replace_partition, not {self.mode}; change the mode, or leave it out"
        elif self.mode != "replace_partition" and self.release and self.release.column:
            yield f"release: {{column}} goes with mode replace_partition; in mode {self.mode}, name the column in order_by"
        if self.absent and not (self.mode == "replace_partition" and self.key):
            yield "absent goes with mode replace_partition and a key, which names the records that a release no longer lists"
        if self.mode == "merge" and not self.key:
            yield "mode merge needs a key: the columns that name one record"
        if self.mode == "replace_period" and not (self.period_column and self.period):
            yield "mode replace_period needs period_column and period (day, month, quarter or year)"
        if self.key is not None and not self.key:
            yield "an empty key names nothing; write null, or the columns that name one record"


class Period(Strict):
    """The period of files without dates; `end` is inclusive."""

    start: dt.date
    end: dt.date

    def _problems(self) -> Iterator[str]:
        if self.end < self.start:
            yield "the period ends before it starts"


class AsOfRule(Strict):
    """The end of the data of a source, from the latest year in a column: the day `ends` of that year, `plus_years` later."""

    column: Identifier
    ends: Annotated[str, matching(re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"), "a month and a day, like 06-30")]
    plus_years: Annotated[int, Field(ge=0)] = 0


# Tags, so that a message is about the form that was written.
AsOf = Annotated[
    Annotated[dt.date | dt.datetime, Tag("date")] | Annotated[AsOfRule, Tag("rule")],
    Discriminator(lambda value: "rule" if isinstance(value, (Mapping, AsOfRule)) else "date"),
]


class Freshness(Strict):
    """Hours after `data_as_of` until the source is late, and until it is stale."""

    warn_after_hours: Annotated[float, Field(gt=0)]
    stale_after_hours: Annotated[float, Field(gt=0)]

    def _problems(self) -> Iterator[str]:
        if self.stale_after_hours < self.warn_after_hours:
            yield "stale_after_hours is below warn_after_hours"


class FollowUp(Strict):
    """How long the source follows a record from `start`; a later `end` is not observed."""

    until: Literal["delivery", "days_after_start"]
    days: Annotated[int, Field(ge=0)] | None = None
    start: str
    end: str

    def _problems(self) -> Iterator[str]:
        if (self.until == "days_after_start") != (self.days is not None):
            yield "days goes with until: days_after_start, and only with it"


class Collection(Strict):
    """Who reports the race of a person: the person, a proxy, an observer, or a linked record."""

    mode: Annotated[str, word("collection_modes")]


class Tolerances(Strict):
    """How much of a batch may be bad before it is held back; a tolerance above the default cites an issue."""

    unmapped_pct: Percent = 0
    rejected_pct: Percent = 1
    volume_drop_pct: Percent = 50
    issue: Annotated[str, matching(re.compile(r"[A-Z]{2,}-\d{2,}"), "an id of docs/data_issues.md like UCC-01")] | None = None

    def _problems(self) -> Iterator[str]:
        if self.unmapped_pct > 0 and not self.issue:
            yield "an unmapped_pct above 0 cites the issue that explains it (issue: UCC-01, in docs/data_issues.md)"


class Footer(Strict):
    """Rows at the end of each file that are no records."""

    rows: Annotated[int, Field(ge=0)]


class Expectation(Strict):
    """A Great Expectations expectation that cannot be derived from the contract."""

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning", "info"]
    name: Identifier | None = None
    reason: str | None = None


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Snapshot(Strict):
    """Where the date of a snapshot comes from: the first origin in `from` that yields one, else the contract's `as_of`.

    `pattern` and `formats` are of a file's name and of a footer.
    """

    from_: Annotated[tuple[Origin, ...], BeforeValidator(_as_list), Field(alias="from", min_length=1)]
    column: Identifier | None = None
    pattern: str = r"(\d{4}-\d{2}-\d{2})"
    formats: Annotated[tuple[str, ...], Field(min_length=1)] = ("%Y-%m-%d",)
    per: Literal["day", "month", "quarter"] = "month"

    def _problems(self) -> Iterator[str]:
        if ("column" in self.from_) != (self.column is not None):
            yield "column requires from: column; name the column that holds the date, or leave both out"
        if "column" in self.from_ and len(self.from_) > 1:
            yield "from: column dates every row; leave the other words out"
        if len(set(self.from_)) < len(self.from_):
            yield "from names each origin once"
        for key in ("pattern", "formats"):
            if key in self.model_fields_set and not {"file_name", "footer"}.intersection(self.from_):
                yield f"{key} goes with from: file_name or footer"
        if "per" in self.model_fields_set and "fetched" not in self.from_:
            yield "per goes with from: fetched"
        try:
            if not re.compile(self.pattern).groups:
                yield "pattern has no group; put the date in parentheses, like 'staff_(\\d{4}-\\d{2}-\\d{2})'"
        except re.error as error:
            yield f"pattern is no regular expression ({error}); write it like '(\\d{{4}}-\\d{{2}}-\\d{{2}})'"

    def found_in(self, text: str) -> dt.date | None:
        """The date in a text; None if the pattern does not match. Raises ValueError if the match is no date."""
        found = re.search(self.pattern, text)
        if found is None or not found[1]:
            return None
        for form in self.formats:
            try:
                return dt.datetime.strptime(found[1], form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        raise ValueError(found[1])


def snapshot_problems(load: Load, snapshot: Snapshot | None, footer: Footer | None) -> Iterator[tuple[Location, str]]:
    """What contradicts each other in how a stock is dated and kept."""
    is_kept_by_date = SNAPSHOT_ON in (load.partition_by or ())
    if snapshot is None:
        if is_kept_by_date:
            message = f"{SNAPSHOT_ON} is the date of a snapshot; say where it comes from, like snapshot: {{from: file_name}}"
            yield ("load", "partition_by"), message
        return
    if not is_kept_by_date:
        message = (
            "a stock keeps its snapshots by their date: write load.mode: replace_partition and "
            f"load.partition_by: [{SNAPSHOT_ON}]; or leave snapshot out, and each delivery replaces the one before"
        )
        yield ("snapshot",), message
    if "footer" in snapshot.from_ and footer is None:
        yield ("snapshot", "from"), "a date in the footer needs footer: {rows: N}, the rows at the end that are no records"
