"""Fingerprints of files, texts, streams and JSON are plain SHA-256, so that homes of earlier versions keep their identifiers."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from warehouse.fingerprint import Sha256, bytes_sha256, chunks_sha256, file_sha256, json_sha256, stream_sha256, text_sha256

CONTENT = b"levelground" * 300_000
EXPECTED = hashlib.sha256(CONTENT).hexdigest()


def test_every_way_to_pass_bytes_gives_the_same_hash(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    digest = Sha256()
    for start in range(0, len(CONTENT), 1000):
        digest.update(CONTENT[start : start + 1000])
    hashes = {
        "file": file_sha256(path),
        "bytes": bytes_sha256(CONTENT),
        "stream": stream_sha256(io.BytesIO(CONTENT)),
        "chunks": chunks_sha256([CONTENT[:5], CONTENT[5:]]),
        "chunk by chunk": digest.hexdigest(),
    }
    assert hashes == dict.fromkeys(hashes, EXPECTED)


def test_a_stream_is_read_from_its_position() -> None:
    stream = io.BytesIO(b"header" + CONTENT)
    stream.seek(len(b"header"))
    assert stream_sha256(stream) == EXPECTED


def test_text_is_hashed_in_utf_8() -> None:
    assert text_sha256("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


def test_json_is_hashed_with_sorted_keys_and_ascii_escapes() -> None:
    expected = "8920de3941419361f145cefba9aa462ed7008553c0e51521d11ae067eca18a8d"
    assert json_sha256({"b": [1, None], "a": "é"}) == expected == json_sha256({"a": "é", "b": [1, None]})
