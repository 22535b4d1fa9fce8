"""The version of Levelground that works on a home: `home.json` records the newest one, and an older one is refused.

A newer version migrates tables and files, which an older one does not know: it would read some of them wrong.
"""

from __future__ import annotations

import json
from importlib.metadata import version

from packaging.version import InvalidVersion, Version

from warehouse.files import write_atomically
from warehouse.paths import Home

KEY = "version"
FIRST = "0.1.0"  # which recorded none


class HomeOfNewerVersion(Exception):
    """A newer version has worked on the home."""

    def __init__(self, home: Home, newer: str) -> None:
        super().__init__(
            f"the home {home.root} was used by Levelground {newer}, and this is {own_version()}, which could read wrong what the "
            f"newer one wrote; nothing was changed. Install Levelground {newer} or later; or restore the backup of the home from "
            f"before the upgrade, and go on with {own_version()}"
        )


def own_version() -> str:
    """The version of the installed Levelground."""
    return version("levelground")


def recorded_version(home: Home) -> str:
    """The newest version that worked on the home; that of the first one if nothing records it."""
    try:
        recorded = json.loads(home.home_json.read_bytes()).get(KEY, FIRST)
        return str(Version(recorded))
    except (OSError, ValueError, AttributeError, TypeError, InvalidVersion):
        return FIRST


def check_version(home: Home) -> None:
    """Raise `HomeOfNewerVersion` if a newer version has worked on the home."""
    recorded = recorded_version(home)
    if Version(recorded) > Version(own_version()):
        raise HomeOfNewerVersion(home, recorded)


def record_version(home: Home) -> None:
    """Write into `home.json` that this version works on the home; call it under the run lock, before anything is migrated."""
    if home.home_json.is_file() and recorded_version(home) != own_version():
        known = json.loads(home.home_json.read_bytes())
        write_atomically(home.home_json, json.dumps(known | {KEY: own_version()}, indent=1, ensure_ascii=False) + "\n")
