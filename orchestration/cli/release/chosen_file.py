"""Choose the released file that a command reads: the widest that this account may read, or the one that an option names.

The analyst file is wider than the one of figures, and that is wider than the records of one audience. Only `published/` is read,
so that an analyst's account needs no other folder of the home.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_UNEXPECTED
from warehouse.audiences.access import Reader, file_of, read_readers
from warehouse.audiences.keys import NoKey, key_of
from warehouse.audiences.names import FIGURES, PUBLIC, TEAM
from warehouse.paths import Home
from warehouse.printable import did_you_mean


class CannotShow(Exception):
    """A command cannot display what it was asked for; the message contains the next command."""

    def __init__(self, message: str, exit_code: int = EXIT_BAD_ARGUMENTS) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class ChosenFile:
    """A published file, its audience, and its key if it is encrypted."""

    path: Path
    audience: str
    key: str | None = None


def choose_file(home: Home, *, public: bool = False, figures: bool = False, audience: str | None = None) -> ChosenFile:
    """The file that the options name, else the widest that this account may read; `CannotShow` with the reason and a remedy."""
    named = [name for name, is_named in ((PUBLIC, public), (FIGURES, figures), (audience, audience is not None)) if is_named]
    if len(named) > 1:
        raise CannotShow("--public, --figures and --audience each name a file; choose one of them")
    readers = read_readers(home)
    others = sorted(set(readers) - {TEAM, FIGURES, PUBLIC})
    why_not: list[str] = []
    for name in map(str, named or (TEAM, FIGURES, *others, PUBLIC)):
        path = file_of(home, name)
        if not _exists(path):
            continue
        if not os.access(path, os.R_OK):
            why_not.append(_no_permission(home, name, readers))
            continue
        try:
            return ChosenFile(path, name, key_of(readers.get(name, Reader()).key_env, path.name))
        except NoKey as error:
            why_not.append(str(error))
    if named and not why_not and others and _exists(file_of(home, TEAM)) and name not in (PUBLIC, TEAM):
        raise CannotShow(f"the release has no file of {name!r}. {did_you_mean(name, others)}It has {', '.join(others)}")
    raise CannotShow(why_not[0] if why_not else _nothing(home), EXIT_UNEXPECTED)


def audiences_with(home: Home, table: str) -> Iterator[str]:
    """The audiences whose file has a table of this name, with or without its schema."""
    for name, reader in read_readers(home).items():
        if any(table in (known, known.partition(".")[2]) for known in reader.tables):
            yield name


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return False


def _nothing(home: Home) -> str:
    if home.root.exists() and not os.access(home.root, os.X_OK):
        return f"{_account()} may not enter {home.root}; ask the data team for the group of your audience"
    return f"nothing is published in {home.published} yet; `levelground run` makes a release"


def _no_permission(home: Home, name: str, readers: dict[str, Reader]) -> str:
    group = readers.get(name, Reader()).group
    is_open = name in (TEAM, FIGURES, PUBLIC)
    whose = f"the group {group}" if group else "the group of its folder" if is_open else "its owner alone"
    others = [other for other in (FIGURES, PUBLIC) if other != name and os.access(file_of(home, other), os.R_OK)]
    instead = f", or read the {others[0]} with --{others[0]}" if others else ""
    return f"{_account()} may not read {file_of(home, name)}, which is for {whose}; ask the data team to add you{instead}"


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
