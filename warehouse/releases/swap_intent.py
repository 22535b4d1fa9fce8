"""Which release is on its way into `published/`: written before the first file moves, gone after the last.

Belongs here: the file. Does not: the swap (`swapping`), or completing one that was cut off (`recovery`).
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from warehouse.files import write_atomically
from warehouse.paths import Home


class Intent(BaseModel):
    """`is_new`: nobody has seen the release yet, and what disclosure control must remember of it goes out with it."""

    model_config = ConfigDict(frozen=True)

    release_id: str
    is_new: bool = False


def intend(home: Home, release_id: str, *, is_new: bool) -> None:
    """From here on, whoever starts next publishes the release."""
    write_atomically(home.swap_intent, Intent(release_id=release_id, is_new=is_new).model_dump_json())


def intended(home: Home) -> Intent:
    """What the file says; ValueError if it cannot be read."""
    return Intent.model_validate_json(home.swap_intent.read_bytes())
