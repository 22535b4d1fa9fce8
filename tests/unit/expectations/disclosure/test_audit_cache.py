"""What was found safe is not attacked again, and nothing else is let off."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from expectations.disclosure import audit
from expectations.disclosure.audit import AuditResult, run_audit
from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.inputs.audit_inputs import CellKey, Row
from expectations.disclosure.intervals import audit_cache
from expectations.disclosure.intervals.audit_cache import AuditCache
from expectations.disclosure.intervals.feasibility_intervals import Intervals, intervals
from expectations.disclosure.intervals.linear_system import Floats, System
from tests.unit.expectations.disclosure.world import measure, publish, published_rows, slice_rows, where

STOPS = measure("composition", "stops")
HIDDEN = [where("black"), where("asian")]


def truth(black: int = 5, asian: int = 30) -> list[Row]:
    return slice_rows(STOPS, where(), {"black": (black, 0), "white": (100, 0), "asian": (asian, 0)})


def audited(file: Path, rows: list[Row], hidden: list[CellKey]) -> AuditResult:
    cache = AuditCache(file)
    found = run_audit(build_attacker_model(published_rows(publish(rows, hidden)), rows), cache)
    cache.keep()
    return found


@pytest.fixture
def attacked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cells each attack was asked about."""
    sizes: list[int] = []

    def counting(system: System, truth: Floats) -> Intervals:
        sizes.append(int(system.asked.sum()))
        return intervals(system, truth)

    for module in (audit, audit_cache):
        monkeypatch.setattr(module, "intervals", counting)
    return sizes


def test_an_unchanged_table_is_not_attacked_twice(tmp_path: Path, attacked: list[int]) -> None:
    file = tmp_path / "audited.json"
    assert audited(file, truth(), HIDDEN).audited == 1
    assert audited(file, truth(), HIDDEN).audited == 0
    assert attacked == [1, 0]


def test_a_changed_table_is_attacked_again(tmp_path: Path, attacked: list[int]) -> None:
    file = tmp_path / "audited.json"
    audited(file, truth(), HIDDEN)
    assert audited(file, truth(black=5, asian=4), HIDDEN).leaks
    assert audited(file, truth(), [where("black")]).leaks
    assert all(attacked)


def test_a_leak_is_never_cached(tmp_path: Path) -> None:
    file = tmp_path / "audited.json"
    for _ in range(2):
        found = audited(file, truth(), [where("black")])
        assert (found.audited, len(found.leaks)) == (1, 1)


def test_another_attack_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "audited.json"
    audited(file, truth(), HIDDEN)
    monkeypatch.setattr(audit_cache, "solver_version", lambda: "another one")
    assert audited(file, truth(), HIDDEN).audited == 1


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"made_by": 1}', '{"safe": ["x"]}', '{"made_by": null, "safe": null}'])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "audited.json"
    audited(file, truth(), HIDDEN)
    file.write_text(broken)
    assert audited(file, truth(), HIDDEN).audited == 1
    assert audited(file, truth(), HIDDEN).audited == 0


def test_the_file_is_the_owner_s_and_holds_hashes_of_what_is_out(tmp_path: Path) -> None:
    file = tmp_path / "audited.json"
    audited(file, truth(), HIDDEN)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = json.loads(file.read_text())["safe"]
    assert [len(hashed) for hashed in first] == [64]
    audited(file, truth(black=6), HIDDEN)
    second = json.loads(file.read_text())["safe"]
    assert len(second) == 1
    assert second != first
