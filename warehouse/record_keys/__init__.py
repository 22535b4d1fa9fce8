"""Make the keys of facts (`<event>_key`) by HMAC-SHA-256, with a secret that each home makes once.

A hash without a secret identifies records: a reader who has the numbers of all records computes their hashes. SQL calls a
function that has the secret. It is in a database in memory, so that no compiled SQL, view, log or released file contains the
secret. DuckDB computes SHA-256, so HMAC (RFC 2104) is one expression: 1.4 s of CPU time per million keys, where a function in
Python needs 2.5 s.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.files import sync
from warehouse.sql import literal

BYTES = 32  # as long as the hash: a longer one is no safer (RFC 2104)
MODE = 0o600
DATABASE = "record_keys"  # in memory; dbt's macro `record_key` names it too
_FUNCTION = f"{DATABASE}.main.keyed"
_BLOCK = 64  # bytes in a block of SHA-256
_HEX_DIGITS = 32  # of 64: 128 bits, as long as the keys of facts without persons (RFC 2104, section 5)


class SecretDamaged(Exception):
    """The file of the secret has other content than a secret."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged: it has no {2 * BYTES} hexadecimal digits. Restore it from a backup; or delete it, and the next "
            "run makes another one and builds every fact again, with other keys"
        )
        self.path = path


def read_secret(path: Path) -> bytes:
    """The secret in the file, which is made if it is missing. Only its owner may read it."""
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        path.chmod(MODE)  # a copy or an archive lost the mode
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        secret = b""
    if len(secret) != BYTES:
        raise SecretDamaged(path)
    return secret


def secret_id(path: Path) -> str:
    """A name of the secret by which a run notices another one; no one can compute the secret, or a key, from it."""
    return hmac.digest(read_secret(path), b"levelground: name of the secret of record keys", "sha256").hex()[:16]


def copy_secret(source: Path, target: Path) -> None:
    """Copy the secret to where a worker or a copy of the home reads it."""
    _write(target, read_secret(source))


def _make(path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write(unfinished, secrets.token_bytes(BYTES))
    try:
        os.link(unfinished, path)  # fails if another process was faster, whose secret counts
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    sync(path.parent)


def _write(path: Path, secret: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w", encoding="ascii") as file:
        file.write(secret.hex())
    sync(path)


def attach_keys(con: DuckDBPyConnection, secret: bytes) -> None:
    """Make the function `keyed` for every connection of the instance."""
    inner, outer = (literal(bytes(byte ^ pad for byte in secret.ljust(_BLOCK, b"\0")).hex()) for pad in (0x36, 0x5C))
    con.execute(f"attach if not exists ':memory:' as {DATABASE}")
    hashed = f"sha256(unhex({inner}) || encode(text))"
    con.execute(f"create or replace macro {_FUNCTION}(text) as left(sha256(unhex({outer}) || unhex({hashed})), {_HEX_DIGITS})")


def keyed(expression: str) -> str:
    """SQL: the key of a text; NULL of NULL."""
    return f"{_FUNCTION}({expression})"
