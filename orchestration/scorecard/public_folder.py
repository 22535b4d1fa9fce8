"""Copy what the public may read into `public/`, which a web server serves without access to the rest of the home.

The copies have modes of their own: published files are links to the release, and only groups of readers may read these. An
operator replaces the folder by a link to one outside the home (docs/deploy/README.md).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.files import sync
from warehouse.paths import EVERYONE, EXPORTS, PUBLIC_FILE, Home

FILE_MODE = 0o644
SITE = "scorecard"
ENTRIES = (PUBLIC_FILE, EXPORTS, SITE)
NEXT, BEFORE = ".next-", ".before-"


def refresh_public(home: Home) -> None:
    """Make `public/` a copy of the public file, its exports and the scorecard of the published release; OSError if it cannot."""
    if not home.public.is_dir():
        home.public.mkdir(mode=EVERYONE)
        home.public.chmod(EVERYONE)  # whatever the umask of the service
    for leftover in [*home.public.glob(f"{NEXT}*"), *home.public.glob(f"{BEFORE}*")]:
        _remove(leftover)
    for name in ENTRIES:
        source, target = home.published / name, home.public / name
        if not source.exists():
            _remove(target)
        elif not is_copy(source, target):
            _replace(source, target)
    sync(home.public)


def is_copy(source: Path, target: Path) -> bool:
    """Whether a file or folder is a copy of the published one, with the modes for everyone."""
    return target.exists() and _listing(source) == _listing(target) and not misset(target)


def misset(target: Path) -> list[Path]:
    """The files and folders of a copy, itself included, that have another mode than 0644 and 0755."""
    paths = [target, *sorted(target.rglob("*"))]
    return [path for path in paths if path.lstat().st_mode & 0o7777 != (EVERYONE if path.is_dir() else FILE_MODE)]


def _listing(root: Path) -> dict[str, tuple[int, int]]:
    """Sizes and times of the files; a copy has the time of its original."""
    paths = [root] if root.is_file() else [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def _replace(source: Path, target: Path) -> None:
    """Two renames: a reader gets the old copy or the new one, never a part."""
    building, before = target.with_name(f"{NEXT}{target.name}"), target.with_name(f"{BEFORE}{target.name}")
    if source.is_dir():
        shutil.copytree(source, building)
    else:
        shutil.copy2(source, building)
    for path in [building, *building.rglob("*")]:
        path.chmod(EVERYONE if path.is_dir() else FILE_MODE)
    if target.is_dir():
        target.rename(before)
    building.replace(target)
    _remove(before)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
