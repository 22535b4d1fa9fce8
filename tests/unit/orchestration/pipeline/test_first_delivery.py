"""A first run without a usable delivery is blocked with a hint, and publishes no empty release."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.city import read_city
from ingest.contract.registry import SOURCES, Registry, read_contract
from orchestration.pipeline import detect_changes
from orchestration.pipeline.detect_changes import nothing_delivered
from orchestration.pipeline.run_source import RunSource
from orchestration.runs.clock import utc_now
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.runs.process.exit_codes import EXIT_BLOCKED
from tests.support.run_records import REQUESTS, run_record, source_status

LIMITS = "city__limits"


class Run:
    """A run that has ingested its sources: which of them have rows, and whether a release exists."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, landed: set[str], release: object = None, **fields: Any
    ) -> None:
        self.record = run_record(**fields)
        self.home_json = tmp_path / "home.json"
        self.home_json.write_text("{}")
        self.settings, self.con = SimpleNamespace(home=SimpleNamespace(home_json=self.home_json)), None
        registry = [SimpleNamespace(source=REQUESTS), SimpleNamespace(source="dpt__visits"), SimpleNamespace(source=LIMITS)]
        self.location = SimpleNamespace(registry=registry, folder=Path("/in"), city=SimpleNamespace(layers=()))
        monkeypatch.setattr(detect_changes, "current", lambda _home: release)
        monkeypatch.setattr(detect_changes, "has_model", lambda contract, _layers: contract.source in (REQUESTS, LIMITS))
        loads = {source: source for source in landed}
        monkeypatch.setattr(detect_changes, "newest_load", lambda _con, source: loads.get(source))

    def end(self, outcome: str, message: str) -> None:
        self.record.end(outcome, utc_now(), message)

    def message(self) -> str:
        """The message of the blocked run."""
        assert nothing_delivered(self)  # type: ignore[arg-type]
        assert self.record.exit_code == EXIT_BLOCKED
        return self.record.message or ""


def test_a_folder_with_unknown_folders_only_is_blocked_with_their_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = Run(monkeypatch, tmp_path, set(), unknown_folders=("stops_2025",))
    message = run.message()
    assert message.startswith("/in has only folders without a contract (stops_2025)")
    assert "levelground sources list" in message
    assert not run.home_json.exists(), "the home would read the mistyped folder from now on"


def test_a_source_without_a_model_and_a_map_do_not_make_a_release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = Run(monkeypatch, tmp_path, {"dpt__visits", LIMITS})
    assert "has no folder of a source that reaches a fact" in run.message()
    assert run.home_json.exists(), "its deliveries are in landing"


def test_the_reasons_of_held_back_sources_are_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = Run(monkeypatch, tmp_path, set(), sources={REQUESTS: source_status("fresh").held_back(f"{REQUESTS}: not a CSV file")})
    assert f"{REQUESTS}: not a CSV file" in run.message()


@pytest.mark.parametrize(("landed", "release"), [({REQUESTS}, None), (set(), "a release")])
def test_rows_or_an_earlier_release_let_the_run_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, landed: set[str], release: object
) -> None:
    run = Run(monkeypatch, tmp_path, landed, release)
    assert not nothing_delivered(run)  # type: ignore[arg-type]
    assert run.record.outcome is None


@pytest.mark.parametrize(
    ("name", "folder", "words"),
    [
        ("sample", Path("/home/sample"), ["the sample city leaves out this live feed", "no model reads yet"]),
        ("/in", Path("/in"), ["/in/mpd__incident_reports has no file"]),
        ("live", None, ["nothing was delivered"]),
    ],
)
def test_a_source_that_was_not_delivered_has_the_reason(name: str, folder: Path | None, words: list[str]) -> None:
    location = DeliveryLocation(name, folder, read_city(None), Registry(()))
    run: Any = SimpleNamespace(location=location)
    reason = RunSource(run, read_contract(SOURCES / "mpd__incident_reports.yml")).why_nothing_was_delivered()
    assert [word for word in words if word not in reason] == []
