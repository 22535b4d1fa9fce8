"""Copy a folder to a place where tests change it, and restore the copy afterwards by copying only the files that changed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
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
        folders, files = _listed(self.original)
        self._remove_what_differs(folders, files)
        for folder in sorted(folders):
            (self.target / folder).mkdir(parents=True, exist_ok=True)
            shutil.copystat(self.original / folder, self.target / folder)
        copied: dict[int, Path] = {}  # where a file with more than one name is already, by the inode of the original
        for name in sorted(files, key=lambda name: not (self.target / name).exists()):
            source, target = self.original / name, self.target / name
            inode = source.stat().st_ino
            if not target.exists():
                if inode in copied:
                    os.link(copied[inode], target)
                else:
                    shutil.copy2(source, target)
            copied[inode] = target
        for name, leads_to in _links_to_folders(self.original).items():
            if not (self.target / name).is_symlink():
                (self.target / name).symlink_to(leads_to)
        self._stamps = {name: _stamp(self.target / name) for name in files}
        return self.target

    def _remove_what_differs(self, folders: set[str], files: set[str]) -> None:
        if not self.target.is_dir():
            return
        present_folders, present_files = _listed(self.target)
        for name in present_files:
            with suppress(FileNotFoundError):  # a process that a test has stopped may still remove its files
                if name not in files or self._stamps.get(name) != _stamp(self.target / name):
                    (self.target / name).unlink()
        for folder in sorted(present_folders - folders, reverse=True):
            shutil.rmtree(self.target / folder, ignore_errors=True)


def _links_to_folders(root: Path) -> dict[str, Path]:
    """What each link to a folder leads to, by its path relative to `root`; a home links the folders of the dbt project."""
    links = (Path(path) / name for path, names, _ in os.walk(root) for name in names if (Path(path) / name).is_symlink())
    return {str(link.relative_to(root)): link.readlink() for link in links}


def _listed(root: Path) -> tuple[set[str], set[str]]:
    """The folders and the files of a folder, relative to it; the folder itself is "."."""
    folders, files = set(), set()
    for path, _, names in os.walk(root):
        relative = Path(path).relative_to(root)
        folders.add(str(relative))
        files |= {str(relative / name) for name in names}
    return folders, files


def _stamp(path: Path) -> Stamp:
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_ctime_ns
