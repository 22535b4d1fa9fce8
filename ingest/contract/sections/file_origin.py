"""The column keys `from_file`, a value that each file has in its name or that the contract states for it, and `max_from_file`.

See `ingest.delivery.reading.header_match`, which writes the value into the rows of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ingest.contract.words import Strict

YEAR = "{year}"  # in a glob: four digits, by which a value is computed
_COMPUTED = re.compile(r"\{year([+-]\d+)?\}")


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
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression ({error})") from None
    if not groups:
        raise ValueError(f"{value!r} has no group; put the part of the name that is the value in parentheses, like '^(v\\d+)_'")
    return value


def _plain(pattern: str) -> str:
    # DuckDB's expressions know neither look-around nor names
    if re.search(r"\(\?(?!:)|\\[1-9]", pattern):
        raise ValueError("write it without look-around, names and references: DuckDB evaluates it")
    return pattern


class YearFromFile(Strict):
    """The year in the name of a file (the first group of `year`), and so many years more, `plus_years`."""

    year: Annotated[str, BeforeValidator(_checked), AfterValidator(_plain)]
    plus_years: Annotated[int, Field(ge=0)] = 0


FromFile = Annotated[str | dict[str, str], BeforeValidator(_checked)]


def value_from_file(origin: str | Mapping[str, str], name: str) -> str | None:
    """The value for a file, whose name may be below folders or in an archive; None if nothing fits."""
    last = PurePosixPath(name).name
    if isinstance(origin, str):
        found = re.search(origin, last)
        return found[1] if found else None
    found_years = ((year_in_name(glob, last), value) for glob, value in origin.items())
    return next((_computed(value, year) for year, value in found_years if year is not None), None)


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
    """The files of each release of a publisher, as globs with `{year}`; upper and lower case are the same.

    `checked_until`: the last release whose periods a person has compared with the publisher's documentation.
    """

    names: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_dated)]
    checked_until: Annotated[int, Field(ge=1900, le=9999)] | None = None
