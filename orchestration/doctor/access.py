"""Check who may read what: modes and owners of the home, the public folder and the file with secrets; and members of groups."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from orchestration.doctor.installation import CheckResult, Installation, error, ok, warning
from orchestration.scorecard.folders import ENTRIES, is_copy, misset
from warehouse.paths import DROP, PUBLIC_FILE

# accounts of web servers, as distributions name them
WEB_SERVERS = frozenset({"www-data", "nginx", "caddy", "apache", "httpd", "http", "lighttpd", "wwwrun"})


def accounts(installation: Installation) -> Iterator[CheckResult]:
    """Find other accounts in the group of the service, and web servers in a group that reads records of persons."""
    home = installation.settings.home
    if not home.root.is_dir():
        return
    service: pwd.struct_passwd | None = None
    with suppress(KeyError):
        service = pwd.getpwuid(home.root.stat().st_uid)
    if service and service.pw_uid != 0:
        group, others = _group(service.pw_gid)
        for name in sorted(others - {service.pw_name}):
            what = f"is in {group}, the group of the account {service.pw_name} that runs Levelground"
            yield error(f"account {name}", what, "accounts/service", leave=_leave(name, service.pw_gid))
    files = (path for path in sorted(home.published.glob("*.duckdb")) if path.name != PUBLIC_FILE)
    for path in (home.published, *files):
        if not path.exists() or not path.stat().st_mode & stat.S_IRGRP:
            continue
        gid = path.stat().st_gid
        group, readers = _group(gid)
        for name in sorted(readers & WEB_SERVERS):
            yield error(path, f"the web server {name} may read it", "accounts/web server", leave=_leave(name, gid))
        if not readers & WEB_SERVERS:
            named = ", ".join(sorted(readers - {service.pw_name if service else ""})) or "no other account"
            yield ok(path, f"read by group {group}: {named}")


def _group(gid: int) -> tuple[str, set[str]]:
    """The name of a group, or its number, and its accounts: those that it lists, and those whose own group it is."""
    name, listed = str(gid), list[str]()
    with suppress(KeyError):
        name, listed = grp.getgrgid(gid).gr_name, grp.getgrgid(gid).gr_mem
    return name, {*listed, *(account.pw_name for account in pwd.getpwall() if account.pw_gid == gid)}


def _leave(name: str, gid: int) -> str:
    """The command that removes an account from a group."""
    if pwd.getpwnam(name).pw_gid == gid:
        return f"give it a group of its own: `groupadd {name}; usermod --gid {name} {name}`"
    return f"`gpasswd --delete {name} {_group(gid)[0]}`, then start its processes again"


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
            yield error(folder, "this user may not write here", "permissions/owner", user=os.getuid(), home=home.root)
    for path in (*home.private, home.internal_scorecard, home.tried, home.warehouse):
        if path.exists() and path.stat().st_mode & OTHERS:
            own = "600" if path.is_file() else "700"
            yield warning(path, "users other than its owner may read it", "permissions/private", mode=own)
    for folder in home.shared:
        if folder.is_dir() and folder.stat().st_mode & stat.S_IWOTH:
            yield error(folder, "every user may write here", "permissions/writable")
    if home.questions.is_dir() and stat.S_IMODE(home.questions.stat().st_mode) & ~stat.S_ISGID != DROP:
        yield warning(home.questions, "has another mode than 1730", "permissions/questions")
    if home.questions.is_dir() and home.questions.stat().st_gid != (group := home.published.stat().st_gid):
        yield warning(home.questions, "has another group than published/", "permissions/group of questions", group=group)
    for path in (home.published, home.docs, *sorted(home.published.glob("*.duckdb"))):
        mode = path.stat().st_mode if path.exists() else 0
        if mode & (stat.S_IROTH | stat.S_IXOTH) and not mode & stat.S_IWOTH:
            yield warning(path, "accounts outside the groups of readers may read it", "permissions/readers")


def public(installation: Installation) -> Iterator[CheckResult]:
    """Check that `public/` is a copy of the public files, that everyone may read it, and that it contains nothing else."""
    home = installation.settings.home
    if not home.published_public.is_file():
        return
    if not home.public.is_dir():
        yield warning(home.public, "does not exist")
        return
    if home.public.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield error(home.public, "accounts other than its owner may write here", "public folder/writable")
    for path in sorted(path for path in home.public.iterdir() if path.name not in ENTRIES):
        yield error(path, "is not of the release, and everyone may read it", "public folder/foreign", temporary=home.temporary)
    stale = []
    for name in ENTRIES:
        source, target = home.published / name, home.public / name
        if not target.exists() or not source.exists():
            stale += [name] if target.exists() != source.exists() else []
        elif wrong := misset(target):
            what = f"{len(wrong)} paths have other modes than 0644 and 0755, the first {wrong[0].relative_to(home.public)}"
            yield warning(target, what, "public folder/modes")
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
        yield error(path, f"has mode {stat.S_IMODE(found.st_mode):04o} and the owner {found.st_uid}")
    else:
        yield ok(path, "only root may read it")
