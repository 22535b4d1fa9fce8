"""Replace an old folder by a written one, complete what a kill interrupts, serve it here, and copy what is public into `public/`.

The copies have modes of their own: published files are links to the release, and only groups of readers may read these. An
operator replaces `public/` by a link to a folder outside the home (docs/deploy/README.md).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from orchestration.scorecard.editions import carry_over
from warehouse.files import sync
from warehouse.paths import EVERYONE, EXPORTS, PUBLIC_FILE, Home

NEXT, BEFORE = ".scorecard-next-", ".scorecard-before"
_OF_EDITION = f"{BEFORE}-"  # and the name of the folder of the edition


def before_of(site: Path, edition: str | None = None) -> Path:
    """Return where the old folder of the site, or of one of its editions, is until the new one is in place."""
    return site.with_name(BEFORE if edition is None else f"{_OF_EDITION}{edition}")


def save(path: Path, content: str | bytes) -> None:
    """Write a file of a site, and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def set_modes(path: Path, folder_mode: int, file_mode: int) -> None:
    """Set the modes of a file, or of a folder and everything in it."""
    for each in (path, *path.rglob("*")):
        each.chmod(folder_mode if each.is_dir() else file_mode)


def replace_folder(folder: Path, building: Path, before: Path) -> None:
    """Rename `folder` to `before` and `building` to `folder`, which takes over the editions; then delete the old one."""
    if folder.exists():
        folder.rename(before)
    try:
        building.rename(folder)
    except OSError:
        if before.exists():
            before.rename(folder)
        raise
    if before.exists():
        carry_over(before, folder)
    shutil.rmtree(before, ignore_errors=True)


def repair(site: Path) -> None:
    """Delete what a killed build left; put back an old folder if the kill was between two renames."""
    before = before_of(site)
    if before.exists():
        if site.exists():
            carry_over(before, site)
        else:
            before.rename(site)
    of_editions = sorted(site.parent.glob(f"{_OF_EDITION}*"))
    for edition in of_editions:
        folder = site / edition.name.removeprefix(_OF_EDITION)
        if site.exists() and not folder.exists():
            edition.rename(folder)
    for leftover in [before, *of_editions, *site.parent.glob(f"{NEXT}*")]:
        shutil.rmtree(leftover, ignore_errors=True)


FILE_MODE = 0o644
SITE = "scorecard"
ENTRIES = (PUBLIC_FILE, EXPORTS, SITE)
NEXT_COPY, COPY_BEFORE = ".next-", ".before-"


def refresh_public(home: Home) -> None:
    """Make `public/` a copy of the public file, its exports and the scorecard of the published release; OSError if it cannot."""
    if not home.public.is_dir():
        home.public.mkdir(mode=EVERYONE)
        home.public.chmod(EVERYONE)  # whatever the umask of the service
    for leftover in [*home.public.glob(f"{NEXT_COPY}*"), *home.public.glob(f"{COPY_BEFORE}*")]:
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
    building, before = target.with_name(f"{NEXT_COPY}{target.name}"), target.with_name(f"{COPY_BEFORE}{target.name}")
    if source.is_dir():
        shutil.copytree(source, building)
    else:
        shutil.copy2(source, building)
    set_modes(building, EVERYONE, FILE_MODE)
    if target.is_dir():
        target.rename(before)
    building.replace(target)
    _remove(before)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Log nothing: there is one reader."""


def serve(folder: Path, port: int, started: Callable[[str], None]) -> None:
    """Serve the folder on localhost until the process is interrupted; `started` receives the address."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder))) as server:
        started(f"http://127.0.0.1:{server.server_address[1]}/")
        server.serve_forever()
