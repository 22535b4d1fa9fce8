"""Read `guesses.yml`: by which names of columns and forms of cells a draft guesses what a column is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ingest.contract.yaml_source import read_yaml

FILE = Path(__file__).with_name("guesses.yml")


@cache
def guesses() -> dict[str, Any]:
    """The content of the file."""
    found: dict[str, Any] = read_yaml(FILE).data
    return found


def is_named(kind: str, name: str) -> bool:
    """Whether the name of a column is of a kind, a key of `names`."""
    return fits(guesses()["names"][kind], name)


def fits(names: str | Sequence[str], name: str) -> bool:
    """Whether a name fits a regular expression, or has one of several words between its underscores."""
    listed = [names] if isinstance(names, str) else [each if each[0] == "^" else f"(^|_)({each})($|_)" for each in names]
    return any(re.search(pattern, name) for pattern in listed)
