"""A run is closed however it ends, and closes the runs that a kill interrupted."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.pipeline import lifecycle
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunOptions
from orchestration.runs.errors import StepError
from orchestration.runs.record import FAILED, INTERRUPTED, UNCHANGED, RunStore
from orchestration.settings import Settings
from orchestration.transform import dbt_project
from tests.support.run_records import run_record

LIVE = RunOptions(trigger="cli", deliveries="live", wait_seconds=0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    new_settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_HASH_KEY": "secret"})
    new_settings.home.ensure()
    return new_settings


def outcomes(settings: Settings) -> dict[str, tuple[str | None, str | None]]:
    return {record.run_id: (record.outcome, record.message) for record in RunStore(settings.home.runs).all()}


def test_a_run_that_no_stage_ended_has_failed(settings: Settings) -> None:
    with open_run(settings, LIVE, "first"):
        assert outcomes(settings) == {"first": (None, None)}
    assert outcomes(settings) == {"first": (FAILED, "the run failed (see its log)")}


def test_only_the_owner_may_read_the_log_of_the_working_warehouse(settings: Settings) -> None:
    """The home itself is readable by the group of the analysts."""
    before = os.umask(0o022)
    try:
        with open_run(settings, LIVE, "first") as run:
            run.con.execute("create table salaries as select 1 as salary")
            log = settings.home.warehouse.with_name(f"{settings.home.warehouse.name}.wal")
            assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_the_record_names_the_stage_that_failed(settings: Settings) -> None:
    with pytest.raises(StepError), open_run(settings, LIVE, "first") as run, run.timed("build"):
        raise StepError("no such column")
    assert outcomes(settings) == {"first": (FAILED, "the run failed (build: no such column)")}
    (record,) = RunStore(settings.home.runs).all()
    assert "build" in record.seconds


def test_an_interrupted_run_is_closed_by_the_next(settings: Settings) -> None:
    RunStore(settings.home.runs).save(run_record("killed", number=7))
    download = settings.home.temporary / "fetch-abc"
    download.mkdir()
    with open_run(settings, LIVE, "next") as run:
        assert run.record.number == 8
        assert not download.exists()
        run.end(UNCHANGED, "nothing to do")
    assert outcomes(settings) == {"killed": (FAILED, INTERRUPTED), "next": (UNCHANGED, "nothing to do")}


def test_a_source_that_is_added_during_a_run_is_for_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("write_registrations", lambda *_: None), ("MACROS", "dbt_project.yml"), ("EXPOSED", "dbt_project.yml")):
        monkeypatch.setattr(dbt_project, name, value)  # reading all models takes a second
    layer, model = tmp_path / "layer", Path("staging") / "xyz" / "stg_xyz__own.sql"
    added = model.with_name("stg_xyz__added.sql")
    for path in (layer / "models" / model, layer / "suites" / "fct_own.yml", layer / "city.yml"):
        path.parent.mkdir(parents=True, exist_ok=True)
    (layer / "city.yml").write_text('city: new_ulm\nplace_geoid: "2746042"\n')
    (layer / "models" / model).write_text("select 1 as one")
    environment = {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_CITY": str(layer)}
    settings = Settings.from_environment(environment | {"LEVELGROUND_HASH_KEY": "secret"})

    def built() -> dict[str, str]:
        dbt_project.prepare_project(settings.home, run.location.registry, run.location.city.layers)
        found = (settings.home.dbt_project / "models").rglob("stg_xyz__*.sql")
        return {path.name: path.read_text() for path in found}

    with open_run(settings, LIVE, "first") as run:
        (layer / "models" / added).write_text("select * from {{ source('landing', 'xyz__added') }}")
        (layer / "models" / model).write_text("select 2 as two")
        (layer / "suites" / "fct_added.yml").write_text("table: fct_added")
        assert built() == {model.name: "select 1 as one"}
        (own,) = run.location.city.layers
        assert not own.files("suites")
        assert run.location.with_original_paths(f"{own.folder}/suites/a.yml: wrong") == f"{layer}/suites/a.yml: wrong"
        run.end(UNCHANGED, "nothing to do")
    with open_run(settings, LIVE, "second") as run:
        assert built().keys() == {model.name, added.name}
        run.end(UNCHANGED, "nothing to do")
    assert f'"layer": "{layer}"' in settings.home.home_json.read_text(), "the next run reads the layer itself"


@pytest.mark.parametrize(("trigger", "removes"), [("cli", True), ("try", False)])
def test_a_trial_removes_no_rows(settings: Settings, monkeypatch: pytest.MonkeyPatch, trigger: str, removes: bool) -> None:
    """The releases of its copy name parts in the lake of the home."""
    asked: list[str] = []

    def remove(*_: object) -> list[str]:
        asked.append(trigger)
        return []

    monkeypatch.setattr(lifecycle, "_remove_past_keeping", remove)
    with open_run(settings, replace(LIVE, trigger=trigger), "first"):
        pass
    assert bool(asked) == removes
