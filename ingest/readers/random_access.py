"""A stream of bytes with random access, made of a function that reads at a position."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from typing import IO, Any, cast


def random_access(read_at: Callable[[int, int], bytes], size: int, buffer_bytes: int) -> IO[bytes]:
    """The `size` bytes that `read_at` reads, from a position so many, fewer at the end."""
    return cast("IO[bytes]", io.BufferedReader(_RandomAccess(read_at, size), buffer_bytes))


class _RandomAccess(io.RawIOBase):
    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at, self._size, self._at = read_at, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._read_at(self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # as a file of the disk does
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at
