"""Copy a folder to a place where tests change it, and restore the copy afterwards by copying only the files that changed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

Stamp = tuple[int, int, int]


class Copy:
    """A copy of a folder. `restore` makes it equal to the original again.

    A file has changed if its inode, size or time of change differ from those that it was copied with: writing, replacing, linking
    and changing permissions all set the time of change, and no program can set it back. Hard links between files are kept.
    """

    def __init__(self, original: Path, target: Path) -> None:
        self.original, self.target = original, target
        self._stamps: dict[str, Stamp] = {}

    def restore(self) -> Path:
        """Make the copy equal to the original; return where it is."""
        original = _listed(self.original)
        kept = self._remove_what_differs(original)
        for folder in sorted(original.folders):
            (self.target / folder).mkdir(parents=True, exist_ok=True)
            shutil.copystat(self.original / folder, self.target / folder)
        # where a file with more than one name is already, by the inode of the original
        copied = {original.files[name]: name for name in kept}
        for name in sorted(original.files.keys() - kept):
            inode = original.files[name]
            if inode in copied:
                os.link(self.target / copied[inode], self.target / name)
            else:
                shutil.copy2(self.original / name, self.target / name)
            copied[inode] = name
        for name, leads_to in original.links.items():
            if not (self.target / name).is_symlink():
                (self.target / name).symlink_to(leads_to)
        root = os.fspath(self.target)
        self._stamps = {name: _stamp(f"{root}/{name}") for name in original.files}
        return self.target

    def _remove_what_differs(self, original: _Listed) -> set[str]:
        """The names of the files that stay."""
        if not self.target.is_dir():
            return set()
        present, root, kept = _listed(self.target), os.fspath(self.target), set()
        for name in present.files:
            with suppress(FileNotFoundError):  # a process that a test has stopped may still remove its files
                if name in original.files and self._stamps.get(name) == _stamp(f"{root}/{name}"):
                    kept.add(name)
                else:
                    (self.target / name).unlink()
        for folder in sorted(present.folders - original.folders, reverse=True):
            shutil.rmtree(self.target / folder, ignore_errors=True)
        return kept


@dataclass
class _Listed:
    """What a folder contains, by the path relative to it; the folder itself is "."."""

    folders: set[str] = field(default_factory=set)
    files: dict[str, int] = field(default_factory=dict)  # with their inodes
    links: dict[str, Path] = field(default_factory=dict)  # to folders, like those of a home to the dbt project


def _listed(root: Path) -> _Listed:
    """The entries of a folder: a home has 2,000 files, and tests restore its copy a hundred times."""
    found, pending = _Listed(), ["."]
    while pending:
        folder = pending.pop()
        found.folders.add(folder)
        with os.scandir(root / folder) as entries:
            for entry in entries:
                name = entry.name if folder == "." else f"{folder}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    pending.append(name)
                elif entry.is_symlink() and entry.is_dir():
                    found.links[name] = Path(entry.path).readlink()
                else:
                    found.files[name] = entry.stat().st_ino if entry.is_symlink() else entry.inode()
    return found


def _stamp(path: str) -> Stamp:
    found = os.lstat(path)
    return found.st_ino, found.st_size, found.st_ctime_ns
