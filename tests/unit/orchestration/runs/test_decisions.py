"""Test what people decide: acceptances and corrected maps stay known, an urgent revision names a year of a source."""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.delivery import DeliveryStore
from orchestration.runs.decisions import (
    ACCEPTED,
    Acceptance,
    accept_load,
    corrected_maps,
    keep_corrected_map,
    read_acceptance,
    read_urgent_revisions,
)
from orchestration.settings import Settings
from tests.conftest import called
from tests.support.scorecard_home import release_planted
from tests.support.scorecard_release import planted
from warehouse.releases import read_manifest

GIVEN = Acceptance(accepted_by="analyst", reason="the file is complete", at="2025-12-01T08:00:00")


def test_an_acceptance_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path, "ucc__service_requests")
    (store.folder / "ab12").mkdir(parents=True)
    assert read_acceptance(store, "ab12") is None
    accept_load(store, "ab12", GIVEN)
    assert read_acceptance(store, "ab12") == GIVEN


def test_the_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    store = DeliveryStore(tmp_path, "ucc__service_requests")
    (store.folder / "ab12").mkdir(parents=True)
    (store.folder / "ab12" / ACCEPTED).write_text(
        '{\n "accepted_by": "analyst",\n "reason": "the file is complete",\n "at": "2025-12-01T08:00:00"\n}'
    )
    assert read_acceptance(store, "ab12") == GIVEN


def test_a_corrected_map_outlives_its_load(tmp_path: Path) -> None:
    for source in ("city__districts", "city__neighborhoods"):
        (tmp_path / source / "load").mkdir(parents=True)
    store = DeliveryStore(tmp_path, "city__districts")
    accept_load(store, "load", Acceptance(accepted_by="clerk", reason="the file was wrong", at="2026-06-30T12:00:00"))
    assert corrected_maps(tmp_path) == (), "an accepted load is no corrected map"
    keep_corrected_map(store, "load")
    assert corrected_maps(tmp_path) == ("city__districts",)
    shutil.rmtree(tmp_path / "city__districts" / "load")
    assert corrected_maps(tmp_path) == ("city__districts",)


def test_the_command_writes_which_figures_are_wrong(tmp_path: Path) -> None:
    environment = {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_SCORECARD": "en"}
    settings = Settings.from_environment(environment)
    settings.home.ensure()

    def urgent(*words: str) -> tuple[int, str]:
        ended = called(["levelground", "corrections", "urgent", *words, "--year", "2025"], environment)
        return ended.returncode, " ".join((ended.stdout + ended.stderr).split())

    assert "nothing is published yet" in urgent("ucc__service_requests", "--why", "x")[1]
    release = release_planted(settings.home, planted(), 7)
    for words, answer in (
        (("ucc__requests", "--why", "x"), "Did you mean ucc__service_requests"),
        (("ucc__service_requests", "--why", " "), "--why is one line"),
    ):
        code, said = urgent(*words)
        assert (code, answer in said) == (2, True), said
    assert read_urgent_revisions(settings.home) == ()
    code, said = urgent("ucc__service_requests", "--why", "A file was read twice.")
    assert code == 0, said
    (one,) = read_urgent_revisions(settings.home)
    assert (one.source, one.year, one.why) == ("ucc__service_requests", 2025, "A file was read twice.")
    made = read_manifest(settings.home, release).created_at
    assert one.until == made.replace(tzinfo=None), "figures of later releases are not meant"
