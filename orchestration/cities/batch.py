"""Run many cities as tasks of the engine, each through the lock of its own home. No city stops another one.

A task is `levelground run` in a process of its own, with the home of the city.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.cities.homes_file import NOT_OF_A_CITY, SECRETS, CityHome
from orchestration.runs.clock import utc_now
from orchestration.runs.process.exit_codes import (
    EXIT_BAD_ARGUMENTS,
    EXIT_BLOCKED,
    EXIT_BUSY,
    EXIT_INCOMPLETE,
    EXIT_OK,
    EXIT_SIGNALS,
    EXIT_UNEXPECTED,
)
from orchestration.runs.record import BLOCKED, FAILED, HELD_BACK, RELEASED, STALE, UNCHANGED
from orchestration.settings import Settings, variable_names
from warehouse.connection import memory_limit
from warehouse.paths import Home, HomeUnwritable
from warehouse.processes import preloaded
from warehouse.processes.child_process import ends_with_this_process
from warehouse.processes.worker import Resources, Task
from warehouse.temporary import reader_folder

if TYPE_CHECKING:
    from orchestration.engines import TaskResult

LOG_PREFIX = "city-"  # of the logs in a home; a run deletes old ones (`instance.retention`)
BUSY, INTERRUPTED = "busy", "interrupted"
# -P: the current folder is not searched for modules. With -c DuckDB would print progress to the output, as in a notebook.
COMMAND = (sys.executable, "-P", "-m", "orchestration.cli", "run", "--json")
# What a run imports, except of the command line, which looks for a terminal.
PRELOADED = (
    "orchestration.defs.execute", "orchestration.defs.assets", "orchestration.defs.sensors",
    "orchestration.pipeline.blank_home", "expectations.engine.custom_expectations",
    "dbt.cli.main", "dbt.adapters.duckdb",
)  # fmt: skip
# What a run parses, unless its city adds models: a function of the variables of a run
PARSES = ("orchestration.pipeline.blank_home", "parse_blank_project")
# of the process of an earlier attempt, which ends when its worker is killed
SECONDS_TO_END = 60.0
_PREFIX = "levelground: "


def run_city(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Run a city and answer with its outcome; only a killed process is an error, which the engine repeats.

    `arguments`: `home`; `batch`, an id of all these runs; `wait`, seconds for the home's lock; `inherited` and `settings`,
    variables of the run; `hash_key_env`; `shares_machine`: whether the limits of the worker apply; `makes_blank`: whether to make
    a blank home that the cache lacks.
    """
    home = Home(Path(arguments["home"]))
    try:
        home.ensure()
        log, attempt = _new_log(home, arguments["batch"])
        wait = arguments["wait"] if attempt == 1 else max(arguments["wait"], SECONDS_TO_END)
        options = [*(["--from-blank"] if arguments["makes_blank"] else []), "--wait", str(wait)]
        code, output = _run([*COMMAND, *options], environment_of(arguments, resources), log)
    except HomeUnwritable as error:
        return not_run(EXIT_BAD_ARGUMENTS, str(error))
    except OSError as error:  # another machine would find the same home
        return not_run(EXIT_UNEXPECTED, f"{type(error).__name__}: {error.strerror}")
    if code < 0:
        raise ChildProcessError(f"the run of the city was ended by {signal.Signals(-code).name}")
    return _outcome(code, output, log)


def environment_of(arguments: Mapping[str, Any], resources: Resources) -> dict[str, str]:
    """The variables of a run: of this machine, then of the command that started the task, then of the city.

    This machine has the secrets, which no task contains: keys, passwords of databases, addresses for alerts.
    """
    settings = set(variable_names()) - set(SECRETS)
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    limits = {"LEVELGROUND_THREADS": resources.threads, "LEVELGROUND_MEMORY_LIMIT": resources.memory_limit}
    shared = {name: str(limit) for name, limit in limits.items() if limit is not None and arguments["shares_machine"]}
    environment |= arguments["inherited"] | shared | arguments["settings"] | {"LEVELGROUND_HOME": arguments["home"]}
    if arguments["hash_key_env"] is not None:
        environment["LEVELGROUND_HASH_KEY"] = os.environ.get(arguments["hash_key_env"], "")
    return environment


def _new_log(home: Home, batch: str) -> tuple[Path, int]:
    """The log of this attempt, and its number: each attempt leaves a log, also one whose process is killed."""
    attempt = 1
    while True:
        path = home.logs / f"{LOG_PREFIX}{batch}-{attempt}.log"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            attempt += 1
        else:
            return path, attempt


def _run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> tuple[int, str]:
    """The exit code and the output of the run, which ends with this process. The log gets both outputs."""
    with log.open("ab") as errors:
        module, function = PARSES
        if preloaded.can_fork and preloaded.prepare(getattr(importlib.import_module(module), function), environment):
            code, output = preloaded.run_module(command[command.index("-m") + 1 :], environment, errors)
        else:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                preexec_fn=ends_with_this_process(signal.SIGTERM),  # noqa: PLW1509 - two system calls, which no lock can block
            )  # fmt: skip
            try:
                output = process.communicate()[0]
            except BaseException:
                process.terminate()
                process.wait()
                raise
            code = process.returncode
        errors.write(output.encode())
    return code, output


def _outcome(code: int, output: str, log: Path) -> dict[str, Any]:
    """What the run reports of itself; without a report, its last message."""
    try:
        report = json.loads(output)
    except ValueError:
        report = {}
    if code > EXIT_SIGNALS:
        outcome = INTERRUPTED
    elif code == EXIT_BUSY:
        outcome = BUSY
    else:
        outcome = report.get("outcome") or FAILED
    sources = report.get("sources", [])
    return {
        "outcome": outcome,
        "exit_code": code,
        "release_id": report.get("release_id"),
        "rows": sum(source["rows_staged"] or 0 for source in sources),
        "late": [source["source"] for source in sources if source["verdict"] in (HELD_BACK, STALE)],
        "message": report.get("message") or ("" if code in (EXIT_OK, EXIT_INCOMPLETE) else _last_message(log)),
        "log": str(log),
    }


def _last_message(log: Path) -> str:
    messages = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.startswith(_PREFIX)]
    return messages[-1].removeprefix(_PREFIX) if messages else f"see {log}"


def not_run(code: int, message: str) -> dict[str, Any]:
    """The answer of a city whose run could not start, or was killed each time."""
    return {"outcome": FAILED, "exit_code": code, "release_id": None, "rows": 0, "late": [], "message": message, "log": None}


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
