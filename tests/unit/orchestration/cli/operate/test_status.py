"""`levelground status` reports an interrupted removal, also as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from orchestration.runs.record import RELEASED, RunStore
from tests.conftest import CommandLine
from tests.support.run_records import run_record
from warehouse.paths import Home


def test_an_interrupted_removal_is_reported(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    RunStore(home.runs).save(run_record("first", outcome=RELEASED, exit_code=0))
    levelground = CommandLine(home.root)
    assert json.loads(levelground("status", "--json").stdout)["is_removal_pending"] is False
    home.removal_plan.parent.mkdir()
    home.removal_plan.write_text("{}")
    assert json.loads(levelground("status", "--json").stdout)["is_removal_pending"] is True
    assert "A removal was interrupted; `levelground erase --resume`" in levelground("status").stdout
