"""The office's words on figures that turned out wrong in an edition: `corrections.json` of a home.

`levelground corrections add` writes one; the next run publishes it in `published.corrections`, and on the pages of the measure
and of the edition. A correction stays: who finds it wrong adds another.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field, RootModel, ValidationError

from orchestration.settings import ConfigurationError
from warehouse.files import write_atomically
from warehouse.paths import Home

# minor: the figure changes and what it says does not; substantial: a reader would conclude something else
Severity = Literal["minor", "substantial"]
MOST_CHARACTERS = 1000


class Correction(BaseModel, frozen=True):
    """What was wrong in an edition, and why. `said_by`, the account that added it, is not published; `at` is UTC."""

    edition: str
    release_id: str
    measure_id: str
    what: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    why: str | None = Field(default=None, max_length=MOST_CHARACTERS)
    severity: Severity
    said_by: str
    at: dt.datetime


class _Register(RootModel[tuple[Correction, ...]]):
    """The corrections of a home in the order in which they were said."""


def read_corrections(home: Home) -> tuple[Correction, ...]:
    """The corrections of a home, oldest first; ConfigurationError if the file is damaged."""
    try:
        return _Register.model_validate_json(home.corrections.read_bytes()).root
    except FileNotFoundError:
        return ()
    except ValidationError:
        raise ConfigurationError(
            f"{home.corrections} cannot be read; it has what the office has said of its figures: restore it from a backup"
        ) from None


def add_correction(home: Home, correction: Correction) -> None:
    """Add a correction at the end; the next run publishes it."""
    known = read_corrections(home)
    write_atomically(home.corrections, _Register((*known, correction)).model_dump_json(indent=1) + "\n")
