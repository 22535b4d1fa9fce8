"""Files that change in one step."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from warehouse.files import sha256, write_atomically


def test_a_write_cut_off_before_the_rename_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "current.json"
    write_atomically(path, "old")

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    monkeypatch.undo()
    write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["current.json"]


def test_sha256_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"levelground" * 100_000)
    assert sha256(path) == hashlib.sha256(b"levelground" * 100_000).hexdigest()
