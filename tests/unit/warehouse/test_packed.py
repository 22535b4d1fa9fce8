"""A packed file is read as it was, and compressed again only after a change."""

from __future__ import annotations

from pathlib import Path

from warehouse.packed import pack, packed, read_packed, unpack

CONTENT = b'{"nodes": {}}' * 10_000


def test_a_packed_file_is_small_and_has_the_same_content(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(CONTENT)
    pack(path)
    assert not path.exists()
    assert packed(path).stat().st_size < len(CONTENT) / 100
    assert read_packed(path) == CONTENT
    unpack(path)
    assert path.read_bytes() == CONTENT


def test_only_a_changed_file_is_compressed_again(tmp_path: Path) -> None:
    path = tmp_path / "partial_parse.msgpack"
    path.write_bytes(CONTENT)
    pack(path)
    before = packed(path).stat().st_ino
    unpack(path)
    pack(path)
    assert packed(path).stat().st_ino == before
    unpack(path)
    path.write_bytes(b"another")
    pack(path)
    assert read_packed(path) == b"another"


def test_nothing_is_packed_or_unpacked_where_there_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    pack(path)
    unpack(path)
    assert not [*tmp_path.iterdir()]
