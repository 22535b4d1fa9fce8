"""Give the published files to their readers: a group of the operating system per audience, as `published/readers.json` has it.

Accounts enter `published/` by the group of that folder. A file of records without a group of its own, or whose group does not
exist, is for its owner alone. Every other file stays readable for the group of the folder, until the city gives it another one.
"""

from __future__ import annotations

import grp
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from warehouse.audiences.names import FIGURES, PUBLIC, TEAM, audience_of, file_name, files_of_audiences
from warehouse.files import write_atomically
from warehouse.paths import Home

GROUP_READS, OWNER_READS = 0o440, 0o400
READABLE = 0o644  # `levelground query` of every account that may enter the folder reads readers.json; it contains no figure
# These contain no row of a record, or are as open as the folder has always been.
_AS_THE_FOLDER = (FIGURES, TEAM, PUBLIC)


class Reader(BaseModel, frozen=True):
    """The readers of one file: their group, the variable with the key of the file, and its tables."""

    group: str | None = None
    key_env: str | None = None
    tables: tuple[str, ...] = ()


_READERS = TypeAdapter(dict[str, Reader])


def read_readers(home: Home) -> dict[str, Reader]:
    """The readers of each audience; none before the first run, or if the file cannot be read."""
    try:
        return _READERS.validate_json(home.readers.read_bytes())
    except (OSError, ValueError):
        return {}


def set_groups(home: Home, groups: Mapping[str, str | None]) -> list[str]:
    """Record the group of each audience, and give it the published files; a sentence per file that its group cannot read."""
    known = read_readers(home)
    names = dict.fromkeys((*groups, *known))
    readers = {name: known.get(name, Reader()).model_copy(update={"group": groups.get(name)}) for name in names}
    _write(home, {name: reader for name, reader in readers.items() if reader.group or reader.tables})
    return [problem for path in _published(home) if (problem := give(home, path)) is not None]


def set_tables(home: Home, files: Iterable[tuple[str, Iterable[str], str | None]]) -> None:
    """Record the tables of the published files of audiences, and the names of their keys."""
    known = read_readers(home)
    readers = {name: Reader(group=reader.group) for name, reader in known.items() if reader.group}
    for audience, tables, key_env in files:
        group = readers.get(audience, Reader()).group
        readers[audience] = Reader(group=group, key_env=key_env, tables=tuple(tables))
    _write(home, readers)


def give(home: Home, path: Path, name: str = "") -> str | None:
    """Set group and mode of a file that is, or becomes, the published file `name`; a sentence if its group cannot read it."""
    name = name or path.name
    audience = audience_of(name) or TEAM
    group = read_readers(home).get(audience, Reader()).group
    if group is None:
        path.chmod(GROUP_READS if audience in _AS_THE_FOLDER else OWNER_READS)
        return None
    path.chmod(OWNER_READS)  # first: the group of the folder never reads it
    try:
        os.chown(path, -1, grp.getgrnam(group).gr_gid)
    except KeyError:
        why, remedy = f"there is no group {group} on this machine", f"create it (`groupadd {group}`)"
    except PermissionError:
        why, remedy = f"this user is not in the group {group}", f"add it (`usermod -aG {group} NAME`) and start the run again"
    else:
        path.chmod(GROUP_READS)
        return None
    return f"{name} is for its owner alone: {why}; {remedy}, or name another group in city.yml under audiences"


def why_unreadable(path: Path, group: str) -> str | None:
    """Why a group does not read a published file; None if it does."""
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        return f"there is no group {group} on this machine"
    state = path.stat()
    return None if state.st_gid == gid and state.st_mode & 0o040 else f"is not for the group {group}, which city.yml names"


def file_of(home: Home, audience: str) -> Path:
    """The published file of an audience."""
    return home.published / file_name(audience)


def _published(home: Home) -> Iterator[Path]:
    yield from (path for path in (home.published_analyst, home.published_public) if path.is_file())
    yield from files_of_audiences(home.published)


def _write(home: Home, readers: Mapping[str, Reader]) -> None:
    content = _READERS.dump_python(dict(sorted(readers.items())), mode="json", exclude_defaults=True)
    text = json.dumps(content, indent=1) + "\n"
    if content or home.readers.exists():
        write_atomically(home.readers, text, mode=READABLE)
