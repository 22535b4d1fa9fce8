"""Find out whether a connection comes from a process of this account, by the operating system's table of sockets (Linux)."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SOCKETS = Path("/proc/net/tcp")  # IPv4: the UI listens on 127.0.0.1
_ESTABLISHED = "01"  # the table gives sockets that are closed to account 0
_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip")


def is_own_account(scope: Mapping[str, Any]) -> bool:
    """Whether the client of an ASGI connection is a process of the account that runs this one; False where it is unclear.

    A proxy's request is never one: it is of another person, and the server takes the client's address from its headers.
    """
    client, server = scope.get("client"), scope.get("server")
    if not client or not server or any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        wanted = [_as_listed(*client), _as_listed(*server), _ESTABLISHED]
        lines = _SOCKETS.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return False
    found = [fields[7] for fields in map(str.split, lines) if fields[1:4] == wanted]
    return found == [str(os.getuid())]


def _as_listed(host: str, port: int) -> str:
    """An address as the table has it: the bytes in the order of this machine, in hexadecimal."""
    return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
