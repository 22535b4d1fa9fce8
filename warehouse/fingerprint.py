"""Compute SHA-256 fingerprints of files, texts, bytes, streams and JSON values; the only module that imports `hashlib`.

Add a function here when a new kind of content needs a fingerprint. Loads, contracts and releases of existing homes are
identified by these values: a change of any of them makes every delivery a new load.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

CHUNK_BYTES = 1 << 20


Sha256 = hashlib.sha256  # computed chunk by chunk, by `update`, while the content is written or read


def bytes_sha256(content: bytes) -> str:
    """The SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def text_sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return bytes_sha256(text.encode())


def json_sha256(value: Any) -> str:
    """The SHA-256 of a value as JSON with sorted keys, as 64 hexadecimal digits."""
    return text_sha256(json.dumps(value, sort_keys=True))


def chunks_sha256(chunks: Iterable[bytes]) -> str:
    """The SHA-256 of all chunks in their order, as 64 hexadecimal digits; where one chunk ends does not count."""
    digest = Sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def stream_sha256(stream: IO[bytes]) -> str:
    """The SHA-256 of the bytes from the stream's position to its end, as 64 hexadecimal digits."""
    return chunks_sha256(iter(lambda: stream.read(CHUNK_BYTES), b""))


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
