"""Encrypted files read back as written, at any position, and show nothing on the disk."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import pytest

from ingest.readers.encrypted_file import EncryptedFile


@pytest.fixture
def data() -> bytes:
    return random.Random(23).randbytes(100_003)


def test_it_reads_like_the_bytes_themselves(tmp_path: Path, data: bytes) -> None:
    file = EncryptedFile(tmp_path)
    for start in range(0, len(data), 7919):
        file.write(data[start : start + 7919])
    plain, pick = io.BytesIO(data), random.Random(24)
    with file.open() as stream, file.open() as other:
        assert other.read() == data
        for _ in range(300):
            at, size = pick.randrange(len(data) + 20), pick.choice((0, 1, 15, 16, 17, 5000))
            stream.seek(at)
            plain.seek(at)
            assert stream.read(size) == plain.read(size)
        assert stream.seek(-22, os.SEEK_END) == plain.seek(-22, os.SEEK_END)
        assert stream.read() == plain.read()
        with pytest.raises(OSError, match="Invalid argument"):
            stream.seek(-len(data) - 1, os.SEEK_END)


def test_the_disk_has_neither_a_name_nor_the_bytes(tmp_path: Path) -> None:
    secret = b"Jane Q. Canary" * 1000
    file = EncryptedFile(tmp_path)
    file.write(secret)
    assert list(tmp_path.iterdir()) == []
    # as root would find them, through the descriptor
    stored = os.pread(file._file.fileno(), len(secret), 0)
    assert len(stored) == len(secret)
    assert b"Jane" not in stored and b"Canary" not in stored
    assert stored[: 14 * 16] != stored[14 * 16 : 2 * 14 * 16], "equal texts look different"


def test_two_files_have_two_keys(tmp_path: Path) -> None:
    files = [EncryptedFile(tmp_path) for _ in range(2)]
    for file in files:
        file.write(bytes(64))
    first, second = (os.pread(file._file.fileno(), 64, 0) for file in files)
    assert first != second
