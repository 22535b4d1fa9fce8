"""Provide a home with a published release, and a working installation on it."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.doctor import CheckResult, Installation, Verdict
from orchestration.doctor.run_checks import CHECKS, run_check
from orchestration.scorecard import refresh_public
from orchestration.settings import Settings
from tests.support.published_files import sealed
from warehouse.paths import Home
from warehouse.releases import swap

NOW = dt.datetime(2025, 12, 2, 9)


@dataclass
class Examined:
    """An installation whose environment, clock and lock file a test may change; calling it runs one check."""

    home: Home
    environment: dict[str, str]
    lock_file: Path
    now: dt.datetime = NOW

    def __call__(self, check: str) -> list[CheckResult]:
        settings = Settings.from_environment(self.environment)
        return run_check(check, CHECKS[check], Installation(settings, self.environment, self.now, self.lock_file))

    def bad(self, check: str) -> list[CheckResult]:
        """Return the warnings and errors; each must name its place, its reason and a remedy."""
        found = [result for result in self(check) if result.verdict is not Verdict.OK]
        assert all(result.where and result.what and result.why and result.remedy for result in found), found
        return found


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a published release, created once. Read only."""
    home = Home(tmp_path_factory.mktemp("doctor") / "home")
    home.ensure()
    swap(home, sealed(home, 3).release_id)
    refresh_public(home)
    return home.root


@pytest.fixture
def examined(released: Path, tmp_path: Path) -> Examined:
    home = Home(tmp_path / "home")
    shutil.copytree(released, home.root)
    lock_file = tmp_path / "requirements.lock"
    lock_file.write_text("")
    return Examined(home, {"LEVELGROUND_HOME": str(home.root)}, lock_file)
