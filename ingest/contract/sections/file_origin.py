"""The column keys `from_file`, a value that each file has in its name or that the contract states for it, and `max_from_file`.

See `ingest.delivery.reading.header_match`, which writes the value into the rows of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ingest.contract.words import Strict


def _checked(value: Any) -> str | dict[str, str]:
    if isinstance(value, Mapping):
        if not value or not all(isinstance(glob, str) for glob in value):
            raise ValueError("write the file of each value, like {'v147_*_r2026.csv': 2021-01-01}")
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
    return next((value for glob, value in origin.items() if fnmatchcase(last, glob)), None)
