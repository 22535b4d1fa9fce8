"""Whatever is damaged in the home's own files, no command ends in a traceback. A run repairs it: `tests/stress`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.e2e.conftest import Place

SOURCE = "fpc__police_stops"
DAMAGE = {"empty": b"", "cut off": b'{"release_id": "2', "another type": b"[42]", "missing keys": b"{}", "noise": os.urandom(300)}
IN_CI = ("cut off", "another type")  # the others: `make stress`
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


@pytest.mark.parametrize("kind", IN_CI)
def test_no_command_ends_in_a_traceback(place: Place, kind: str) -> None:
    no_command_ends_in_a_traceback(place, kind)


def no_command_ends_in_a_traceback(place: Place, kind: str) -> None:
    receipt = next((place.home / "deliveries" / SOURCE).glob("*/receipt.json"))
    release = place.home / "releases" / release_of(place.home)
    for path in (
        receipt,
        receipt.parent.parent / "accepted.json",
        release / "manifest.json",
        place.home / "releases" / "pins.json",
    ):
        damage_file(path, DAMAGE[kind])
    outputs = {}
    for command in COMMANDS:
        result = place.levelground(*command)
        outputs[command] = result.stdout
        assert "Traceback" not in result.stdout + result.stderr, command
        assert result.returncode in (0, 1, 2, 4), command
        assert result.returncode == 0 or (result.stderr + result.stdout).strip(), command
    doctor = outputs["doctor",]
    assert str(receipt) in doctor and "accepted.json" in doctor and "manifest.json" in doctor
