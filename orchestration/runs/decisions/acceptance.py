"""A person's decision to accept one held-back load: `accepted.json` in the folder of the load.

`levelground sources accept` writes it; the next run promotes the load although its gate failed.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ingest.delivery import DeliveryStore
from warehouse.files import write_atomically

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
