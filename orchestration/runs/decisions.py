"""What people have decided: to accept a delivery that was held back, and what to say of figures that turned out wrong.

`levelground sources accept` writes `accepted.json` into the folder of a load; the next run promotes the load although its gate
failed. `levelground corrections add` writes a correction; the next run publishes it in `published.corrections`, and on the pages
of the measure and of the edition. A correction stays: who finds it wrong adds another. `levelground corrections urgent` lets a
run replace figures of persons before the quarter turns, if no count that a reader may have differs from the new one by fewer
persons than the threshold, see `warehouse.disclosure.states.reported_figures`.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from ingest.delivery import DeliveryStore
from orchestration.settings import ConfigurationError
from warehouse.files import write_atomically
from warehouse.paths import Home

ACCEPTED = "accepted.json"
# In the folder of a source, which stays when its loads are removed.
CORRECTED_MAP = "corrected-map.json"


class Acceptance(BaseModel, frozen=True):
    """Who accepted a held-back load, why, and when (UTC, ISO format)."""

    accepted_by: str
    reason: str
    at: str


def read_acceptance(store: DeliveryStore, load_id: str) -> Acceptance | None:
    """The acceptance of a load; None if it was not accepted, or if the file is damaged: then it can be accepted again."""
    try:
        return Acceptance.model_validate_json((store.folder / load_id / ACCEPTED).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def accept_load(store: DeliveryStore, load_id: str, acceptance: Acceptance) -> None:
    """Record the acceptance; the next run promotes the load."""
    write_atomically(store.folder / load_id / ACCEPTED, acceptance.model_dump_json(indent=1))


def keep_corrected_map(store: DeliveryStore, load_id: str) -> None:
    """Record that a person accepted other lines of a map in force; `corrected_maps` lists the source from then on."""
    write_atomically(store.folder / CORRECTED_MAP, json.dumps({"load_id": load_id}))


def corrected_maps(deliveries: Path) -> tuple[str, ...]:
    """The sources whose map has other lines than the one that the codes of blocks were written for."""
    return tuple(sorted(path.parent.name for path in deliveries.glob(f"*/{CORRECTED_MAP}")))


# minor: the figure changes and what it says does not; substantial: a reader would conclude something else
Severity = Literal["minor", "substantial"]
MOST_CHARACTERS = 1000
Said = TypeVar("Said")


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


class UrgentRevision(BaseModel, frozen=True):
    """A year of a source whose figures are wrong. `until`: the clock of the release that has them; later ones are not meant."""

    source: str
    year: int
    until: dt.datetime
    why: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    said_by: str
    at: dt.datetime


def read_corrections(home: Home) -> tuple[Correction, ...]:
    """The corrections of a home, oldest first; ConfigurationError if the file is damaged."""
    what = "what the office has said of its figures: restore it from a backup"
    return _read(home.corrections, TypeAdapter(tuple[Correction, ...]), what)


def read_urgent_revisions(home: Home) -> tuple[UrgentRevision, ...]:
    """The urgent revisions of a home, oldest first; ConfigurationError if the file is damaged."""
    what = (
        "which wrong figures are replaced before a quarter turns: restore it from a backup, or delete it and ask again with "
        "`levelground corrections urgent`"
    )
    return _read(home.urgent_revisions, TypeAdapter(tuple[UrgentRevision, ...]), what)


def add_statement(home: Home, said: Correction | UrgentRevision) -> None:
    """Add one at the end; the next run publishes a correction, and takes an urgent revision over."""
    is_correction = isinstance(said, Correction)
    file, read = (home.corrections, read_corrections) if is_correction else (home.urgent_revisions, read_urgent_revisions)
    register = TypeAdapter(tuple[Correction | UrgentRevision, ...])
    write_atomically(file, register.dump_json((*read(home), said), indent=1).decode() + "\n")


def _read(path: Path, register: TypeAdapter[tuple[Said, ...]], what: str) -> tuple[Said, ...]:
    try:
        return register.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except ValidationError:
        raise ConfigurationError(f"{path} cannot be read; it has {what}") from None
