"""Refuse what no contract may reach: local files by URL, link-local addresses, and variables that are not its own.

A layer may come from elsewhere. `levelground cities check` lists what is left for a person to decide. See
`ingest.connectors.allowed_hosts` for redirects and for the addresses of names.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

LOCAL_SCHEMES = ("file", "local")
WEB_SCHEMES = ("http", "https")
_CHAIN = re.compile(r"::(?![^\[]*\])")  # fsspec chains addresses; IPv6 has the same sign in brackets
# a database of the office may have a variable with the prefix of the settings, such as LEVELGROUND_DER_DATABASE_URL
_OWN = re.compile(r"LEVELGROUND_(?!(?:\w+_)?DATABASE_URL$).*")
_OF_THE_SYSTEM = re.compile(
    r"(?:DAGSTER|DBT|DUCKDB|LD|DYLD|LC|XDG|SSH|SUDO|SYSTEMD|RAY|AWS|GIT|PIP|UV)_.*|LEVELGROUND|PYTHON.*|VIRTUAL_ENV.*|"
    r"HOME|PATH|PWD|OLDPWD|USER|LOGNAME|SHELL|LANG|LANGUAGE|TERM|TZ|MAIL|HOSTNAME|DISPLAY|EDITOR|TMPDIR|TEMP|TMP|INVOCATION_ID|"
    r"CREDENTIALS_DIRECTORY|(?:STATE|CACHE|LOGS|RUNTIME|CONFIGURATION)_DIRECTORY|(?:HTTPS?|ALL|NO)_PROXY|IFS|ENV|BASH_ENV|_"
)


def own_variable(name: str) -> str:
    """The name of a variable that a contract may read; the value of any other would be sent to the system that it names."""
    if _OWN.fullmatch(name) or (not name.startswith("LEVELGROUND_") and _OF_THE_SYSTEM.fullmatch(name)):
        raise ValueError(
            f"{name} is a variable of Levelground or of the system; put the credentials into a variable of their own, and name "
            "it after the system, like HR_DATABASE_URL"
        )
    return name


def outside_address(value: str) -> str:
    """An address or a path that a contract may read."""
    for part in _CHAIN.split(value):
        scheme, has_scheme, _ = part.partition(":")
        if has_scheme and scheme.strip().lower() in LOCAL_SCHEMES:
            raise ValueError(
                "an address with file: reads any file of the account that runs Levelground; write the path of the folder, or "
                "deliver the files with --deliveries"
            )
        host = _host(part)
        if host and is_link_local(host):
            raise ValueError(
                f"{host} is a link-local address, where clouds keep the credentials of the machine; no source is there: write "
                "the name of the host that has the data"
            )
    return value


def web_address(value: str) -> str:
    """An address of the web."""
    if value.partition(":")[0].lower() not in WEB_SCHEMES:
        raise ValueError("write an address that begins with https:// or http://")
    return value


def outside_host(value: str) -> str:
    """A host, or host:port, that a contract may name."""
    outside_address(f"//{value}")
    return value


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_link_local(host: str) -> bool:
    """Whether a host is a link-local address, in any notation, also inside an IPv6 address that contains one of IPv4."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        try:  # 2852039166 and 0xA9FEA9FE are addresses, too
            address = ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(host)))
        except (OSError, UnicodeError):
            return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in ipaddress.ip_network("64:ff9b::/96") or address in ipaddress.ip_network("::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.is_link_local or address == ipaddress.ip_address("fd00:ec2::254") or bool(inner and inner.is_link_local)
    return address.is_link_local
