"""Run one city as a task of an engine: `levelground run` in a process of its own, with the home of the city."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.cities.homes_file import SECRETS
from orchestration.runs.process.exit_codes import (
    EXIT_BAD_ARGUMENTS,
    EXIT_BUSY,
    EXIT_INCOMPLETE,
    EXIT_OK,
    EXIT_SIGNALS,
    EXIT_UNEXPECTED,
)
from orchestration.runs.record import FAILED, HELD_BACK, STALE
from orchestration.settings import variable_names
from warehouse.paths import Home, HomeUnwritable
from warehouse.processes import preloaded
from warehouse.processes.child_process import ends_with_this_process
from warehouse.processes.worker import Resources

LOG_PREFIX = "city-"  # of the logs in a home; a run deletes old ones (`instance.retention`)
BUSY, INTERRUPTED = "busy", "interrupted"
# -P: the current folder is not searched for modules. With -c DuckDB would print progress to the output, as in a notebook.
COMMAND = (sys.executable, "-P", "-m", "orchestration.cli", "run", "--json")
# What a run imports, except of the command line, which looks for a terminal.
PRELOADED = (
    "orchestration.defs.execute", "orchestration.defs.assets", "orchestration.defs.sensors",
    "orchestration.pipeline.first_run.blank_home", "expectations.engine.custom_expectations",
    "dbt.cli.main", "dbt.adapters.duckdb",
)  # fmt: skip
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
        if preloaded.can_fork:
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
