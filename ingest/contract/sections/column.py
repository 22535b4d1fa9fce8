"""A column of a contract: how it is delivered, what it is, and who may see it.

`from_file` is a value that each file has in its name or that the contract states for it (`ingest.delivery.reading` writes it into
the rows of the file), `max_from_file` a bound. See `ingest.typing` for a column in SQL.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase, translate
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ingest.contract.vocabularies import folded
from ingest.contract.words import (
    LATER,
    NUMERIC,
    TIMES,
    Delimiter,
    DeliveredNames,
    Identifier,
    MissingReason,
    Strict,
    TimeZone,
    with_group,
    word,
)

YEAR = "{year}"  # in a glob: four digits, by which a value is computed
_COMPUTED = re.compile(r"\{year([+-]\d+)?\}")
# Columns that the typed views add to a contract's; they would hide a delivered column of the same name.
RESERVED = ("_load_id", "_source_file", "_source_row", "_record_hash", "file_row_number")
# The directives of DuckDB's strptime; another one would fail in the run instead of the check of contracts.
DIRECTIVE = re.compile(r"%(-?[dmyHIMSj]|[aAbBhpYfgnTzZGVuwUWcxX%])")


def _checked(value: Any) -> str | dict[str, str]:
    if isinstance(value, Mapping):
        if not value or not all(isinstance(glob, str) for glob in value):
            raise ValueError("write the file of each value, like {'v147_*_r2026.csv': 2021-01-01}")
        undated = [glob for glob, text in value.items() if _COMPUTED.search(str(text)) and YEAR not in glob]
        if undated:
            raise ValueError(
                f"{undated[0]!r} has no {YEAR}, from which its value is computed; write it where the name has the year"
            )
        return {glob: str(text) for glob, text in value.items()}
    if not isinstance(value, str):
        raise ValueError("write a regular expression with a group, or a value for each file")  # noqa: TRY004 - pydantic reports it
    return with_group(value, "put the part of the name that is the value in parentheses, like '^(v\\d+)_'")


def _plain(pattern: str) -> str:
    # DuckDB's expressions know neither look-around nor names
    if re.search(r"\(\?(?!:)|\\[1-9]", pattern):
        raise ValueError("write it without look-around, names and references: DuckDB evaluates it")
    return pattern


class YearFromFile(Strict):
    """The year in the name of a file, and so many years more."""

    year: Annotated[str, BeforeValidator(_checked), AfterValidator(_plain)]
    plus_years: Annotated[int, Field(ge=0)] = 0


def year_in_name(glob: str, name: str, flags: re.RegexFlag = re.NOFLAG) -> int | None:
    """The year of a name that fits a glob with `{year}`, 0 if it fits one without, None if it does not fit."""
    pattern = r"(\d{4})".join(translate(part)[4:-3] for part in glob.split(YEAR, 1))  # without (?s: and )\Z
    found = re.fullmatch(pattern, PurePosixPath(name).name, flags | re.DOTALL)
    return None if found is None else int(found[1]) if YEAR in glob else 0


def _computed(value: str, year: int) -> str:
    return _COMPUTED.sub(lambda found: f"{year + int(found[1] or 0):04}", value)


def _dated(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name.count(YEAR) != 1:
            raise ValueError(f"{name!r}: write {YEAR} once, where the name of the file has the year of the release")
    return names


class ReleaseFiles(Strict):
    """The files of each release of a publisher, so that a release that lacks some is noticed."""

    names: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_dated)]
    checked_until: Annotated[int, Field(ge=1900, le=9999)] | None = None


class Variation(Strict):
    """In each part of a table values differ; where not, they are no measurement, and each cell is NULL for one reason."""

    by: Annotated[tuple[str, ...], Field(min_length=1)]
    rows: Annotated[int, Field(ge=2)]
    otherwise: MissingReason


class Column(Strict):
    """One column: how it is delivered (`from`), what it is (`type`, `role`), and who may see it (`privacy`, `keep`)."""

    name: Identifier
    description: Annotated[str, Field(min_length=1)] | None = LATER
    from_: Annotated[DeliveredNames, Field(alias="from")] = ()
    from_file: Annotated[str | dict[str, str], BeforeValidator(_checked)] | None = LATER
    from_period: Literal["start", "end"] | None = LATER
    files: Annotated[str, Field(min_length=1)] | None = LATER
    type: Literal["text", "integer", "decimal", "boolean", "date", "timestamp", "geometry"] = "text"
    formats: tuple[str, ...] = ()
    timezone: TimeZone | None = None
    thousands: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Annotated[str, Field(min_length=1, max_length=1)] = "."
    currency: str | None = None
    unit: str | None = None
    required: bool = False
    role: Annotated[str, word("roles")] | None = None
    vocabulary: str | dict[str, str] | None = None
    offered: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)] | None = None
    question: Annotated[str, Field(pattern=r"^\w+$")] | None = None
    label: Annotated[str, Field(min_length=1)] | None = LATER
    delimiter: Delimiter | None = None
    values: tuple[str, ...] = ()
    min: float | dt.date | None = None
    max: float | dt.date | None = None
    # The upper bound by the year in the file's name, for files of one year each: a fixed `max` would move with every delivery.
    max_from_file: YearFromFile | None = LATER
    null_tokens: dict[str, MissingReason] = Field(default_factory=dict)
    varies_within: Variation | None = LATER
    privacy: Annotated[str, word("privacy")] = "public"
    keep: Literal["drop", "hash"] | None = None

    def _problems(self) -> Iterator[str]:
        yield from (f"{self.name}: {problem}" for problem in self._own_problems())

    def _own_problems(self) -> Iterator[str]:
        if self.name in RESERVED or self.name.endswith("_missing_reason"):
            yield "this is a name that the warehouse adds itself; call the column otherwise"
        yield from self._time_problems()
        if (self.thousands or self.decimal != "." or self.currency) and self.type not in NUMERIC:
            yield f"thousands, decimal and currency go with type integer or decimal, not {self.type}"
        if self.thousands == self.decimal:
            yield "thousands and decimal are the same character"
        yield from self._bound_problems()
        if self.from_file and self.from_:
            yield "from names a delivered column, and from_file a part of the file's name; write one of them"
        if self.from_period and (self.from_ or self.from_file or self.type != "date" or self.formats):
            yield "from_period is a day of the file's period; write type: date, and leave from, from_file and formats out"
        if self.files and (self.required or self.is_of_file):
            yield "files names the tables that have the column, so that it can be neither required nor a part of the file's name"
        if self.varies_within and (self.required or self.vocabulary):
            yield "varies_within makes cells NULL; leave required and vocabulary out, or write it in another column"
        if self.keep and self.privacy != "direct_identifier":
            yield "keep goes with privacy: direct_identifier; leave columns out by not naming them, or under ignore"
        if self.is_hashed and (self.type != "text" or self.values):
            yield "a keyed hash is a text like no other; write type: text, and no values"
        if self.role in ("race", "race_flag", "ethnicity") and not self.vocabulary:
            yield f"a column with role {self.role} names its vocabulary"
        if self.role == "retention" and self.type != "date":
            yield "a column with role retention is the last day on which a row may be kept; write type: date"
        yield from self._label_problems()
        if not self.is_kept and self.required:
            yield "a direct identifier is dropped before anything looks at it, so it cannot be required; write keep: hash"

    def _label_problems(self) -> Iterator[str]:
        if self.label and (self.role != "race_flag" or self.question or not isinstance(self.vocabulary, str)):
            yield "label goes with role race_flag and one vocabulary, and without question"
        elif not self.label and (self.question is not None) != (self.role in ("race_flag", "ethnicity")):
            yield (
                "a column with role race_flag or ethnicity, and no other, names its question, as labels do (Asian=1); "
                "a race_flag may name the label that a tick selects instead"
            )
        if self.question and isinstance(self.vocabulary, dict):
            yield "question goes with one vocabulary; write its name"
        if self.delimiter and (self.role != "race" or not isinstance(self.vocabulary, str)):
            yield "delimiter goes with role race and one vocabulary"
        if self.offered and (self.role not in ("race", "group") or not self.vocabulary):
            yield "offered goes with role race or group and a vocabulary; a column with a question offers its values"
        if self.offered and len({folded(label) for label in self.offered}) < len(self.offered):
            yield "offered names an answer twice"

    def _time_problems(self) -> Iterator[str]:
        if self.formats and self.type not in TIMES:
            yield f"formats goes with type date or timestamp, not {self.type}"
        for text in self.formats:
            rest = DIRECTIVE.sub("", text)
            if "%" in rest:
                yield f"formats: {text!r} has a % that is no directive of strptime; write it like %m/%d/%Y %H:%M:%S"
        zoned = ["%z" in text for text in self.formats]
        if any(zoned) and (self.type == "date" or not all(zoned) or self.timezone):
            yield "formats: %z makes it an instant; write it in every format of a timestamp without timezone, or in none"
        if self.timezone and self.type != "timestamp":
            yield f"timezone goes with type timestamp, not {self.type}"

    def _bound_problems(self) -> Iterator[str]:
        bounds = [bound for bound in (self.min, self.max) if bound is not None]
        dates = [bound for bound in bounds if isinstance(bound, dt.date)]
        numbers = [bound for bound in bounds if not isinstance(bound, dt.date)]
        if (dates and self.type not in TIMES) or (numbers and self.type not in NUMERIC):
            yield "min and max are numbers with type integer or decimal, dates with type date or timestamp"
        if not all(math.isfinite(bound) for bound in numbers):
            yield "min and max are finite; leave the other one out"
        if self.max_from_file and (self.max is not None or self.type not in ("integer", *TIMES)):
            yield "max_from_file goes with type integer, date or timestamp, and without max"
        if dates != sorted(dates) or numbers != sorted(numbers):
            yield "max is below min"

    @property
    def meaning(self) -> str:
        """What the column is: its description, else its name in words."""
        return (self.description or self.name.replace("_", " ").capitalize()).strip().rstrip(".")

    @property
    def delivered_names(self) -> tuple[str | int, ...]:
        """The names (or positions from 1) under which the column may be delivered, in order of preference."""
        return self.from_ or (self.name,)

    @property
    def is_of_file(self) -> bool:
        """Whether the name or the period of a file gives the value, and no delivered column does."""
        return bool(self.from_file or self.from_period)

    def in_file(self, name: str) -> str | None:
        """The value that the name of a file, which may be below folders or in an archive, gives to `from_file`, or None."""
        if isinstance(self.from_file, str):
            found = re.search(self.from_file, PurePosixPath(name).name)
            return found[1] if found else None
        years = ((year_in_name(glob, name), value) for glob, value in (self.from_file or {}).items())
        return next((_computed(value, year) for year, value in years if year is not None), None)

    def is_in_file(self, name: str) -> bool:
        """Whether a file of that name, which may be below folders or in an archive, has the column."""
        return self.files is None or fnmatchcase(PurePosixPath(name).name, self.files)

    @property
    def is_kept(self) -> bool:
        """Whether the column is written to disk: a direct identifier only as a keyed hash."""
        return self.privacy != "direct_identifier" or self.keep == "hash"

    @property
    def is_hashed(self) -> bool:
        """Whether the column is written as a keyed hash."""
        return self.keep == "hash"

    @property
    def is_label(self) -> bool:
        """Whether a crosswalk, not the type, defines the meaning of the text, so that the label stays as delivered."""
        return self.vocabulary is not None and self.role in ("race", "ethnicity", "race_flag", "group")

    def vocabulary_names(self) -> tuple[str, ...]:
        """The vocabularies of the column's labels."""
        if isinstance(self.vocabulary, dict):
            return tuple(name for key, name in self.vocabulary.items() if key != "by")
        return (self.vocabulary,) if self.vocabulary else ()
