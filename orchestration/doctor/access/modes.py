"""Check modes and owners: folders of the home, published files, the public folder, the file with the secrets of services."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.scorecard.public_folder import ENTRIES, is_copy, misset
from warehouse.paths import DROP

OTHERS = stat.S_IRWXG | stat.S_IRWXO
ENVIRONMENT_FILE = Path("/etc/levelground/environment")  # of the services in docs/deploy/


def permissions(installation: Installation) -> Iterator[CheckResult]:
    """Check that this user can write where a run writes, and that only the owner can read private folders."""
    home = installation.settings.home
    if not home.root.is_dir():
        parent = next(folder for folder in home.root.parents if folder.exists())
        if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
            yield error(parent, f"this user may not create {home.root} here")
        return
    for folder in (*home.shared, *home.private):
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            remedy = f"run Levelground as the owner of the home, or `chown -R {os.getuid()} {home.root}`"
            yield error(folder, "this user may not write here", remedy)
    for path in (*home.private, home.internal_scorecard, home.tried, home.warehouse):
        if path.exists() and path.stat().st_mode & OTHERS:
            remedy = f"`chmod {'600' if path.is_file() else '700'} {path}`"
            why = "deliveries, landing and run internals hold private columns"
            yield warning(path, "users other than its owner may read it", remedy, why)
    for folder in home.shared:
        if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            yield error(
                folder, "every user may write here", f"`chmod o-w {folder}`", "any user could replace the published files"
            )
    if home.questions.is_dir() and stat.S_IMODE(home.questions.stat().st_mode) & ~stat.S_ISGID != DROP:
        why = "its group writes questions there and reads none; no other account enters it"
        yield warning(home.questions, "has another mode than 1730", f"`chmod 1730 {home.questions}`", why)
    if home.questions.is_dir() and home.questions.stat().st_gid != home.published.stat().st_gid:
        why = "what readers of published/ query is not in the log of questions"
        remedy = f"`chgrp {home.published.stat().st_gid} {home.questions}`"
        yield warning(home.questions, "has another group than published/", remedy, why)
    for path in (home.published, home.docs, *sorted(home.published.glob("*.duckdb"))):
        mode = path.stat().st_mode if path.exists() else 0
        if mode & (stat.S_IROTH | stat.S_IXOTH) and not mode & stat.S_IWOTH:
            why = "groups decide who reads it; what everyone may read is copied to public/"
            yield warning(path, "accounts outside the groups of readers may read it", f"`chmod o-rwx {path}`", why)


def public(installation: Installation) -> Iterator[CheckResult]:
    """Check that `public/` is a copy of the public files, that everyone may read it, and that it contains nothing else."""
    home = installation.settings.home
    if not home.published_public.is_file():
        return
    if not home.public.is_dir():
        yield warning(home.public, "does not exist")
        return
    if home.public.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        why = "they could replace what the public reads"
        yield error(home.public, "accounts other than its owner may write here", f"`chmod 755 {home.public}/`", why)
    for path in sorted(path for path in home.public.iterdir() if path.name not in ENTRIES):
        yield error(path, "is not of the release, and everyone may read it", f"move it elsewhere: `mv {path} {home.temporary}`")
    stale = []
    for name in ENTRIES:
        source, target = home.published / name, home.public / name
        if not target.exists() or not source.exists():
            stale += [name] if target.exists() != source.exists() else []
        elif wrong := misset(target):
            what = f"{len(wrong)} paths have other modes than 0644 and 0755, the first {wrong[0].relative_to(home.public)}"
            yield warning(target, what, f"`chmod -R u=rwX,go=rX {target}`", "a web server may not read them, or may write them")
        elif not is_copy(source, target):
            stale.append(name)
    if stale:
        yield warning(home.public, f"{', '.join(stale)}: not those of the published release")
    else:
        served = home.public.resolve()
        inside = served.is_relative_to(home.root.resolve()) and not home.root.stat().st_mode & stat.S_IXOTH
        yield ok(served, "only accounts that may enter the home reach it" if inside else "everyone may read it")


def environment_file(installation: Installation) -> Iterator[CheckResult]:
    """Check that only root can read the file with the secrets of the services; systemd reads it as root."""
    del installation
    path = ENVIRONMENT_FILE
    try:
        found = path.stat()
    except FileNotFoundError:
        yield ok(path, "does not exist: no service of docs/deploy/ is set up here")
        return
    except PermissionError:
        yield ok(path, "this account may not enter its folder")
        return
    if found.st_uid != 0 or found.st_mode & OTHERS:
        yield error(
            path,
            f"has mode {stat.S_IMODE(found.st_mode):04o} and the owner {found.st_uid}",
            f"`chown root:root {path} && chmod 600 {path}`",
        )
    else:
        yield ok(path, "only root may read it")
