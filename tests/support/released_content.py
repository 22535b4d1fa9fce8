"""The content hash of the current release, of tables for analysts too: `current.json` has that of the public tables alone."""

from __future__ import annotations

import json
from pathlib import Path

from warehouse.paths import MANIFEST_FILE, Home


def released_content(home: Path) -> str:
    """The hash of the home's published release."""
    paths = Home(home)
    release_id = json.loads(paths.current_json.read_bytes())["release_id"]
    return str(json.loads((paths.release(release_id) / MANIFEST_FILE).read_bytes())["content_hash"])
