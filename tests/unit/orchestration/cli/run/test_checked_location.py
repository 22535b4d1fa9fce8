"""What a run refuses with exit 2 before Dagster is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.layers import CITIES
from orchestration.cli.run.run import _checked_location
from orchestration.settings import ConfigurationError, Settings


def test_a_wrong_goal_is_refused_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster reported it as exit 1, after half a minute."""
    layer = tmp_path / "sampleton"
    shutil.copytree(CITIES / "sampleton", layer)
    goals = layer / "seeds" / "goals.csv"
    goals.write_text(goals.read_text(encoding="utf-8").replace(",2026-12-31,", ",soon,", 1), encoding="utf-8")
    (tmp_path / "deliveries").mkdir()
    monkeypatch.setenv("LEVELGROUND_CITY", str(layer))
    monkeypatch.setenv("LEVELGROUND_HOME", str(tmp_path / "home"))
    settings = Settings.from_environment()
    with pytest.raises(ConfigurationError, match=r"goals\.csv .*: target_on is soon: write a day like 2026-12-31"):
        _checked_location(settings, str(tmp_path / "deliveries"), None, remember=False, accept_older=False)
