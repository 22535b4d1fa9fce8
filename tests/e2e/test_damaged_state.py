"""Whatever is damaged in the home's own files, no command ends in a traceback, and the next run repairs or names the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.e2e.conftest import Place, status_of

SOURCE, OTHER = "fpc__police_stops", "ucc__service_requests"
DAMAGE = {"empty": b"", "cut off": b'{"release_id": "2', "another type": b"[42]", "missing keys": b"{}", "noise": os.urandom(300)}
COMMANDS = (
    ("status",), ("doctor",), ("query", "select 1 as one"), ("releases", "list"), ("sources", "show", SOURCE),
)  # fmt: skip


def release_of(home: Path) -> str:
    current: str = json.loads((home / "published" / "current.json").read_text())["release_id"]
    return current


def damage_file(path: Path, content: bytes) -> None:
    path.parent.chmod(0o700)
    if path.exists():
        path.chmod(0o600)
    path.write_bytes(content)


@pytest.mark.parametrize("kind", DAMAGE)
def test_no_command_ends_in_a_traceback(place: Place, kind: str) -> None:
    receipt = next((place.home / "deliveries" / SOURCE).glob("*/receipt.json"))
    release = place.home / "releases" / release_of(place.home)
    for path in (
        receipt,
        receipt.parent.parent / "landed.json",
        release / "manifest.json",
        place.home / "releases" / "pins.json",
    ):
        damage_file(path, DAMAGE[kind])
    for command in COMMANDS:
        done = place.levelground(*command)
        assert "Traceback" not in done.stdout + done.stderr, command
        assert done.returncode in (0, 1, 2, 4), command
        assert done.returncode == 0 or (done.stderr + done.stdout).strip(), command
    doctor = place.levelground("doctor").stdout
    assert str(receipt) in doctor and "landed.json" in doctor and "manifest.json" in doctor


def test_a_run_repairs_damaged_records(place: Place) -> None:
    """The same deliveries arrive again, so that everything can be made again."""
    before = release_of(place.home)
    receipt = next((place.home / "deliveries" / SOURCE).glob("*/receipt.json"))
    journal = place.home / "deliveries" / OTHER / "landed.json"
    manifest = place.home / "releases" / before / "manifest.json"
    kept = journal.read_text()
    for path in (receipt, journal, manifest, place.home / "releases" / "pins.json", receipt.with_name("verdict.json")):
        damage_file(path, DAMAGE["noise"])
    report = place.run(expect=0)
    assert report["outcome"] == "released", "the damaged release is made again"
    assert f"The published release {before} was damaged (manifest.json" in " ".join(report["notes"])
    assert status_of(report, SOURCE)["verdict"] == "fresh"
    assert json.loads(receipt.read_text())["sequence"] == 1
    assert journal.read_text() == kept
    assert release_of(place.home).partition("-")[2] == before.partition("-")[2], "the same content"
