"""Read the secret of a home's keys; make it when it is first needed."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from warehouse.files import sync

BYTES = 32  # as long as the hash: a longer one is no safer (RFC 2104)
MODE = 0o600


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
