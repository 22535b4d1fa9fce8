"""Check which accounts are in the groups that read published files, by the account databases of this machine."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Iterator
from pathlib import Path

from orchestration.doctor.check_result import CheckResult, error, ok
from orchestration.doctor.installation import Installation
from warehouse.paths import PUBLIC_FILE, Home

# accounts of web servers, as distributions name them
WEB_SERVERS = frozenset({"www-data", "nginx", "caddy", "apache", "httpd", "http", "lighttpd", "wwwrun"})
_WHY_SERVICE = "members of the service's group could read what only the service may read, such as a file written with mode 640"
_WHY_WEB = "an error in the web server or its configuration would publish records of persons"


def accounts(installation: Installation) -> Iterator[CheckResult]:
    """Find other accounts in the group of the service, and web servers in a group that reads records of persons."""
    home = installation.settings.home
    if not home.root.is_dir():
        return
    owner = home.root.stat().st_uid
    service = _account(owner)
    if service and owner != 0:
        for name in sorted(members(service.pw_gid) - {service.pw_name}):
            what = f"is in {group_name(service.pw_gid)}, the group of the account {service.pw_name} that runs Levelground"
            yield error(f"account {name}", what, _leave(name, service.pw_gid), _WHY_SERVICE)
    for path in readable_by_groups(home):
        gid = path.stat().st_gid
        readers = members(gid)
        for name in sorted(readers & WEB_SERVERS):
            yield error(path, f"the web server {name} may read it", _leave(name, gid), _WHY_WEB)
        if not readers & WEB_SERVERS:
            named = ", ".join(sorted(readers - {service.pw_name if service else ""})) or "no other account"
            yield ok(path, f"read by group {group_name(gid)}: {named}")


def readable_by_groups(home: Home) -> list[Path]:
    """The folder of analysts' files, and its files but the public ones, of which a group may read."""
    files = [path for path in sorted(home.published.glob("*.duckdb")) if path.name != PUBLIC_FILE]
    return [path for path in (home.published, *files) if path.exists() and path.stat().st_mode & 0o040]


def members(gid: int) -> set[str]:
    """The accounts of a group: those that it lists, and those whose own group it is."""
    try:
        listed = set(grp.getgrgid(gid).gr_mem)
    except KeyError:
        listed = set()
    return listed | {account.pw_name for account in pwd.getpwall() if account.pw_gid == gid}


def group_name(gid: int) -> str:
    """The name of a group; its number if it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _account(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _leave(name: str, gid: int) -> str:
    """The command that removes an account from a group."""
    group = group_name(gid)
    if pwd.getpwnam(name).pw_gid == gid:
        return f"give it a group of its own: `groupadd {name}; usermod --gid {name} {name}`"
    return f"`gpasswd --delete {name} {group}`, then start its processes again"
