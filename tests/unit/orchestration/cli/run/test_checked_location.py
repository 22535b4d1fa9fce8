"""What a run refuses with exit 2 before Dagster is loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.layers import CITIES
from orchestration.cli.run import run as module
from orchestration.cli.run.progress import Progress
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


@pytest.mark.parametrize(("has_deliveries", "first"), [(True, "reading the settings"), (False, "making the sample city")])
def test_a_run_that_has_lost_its_warehouse_does_not_make_the_sample_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, *, has_deliveries: bool
) -> None:
    """The home of a city reads the deliveries that `home.json` records, with and without a working warehouse."""
    monkeypatch.setenv("LEVELGROUND_HOME", str(tmp_path))
    monkeypatch.delenv("LEVELGROUND_DELIVERIES", raising=False)
    if has_deliveries:
        (tmp_path / "home.json").write_text('{"deliveries": "/srv/deliveries", "city": "milwaukee"}')
    stages: list[str] = []
    monkeypatch.setattr(Progress, "stage", lambda _self, _name, text: stages.append(text))
    with pytest.raises(ConfigurationError):
        module.run(as_of="no time")
    assert stages == [first]
