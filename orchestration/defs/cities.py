"""Define the release of many cities: an asset with a partition per city, in place of the assets of one city.

A run over several cities is one run of Dagster, in which the engine starts and repeats the cities: see `orchestration.cities`.

Dagster reads the annotations of steps at run time, so this module must not postpone them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from orchestration.cities import CityRun, read_homes, run_cities
from orchestration.cities.homes_file import CityHome, check_runnable
from orchestration.defs.asset_specs import TEAM
from orchestration.defs.groups import RELEASE
from orchestration.instance.setup import CITIES_JOB, CITY_PARTITIONS
from orchestration.settings import ConfigurationError, Settings

CITIES = dg.DynamicPartitionsDefinition(name=CITY_PARTITIONS)
CITY_RELEASE_KEY = dg.AssetKey("city_release")
SECONDS_BETWEEN_READS = 30


def city_defs(settings: Settings) -> dg.Definitions:
    """Return the definitions of a home whose LEVELGROUND_CITIES lists cities."""
    job = dg.define_asset_job(
        CITIES_JOB,
        selection=[CITY_RELEASE_KEY],
        executor_def=dg.in_process_executor,
        description="Runs the chosen cities, each through the lock of its own home.",
    )
    return dg.Definitions(
        assets=[city_release_asset(settings)], jobs=[job], sensors=[cities_sensor(settings)], executor=dg.in_process_executor
    )


def city_release_asset(settings: Settings) -> dg.AssetsDefinition:
    """Return the asset whose partitions are the cities. A city that fails leaves the partitions of the others materialized."""

    @dg.asset(
        key=CITY_RELEASE_KEY,
        partitions_def=CITIES,
        # a backfill is one run, because the engine and not Dagster's queue decides how many cities run at once
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=RELEASE,
        kinds={"duckdb"},
        owners=[TEAM],
        output_required=False,
        description="Ingests a city's deliveries and publishes its release in its own home. A partition per city.",
    )
    def city_release(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        homes = _homes(settings, context.partition_keys)
        check_runnable(homes)

        def on_city(run: CityRun) -> None:
            context.log.info(f"{run.city}: {run.outcome}{f' - {run.message}' if run.message else ''}")
            if run.is_done:
                context.log_event(dg.AssetMaterialization(CITY_RELEASE_KEY, partition=run.city, metadata=city_metadata(run)))

        yield from ()  # no result of the step: each city has its own, with its own figures
        runs = run_cities(settings, homes, on_city, wait_seconds=settings.wait_seconds)
        if failed := [run for run in runs if not run.is_done]:
            reasons = "; ".join(f"{run.city}: {run.outcome}{f', {run.message}' if run.message else ''}" for run in failed)
            raise dg.Failure(
                f"{len(failed)} of {len(runs)} cities have no new release, their last ones stay. {reasons}",
                metadata={run.city: run.log for run in failed if run.log},
                allow_retries=False,
            )

    return city_release


def city_metadata(run: CityRun) -> dict[str, Any]:
    """Return what the UI displays of a city's run, and plots over time."""
    found: Mapping[str, Any] = {
        "release_id": run.release_id,
        "status": run.outcome,
        "rows": run.rows,
        "attempts": run.attempts,
        "minutes": round(run.seconds / 60, 2),
        "late_sources": ", ".join(run.late) or None,
        "log": run.log,
        "worker": run.worker,
    }
    return {name: value for name, value in found.items() if value is not None}


def cities_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that makes the partitions those of the file, so that the UI lists a city once the file does."""

    @dg.sensor(
        name="cities",
        job_name=CITIES_JOB,
        minimum_interval_seconds=SECONDS_BETWEEN_READS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Registers the cities of LEVELGROUND_CITIES as partitions. It starts no run.",
    )
    def register(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        listed = [city.name for city in _homes(settings)]
        known = context.instance.get_dynamic_partitions(CITY_PARTITIONS)
        added, removed = [name for name in listed if name not in known], [name for name in known if name not in listed]
        if not added and not removed:
            return dg.SkipReason(f"the partitions are the {len(listed)} cities of the file")
        changes = ((CITIES.build_add_request, added), (CITIES.build_delete_request, removed))
        return dg.SensorResult(dynamic_partitions_requests=[request(names) for request, names in changes if names])

    return register


def _homes(settings: Settings, names: list[str] | None = None) -> tuple[CityHome, ...]:
    if settings.cities is None:
        raise ConfigurationError("LEVELGROUND_CITIES is not set; name the file that lists the cities (docs/scale.md)")
    homes = read_homes(settings.cities)
    missing = sorted(set(names or ()) - {city.name for city in homes})
    if missing:
        raise ConfigurationError(
            f"{settings.cities} lists no city {', '.join(missing)}; the sensor `cities` removes the partition"
        )
    return tuple(city for city in homes if names is None or city.name in names)
