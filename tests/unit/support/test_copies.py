"""A copy that a test has changed in any way is restored to the original, and files that did not change are not copied again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.copies import Copy


def change_the_bytes(root: Path) -> None:
    (root / "a.txt").write_text("aaaB")


def change_and_reset_the_time(root: Path) -> None:
    path = root / "a.txt"
    before = path.stat()
    path.write_text("bbbb")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_another_file(root: Path) -> None:
    (root / "new").write_text("cccc")
    (root / "new").replace(root / "a.txt")


def change_the_mode(root: Path) -> None:
    (root / "a.txt").chmod(0o600)


CHANGES: list[Callable[[Path], object]] = [
    change_the_bytes,
    change_and_reset_the_time,
    replace_by_another_file,
    change_the_mode,
    lambda root: (root / "a.txt").unlink(),
    lambda root: (root / "folder" / "linked").unlink(),
    lambda root: (root / "more").mkdir(),
    lambda root: (root / "folder" / "more.txt").write_text("more"),
    lambda root: (root / "folder" / "b.txt").write_text("one of two names"),
    lambda root: shutil.rmtree(root / "folder"),
    shutil.rmtree,
]


def content(root: Path) -> dict[str, tuple[int, bytes]]:
    paths = {str(path.relative_to(root)): path for path in root.rglob("*")}
    return {name: (path.stat().st_mode, path.read_bytes() if path.is_file() else b"") for name, path in paths.items()}


@pytest.fixture
def original(tmp_path: Path) -> Path:
    root = tmp_path / "original"
    (root / "folder" / "empty").mkdir(parents=True)
    (root / "a.txt").write_text("aaaa")
    (root / "a.txt").chmod(0o440)
    (root / "folder" / "b.txt").write_text("b")
    os.link(root / "folder" / "b.txt", root / "folder" / "linked")
    (tmp_path / "elsewhere").mkdir()
    (root / "folder" / "link").symlink_to(tmp_path / "elsewhere")
    return root


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_restored(original: Path, tmp_path: Path, change: Callable[[Path], object]) -> None:
    copy, before = Copy(original, tmp_path / "copy"), content(original)
    change(copy.restore())
    assert content(copy.restore()) == content(original) == before
    assert (tmp_path / "copy" / "folder" / "b.txt").samefile(tmp_path / "copy" / "folder" / "linked")
    assert (tmp_path / "copy" / "folder" / "link").readlink() == tmp_path / "elsewhere"


def test_files_that_did_not_change_stay(original: Path, tmp_path: Path) -> None:
    copy = Copy(original, tmp_path / "copy")
    status = (copy.restore() / "a.txt").stat()
    (tmp_path / "copy" / "folder" / "more.txt").write_text("more")
    copy.restore()
    assert (tmp_path / "copy" / "a.txt").stat() == status


def test_an_older_folder_at_the_place_of_the_copy_is_replaced(original: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "a.txt").write_text("old!")
    assert content(Copy(original, tmp_path / "copy").restore()) == content(original)
