"""Figures of persons that are wrong and are replaced before the quarter turns: `urgent_revisions.json` of a home.

`levelground corrections urgent` writes one. A run replaces the figures only if no count that a reader may have differs from the
new one by fewer persons than the threshold, see `warehouse.disclosure.states.reported_figures`.
"""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field, RootModel, ValidationError

from orchestration.settings import ConfigurationError
from warehouse.files import write_atomically
from warehouse.paths import Home


class UrgentRevision(BaseModel, frozen=True):
    """A year of a source whose figures are wrong. `until`: the clock of the release that has them; later ones are not meant."""

    source: str
    year: int
    until: dt.datetime
    why: str = Field(min_length=1, max_length=1000)
    said_by: str
    at: dt.datetime


class _Register(RootModel[tuple[UrgentRevision, ...]]):
    """The urgent revisions of a home in the order in which they were asked for."""


def read_urgent_revisions(home: Home) -> tuple[UrgentRevision, ...]:
    """The urgent revisions of a home, oldest first; ConfigurationError if the file is damaged."""
    try:
        return _Register.model_validate_json(home.urgent_revisions.read_bytes()).root
    except FileNotFoundError:
        return ()
    except ValidationError:
        raise ConfigurationError(
            f"{home.urgent_revisions} cannot be read; it has which wrong figures are replaced before a quarter turns: restore it "
            "from a backup, or delete it and ask again with `levelground corrections urgent`"
        ) from None


def add_urgent_revision(home: Home, revision: UrgentRevision) -> None:
    """Add one at the end; the next run takes it over."""
    write_atomically(home.urgent_revisions, _Register((*read_urgent_revisions(home), revision)).model_dump_json(indent=1) + "\n")
