"""Name the files of audiences: figures, and the records of one audience each."""

from __future__ import annotations

from pathlib import Path

from warehouse.paths import ANALYST_FILE, FIGURES_FILE, PUBLIC_FILE, RECORDS_FILE

FIGURES, TEAM, PUBLIC = "figures", "team", "public"
_OF_EVERY_RELEASE = {TEAM: ANALYST_FILE, PUBLIC: PUBLIC_FILE, FIGURES: FIGURES_FILE}


def file_name(audience: str) -> str:
    """The name of the file of an audience."""
    return _OF_EVERY_RELEASE.get(audience) or RECORDS_FILE.format(audience)


def audience_of(name: str) -> str | None:
    """The audience of a file by its name; None if no audience has such a file."""
    start, end = RECORDS_FILE.split("{}")
    known = {file: audience for audience, file in _OF_EVERY_RELEASE.items()}
    is_of_records = name.startswith(start) and name.endswith(end)
    return known.get(name) or (name.removeprefix(start).removesuffix(end) if is_of_records else None)


def files_of_audiences(folder: Path) -> list[Path]:
    """The files in a folder that an earlier version does not release."""
    return sorted(path for path in folder.glob("*.duckdb") if audience_of(path.name) not in (None, TEAM, PUBLIC))
