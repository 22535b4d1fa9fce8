"""In Dagster the cities are partitions of one asset: registered from the file, run by the engine, each with its own result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from orchestration.cities import batch
from orchestration.defs.cities import CITIES, CITY_RELEASE_KEY, city_defs
from orchestration.instance.setup import CITIES_JOB, CITY_PARTITIONS
from orchestration.settings import Settings
from tests.support.cities_engine import REPORT, InThisProcess
from warehouse.processes.worker import Resources

NAMES = ["kansas_city", "sampleton", "springfield"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The file lists three cities; the run of springfield is blocked by a gate."""
    monkeypatch.setattr(
        "orchestration.engines.task_runner.start_engine", lambda settings, *_, **__: InThisProcess(2, Resources())
    )
    script = f"case $LEVELGROUND_HOME in *springfield) exit 3;; esac; echo '{json.dumps(REPORT)}'; echo $* >> {tmp_path}/waits"
    monkeypatch.setattr(batch, "COMMAND", ("sh", "-c", script, "run"))
    entries = "\n".join(f"- {{name: {name}, home: homes/{name}, deliveries: live}}" for name in NAMES)
    (tmp_path / "cities.yml").write_text(f"cities:\n{entries}\n")
    return Settings.from_environment({"LEVELGROUND_CITIES": str(tmp_path / "cities.yml"), "LEVELGROUND_WAIT_SECONDS": "7"})


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """An instance on which the sensor has registered the cities."""
    with dg.DagsterInstance.ephemeral() as instance:
        tick(settings, instance)
        yield instance


def tick(settings: Settings, instance: dg.DagsterInstance) -> str | None:
    """Evaluate the sensor, do what it asks for, and return why it did nothing."""
    (sensor,) = city_defs(settings).sensors or ()
    assert isinstance(sensor, dg.SensorDefinition)
    with dg.build_sensor_context(instance=instance) as context:
        result = sensor.evaluate_tick(context)
    for request in result.dynamic_partitions_requests or ():
        if isinstance(request, dg.AddDynamicPartitionsRequest):
            instance.add_dynamic_partitions(CITY_PARTITIONS, list(request.partition_keys))
        else:
            for name in request.partition_keys:
                instance.delete_dynamic_partition(CITY_PARTITIONS, name)
    return result.skip_message


def test_the_sensor_makes_the_partitions_those_of_the_file(settings: Settings, instance: dg.DagsterInstance) -> None:
    assert sorted(CITIES.get_partition_keys(dynamic_partitions_store=instance)) == NAMES
    assert tick(settings, instance) == "the partitions are the 3 cities of the file"
    assert settings.cities is not None
    settings.cities.write_text("cities: [{name: sampleton, home: homes/sampleton}, {name: new_ulm, home: homes/new_ulm}]")
    tick(settings, instance)
    assert sorted(instance.get_dynamic_partitions(CITY_PARTITIONS)) == ["new_ulm", "sampleton"]


def test_a_run_of_all_cities_materializes_those_that_succeed(
    settings: Settings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    job = city_defs(settings).resolve_job_def(CITIES_JOB)
    tags = {ASSET_PARTITION_RANGE_START_TAG: NAMES[0], ASSET_PARTITION_RANGE_END_TAG: NAMES[-1]}
    result = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "1 of 3 cities have no new release" in str(failure.step_failure_data.user_failure_data)
    records = instance.fetch_materializations(CITY_RELEASE_KEY, limit=10).records
    assert sorted(str(record.partition_key) for record in records) == ["kansas_city", "sampleton"]
    event = records[0].asset_materialization
    assert event is not None
    shown = {name: value.value for name, value in event.metadata.items()}
    assert (shown["release_id"], shown["status"], shown["rows"], shown["attempts"]) == (REPORT["release_id"], "released", 3, 1)
    waits = (tmp_path / "waits").read_text().splitlines()
    assert waits == ["--from-blank --wait 7.0"] * 2, "seconds for the lock of each home; three first runs make a blank home"


def test_one_city_is_one_partition(settings: Settings, instance: dg.DagsterInstance) -> None:
    result = city_defs(settings).resolve_job_def(CITIES_JOB).execute_in_process(instance=instance, partition_key="sampleton")
    assert result.success
    assert [record.partition_key for record in instance.fetch_materializations(CITY_RELEASE_KEY, limit=10).records] == [
        "sampleton"
    ]
