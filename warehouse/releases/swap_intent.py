"""Record which release a swap is publishing, from before its first file moves until after the last one.

See `swapping` for the swap, and `recovery` for completing an interrupted one.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from warehouse.files import write_atomically
from warehouse.paths import Home


class SwapIntent(BaseModel):
    """The release of a swap. `is_new`: it was never published, so the swap also publishes its disclosure ledger."""

    model_config = ConfigDict(frozen=True)

    release_id: str
    is_new: bool = False


def write_intent(home: Home, release_id: str, *, is_new: bool) -> None:
    """Record the release; after a kill, the next start completes the swap."""
    write_atomically(home.swap_intent, SwapIntent(release_id=release_id, is_new=is_new).model_dump_json())


def read_intent(home: Home) -> SwapIntent:
    """The recorded release; ValueError if the file cannot be read."""
    return SwapIntent.model_validate_json(home.swap_intent.read_bytes())
