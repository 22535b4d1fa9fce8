"""A check of a delivery answers without a home, and leaves none behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.results import ExpectationResult, GateResult
from orchestration.settings import ConfigurationError, Settings
from orchestration.sources import check_delivery

REQUESTS = "ucc__service_requests"
HEADER = "CREATIONDATE,CLOSEDDATETIME,OBJECTDESC,TITLE,CASECLOSUREREASONDESCRIPTION"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})


def test_a_check_neither_makes_nor_binds_a_home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = GateResult("delivery", REQUESTS, (ExpectationResult("rows", None, "critical", True, 1.0, 1.0, ""),))
    monkeypatch.setattr(check_delivery, "audit_delivery", lambda *_: result)
    file = tmp_path / "requests.csv"
    file.write_text(f"{HEADER}\n2025-01-02 03:04:05,,,Graffiti,\n")
    checked = check_delivery.check_delivery(settings, REQUESTS, file)
    assert checked.delivery is not None
    assert (checked.delivery.rows, checked.gate) == (1, result)
    assert not settings.home.root.exists()


def test_without_a_home_and_without_a_file_there_is_nothing_to_check(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="does not exist yet; name a file"):
        check_delivery.check_delivery(settings, REQUESTS, None)
    assert not settings.home.root.exists()
