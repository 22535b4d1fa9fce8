"""Keep bytes in a temporary file that only this process can read: without a name, and encrypted with a key in memory.

A download contains the columns that a contract drops, as its sender wrote them. Nothing readable of a killed process stays on the
disk.
"""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ingest.readers.reader_types import random_access

BLOCK = 16
READ_BYTES = 1 << 20


class EncryptedFile:
    """Bytes in a folder, encrypted with AES-256 in counter mode; write them once, then open them any number of times."""

    def __init__(self, folder: Path) -> None:
        # one key per file, so that the counter may begin at zero
        self._key = os.urandom(32)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - it is open as long as this object
        weakref.finalize(self, self._file.close)
        self._cipher = _cipher_at(self._key, 0).encryptor()
        self._reading = threading.Lock()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        view = memoryview(self._cipher.update(data))
        while view:
            view = view[self._file.write(view) :]
        self.size += len(data)

    def open(self) -> IO[bytes]:
        """The bytes as a stream with random access."""
        return random_access(self.read_at, self.size, READ_BYTES)

    def read_at(self, at: int, size: int) -> bytes:
        """The bytes from a position on, fewer at the end."""
        start = at - at % BLOCK
        with self._reading:
            self._file.seek(start)
            data = self._file.read(at - start + size)
        return _cipher_at(self._key, start // BLOCK).decryptor().update(data)[at - start :]


def _cipher_at(key: bytes, block: int) -> Cipher[CTR]:
    return Cipher(AES(key), CTR(block.to_bytes(BLOCK, "big")))
