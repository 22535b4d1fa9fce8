"""Run many cities as tasks of the engine, each through the lock of its own home. No city stops another one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestration.cities.city_task import BUSY, PRELOADED, environment_of, not_run, run_city
from orchestration.cities.homes_file import NOT_OF_A_CITY, SECRETS, CityHome
from orchestration.runs.clock import utc_now
from orchestration.runs.process.exit_codes import EXIT_BLOCKED, EXIT_BUSY, EXIT_INCOMPLETE, EXIT_OK, EXIT_UNEXPECTED
from orchestration.runs.record import BLOCKED, RELEASED, UNCHANGED
from orchestration.settings import Settings, variable_names
from warehouse.connection import memory_limit
from warehouse.processes.worker import Resources, Task
from warehouse.temporary import reader_folder

if TYPE_CHECKING:
    from orchestration.engines import TaskResult

# of the command, or of one city: the engine of the cities builds no facts, a lake belongs to one home, an address serves one site
NOT_INHERITED = (
    "LEVELGROUND_ENGINE", "LEVELGROUND_LAKE", "LEVELGROUND_PART_ROWS", "LEVELGROUND_TASK_ATTEMPTS", "LEVELGROUND_LOCATIONS",
    "LEVELGROUND_UI_HOSTS", "LEVELGROUND_UI_TOKEN", "LEVELGROUND_UI_URL", "LEVELGROUND_SCORECARD_URL", "LEVELGROUND_DOCS_URL",
)  # fmt: skip

MAKES_BLANK = 3  # first runs for which making a blank home takes less CPU than it saves


@dataclass(frozen=True)
class CityRun:
    """The run of one city. `outcome`: of its run record, `busy` or `interrupted`. `late`: sources held back or stale.

    `seconds` and `cpu_seconds`: of the last attempt.
    """

    city: str
    outcome: str
    exit_code: int
    release_id: str | None
    seconds: float
    cpu_seconds: float
    attempts: int
    rows: int
    late: tuple[str, ...]
    message: str
    log: str | None
    worker: str

    @property
    def is_done(self) -> bool:
        """Whether the city was released, or had nothing new."""
        return self.outcome in (RELEASED, UNCHANGED)


OnCity = Callable[[CityRun], None]


def run_cities(settings: Settings, homes: Sequence[CityHome], on_city: OnCity, *, wait_seconds: float = 0) -> list[CityRun]:
    """Run all cities and return their runs in the order of the file; `on_city` is called as each ends.

    Without an engine, one city at a time has the whole machine.
    """
    from orchestration.engines import task_results  # noqa: PLC0415 - commands without an engine import none

    common = {
        "batch": f"{utc_now():%Y%m%dT%H%M%SZ}-{os.getpid()}",
        "wait": wait_seconds,
        "inherited": _inherited(settings, os.environ),
        "shares_machine": settings.engine is not None,
        "makes_blank": sum(not city.home.warehouse.exists() for city in homes) >= MAKES_BLANK,
    }
    tasks = [Task.calling(run_city, common | _arguments(city), f"the city {city.name}", PRELOADED) for city in homes]
    limits = settings if settings.engine is not None else replace(settings, engine="local", threads=1)
    runs = {}
    # the runs of the cities spill into their homes
    with (
        reader_folder() as spill,
        closing(task_results(limits, tasks, memory_limit=memory_limit(settings.memory_limit), spill=spill)) as results,
    ):
        for result in results:
            runs[result.number] = _city_run(homes[result.number], result)
            on_city(runs[result.number])
    return [runs[number] for number in range(len(homes))]


def _city_run(city: CityHome, result: TaskResult) -> CityRun:
    found = result.result or not_run(
        EXIT_UNEXPECTED,
        f"it failed or was killed in each of {result.attempts} attempts ({result.failure}); do what the reason names, or give it "
        "more memory, and run again",
    )
    return CityRun(
        city=city.name,
        seconds=round(result.seconds, 1),
        cpu_seconds=round(result.cpu_seconds, 1),
        attempts=result.attempts,
        worker=result.worker,
        **{**found, "late": tuple(found["late"])},
    )


def exit_code_of(runs: Sequence[CityRun]) -> int:
    """The exit code of all runs: the first of failed, blocked, busy and incomplete that one of them is."""
    outcomes = {run.outcome for run in runs}
    if outcomes - {RELEASED, UNCHANGED, BLOCKED, BUSY}:
        return EXIT_UNEXPECTED
    if BLOCKED in outcomes:
        return EXIT_BLOCKED
    if BUSY in outcomes:
        return EXIT_BUSY
    return EXIT_INCOMPLETE if any(run.late for run in runs) else EXIT_OK


def run_environment(settings: Settings, city: CityHome) -> dict[str, str]:
    """The environment of a run of one city on this machine, as `run_cities` gives it."""
    shared = {"inherited": _inherited(settings, os.environ), "shares_machine": False}
    return environment_of(shared | _arguments(city), Resources())


def _arguments(city: CityHome) -> dict[str, Any]:
    settings = {"LEVELGROUND_CITY": str(city.layer) if city.layer else city.name}
    if city.deliveries is not None:
        settings["LEVELGROUND_DELIVERIES"] = city.deliveries
    return {"home": str(city.home.root), "settings": {**city.settings, **settings}, "hash_key_env": city.hash_key_env}


def _inherited(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of this command that hold for every city, without secrets, which the machine of a worker has itself."""
    names = [name for name in variable_names() if name not in (*NOT_OF_A_CITY, *SECRETS) and not name.startswith(NOT_INHERITED)]
    found = {name: environment[name] for name in names if name in environment}
    if settings.further_sources is not None:
        found["LEVELGROUND_SOURCES"] = str(settings.further_sources)  # a worker has another current folder
    return found
