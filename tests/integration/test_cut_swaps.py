"""Cut off after any change to the disk, a swap ends at the new release or at the old one, never between."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from tests.support.published_files import MakeRelease, assert_published, published_rows, refuse_links
from warehouse.fingerprint import file_sha256
from warehouse.paths import ANALYST_FILE, Home
from warehouse.releases import recover, sealing, swap


class Cut(BaseException):
    """The process dies here."""


@pytest.fixture(autouse=True)
def _equal_files_are_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB opens a file for each check of a release, hundreds of times here, which was four fifths of the CPU time.

    `tests/integration/test_releases.py` opens each.
    """
    tables_of: dict[tuple[str, bool], tuple[tuple[str, ...], dict[str, int]]] = {}
    read = sealing.read_tables

    def read_once(
        release_id: str, path: Path, views: Collection[str] = (), key: str | None = None
    ) -> tuple[tuple[str, ...], dict[str, int]]:
        found = file_sha256(path), ANALYST_FILE in path.name
        if found not in tables_of:
            tables_of[found] = read(release_id, path, views, key)
        return tables_of[found]

    monkeypatch.setattr(sealing, "read_tables", read_once)


def cut_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Let the process die at its `step`-th change to the disk from here on."""
    steps = 0

    def counted(change: Callable[..., object]) -> Callable[..., object]:
        def change_or_die(*args: object, **kwargs: object) -> object:
            nonlocal steps
            steps += 1
            if steps == step:
                raise Cut
            return change(*args, **kwargs)

        return change_or_die

    for name in ("link", "replace", "unlink", "chmod", "fsync"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
def test_a_swap_cut_off_at_any_step_is_completed_or_never_began(
    home: Home, make_release: MakeRelease, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    releases = {rows: make_release(rows) for rows in (3, 4)}
    swap(home, releases[3].release_id)
    rows, step, completed = 3, 0, 0
    while True:
        step += 1
        new = 7 - rows
        with monkeypatch.context() as patched:
            if not links:
                patched.setattr(os, "link", refuse_links)
            cut_at(patched, step)
            try:
                swap(home, releases[new].release_id)
                break
            except Cut:
                pass
        assert published_rows(home) in (3, 4)  # readable at every moment, before any recovery
        messages = recover(home)
        if f"Completed the half-done swap to release {releases[new].release_id}." in messages:
            rows, completed = new, completed + 1
        assert_published(home, releases[rows], rows)
        assert recover(home) == []
    assert completed >= 12
    assert_published(home, releases[new], new)


def test_a_recovery_cut_off_at_any_step_is_completed_by_the_next(
    home: Home, make_release: MakeRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_release(3), make_release(4)
    swap(home, old.release_id)
    step, through = 0, False
    while not through:
        step += 1
        swap(home, old.release_id)
        home.swap_intent.write_text(json.dumps({"release_id": new.release_id}))
        with monkeypatch.context() as patched:
            cut_at(patched, step)
            try:
                recover(home)
                through = True
            except Cut:
                pass
        recover(home)
        assert_published(home, new, 4)
    assert step > 12
