"""Provide `levelground run`: run the same job as the UI and the schedule in this process, and print its result."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ingest.city import FILE_NAME
from orchestration.cities.goal_rows import check_goal_rows
from orchestration.cli.display import Table, out, print_error, print_json
from orchestration.cli.options import AsJson, Wait, examples
from orchestration.cli.run.progress import NO_SCREEN, Progress, Summary, clock_text
from orchestration.runs.city_choice import LIVE
from orchestration.runs.clock import as_of_time
from orchestration.runs.context import RunOptions
from orchestration.runs.delivery_location import (
    DeliveryLocation,
    check_clock,
    check_default_location,
    remember_location,
    resolve_delivery_location,
)
from orchestration.runs.errors import explain, explain_full_disk
from orchestration.runs.hash_key import check_keys
from orchestration.runs.process.exit_codes import EXIT_OK, EXIT_UNEXPECTED
from orchestration.runs.progress import expected_seconds, report_progress_to
from orchestration.runs.record import RunRecord, RunStore
from orchestration.runs.registry_check import check_upgrade
from orchestration.runs.reports import DELIVERY, findings_after, release_figures, run_report
from orchestration.runs.selection import selected_sources
from orchestration.settings import ConfigurationError, Settings
from warehouse.connection import WarehouseCorrupt, open_working
from warehouse.lock import RunLock
from warehouse.paths import Home

EXAMPLES = examples("levelground run", "levelground run --deliveries path/to/deliveries", "levelground run --as-of 2025-12-01")
ROW_COLUMNS = ("delivered", "staged", "rejected", "blank", "duplicate", "superseded", "withdrawn")
LISTED = "a gate blocked the release, the last one stays; `levelground status` lists every finding"
NO_MESSAGE = "the run failed without a message; see its log in the UI"


def run(
    deliveries: Annotated[Path | None, typer.Option(help="Read DIR/<source>/* instead of the live systems.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Read the departments' live systems.")] = False,
    source: Annotated[list[str] | None, typer.Option(help="Ingest only this source; can be given several times.")] = None,
    period: Annotated[
        str | None,
        typer.Option(
            help="Ingest the kept deliveries of a month again, like 2024-03, or of months, like 2024-03..2024-05, "
            "of sources whose deliveries replace periods."
        ),
    ] = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Build everything, even if nothing changed.")] = False,
    as_of: Annotated[str | None, typer.Option(help="The time that the run uses as now, like 2025-12-01T00:00:00.")] = None,
    accept_older: Annotated[
        bool, typer.Option("--accept-older", help="Go back on purpose: take an earlier clock, or loads that were replaced.")
    ] = False,
    wait: Wait = 0,
    remember: Annotated[
        bool, typer.Option("--remember", help="Read this folder from now on, also without --deliveries and in the UI.")
    ] = False,
    scheduled: Annotated[
        bool, typer.Option("--scheduled", help="For timers: list the run in the history of the schedule `nightly`.")
    ] = False,
    from_blank: Annotated[
        bool, typer.Option("--from-blank", hidden=True, help="Make a blank home if the cache has none.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Ingest deliveries, check them, build and check all models, publish a release.

    Exit code 0: a release was published, or nothing changed. 4: the same, and a source was held back or is stale.

    3: a gate blocked the release, or a first run had nothing to publish. 5: another run is active.

    2: wrong arguments or settings. 1: any other error. 130, 143, 129: Ctrl-C, SIGTERM or SIGHUP ended it.
    """
    settings = Settings.from_environment()
    if deliveries is not None and live:
        raise ConfigurationError("--deliveries and --live exclude each other; give one")
    option = LIVE if live else str(deliveries) if deliveries is not None else None
    if remember and option is None:
        raise ConfigurationError("--remember needs --deliveries or --live: it names what the home reads from now on")
    progress = Progress(expected=expected_seconds(RunStore(settings.home.runs).all()))
    with progress:
        makes_sample = option is None and settings.deliveries is None and not settings.home.home_json.exists()
        progress.stage("start", "making the sample city" if makes_sample else "reading the settings")
        location = _checked_location(settings, option, as_of, remember=remember, accept_older=accept_older)
        wanted = selected_sources(location.registry, source or (), period)
        progress.sources = len(wanted or list(location.registry))
        progress.title = f"levelground run: {location.city.title}"
        settings.home.ensure()
        lock = RunLock(settings.home, "cli")
        if wait:
            progress.stage("start", "waiting for another run")
        lock.acquire(wait)
        try:
            if settings.cache is not None and not settings.home.warehouse.exists():
                from orchestration.pipeline.blank_home import start_from_blank  # noqa: PLC0415 - imports all stages

                progress.stage("start", "copying the blank home")
                start_from_blank(settings, make=from_blank)
            _check_warehouse_is_free(settings.home)
            with report_progress_to(progress):
                progress.stage("start", f"reading {location.name} ({location.city.title})")
                options = RunOptions("cli", option, as_of, full_refresh, 0.0, wanted, period, accept_older)
                record, problem = _execute(settings, options, location, scheduled=scheduled)
        finally:
            lock.release()
    if record is None:
        problem = problem or explain_full_disk(settings.home)
        raise typer.Exit(print_error(problem or "the run ended without a record; see its log in the UI", EXIT_UNEXPECTED))
    if json:
        print_json(run_report(settings.home, record))
    else:
        _print_summary(settings, location, record, as_of, progress.seconds)
    if record.scorecard_problem and not json:
        print_error(f"the scorecard was not written, the earlier one stays: {record.scorecard_problem}", EXIT_OK)
    if record.outcome in (None, "failed"):  # None: the end of the run could not be written
        # a full disk takes no message of the failed step
        message = problem or record.message or explain_full_disk(settings.home) or NO_MESSAGE
        print_error(message, EXIT_UNEXPECTED if record.exit_code is None else record.exit_code)
    elif record.exit_code and record.outcome == "blocked" and record.message:
        is_listed = out.is_terminal and any(gate.failed_critical for gate in record.gates if gate.gate != DELIVERY)
        print_error(LISTED if is_listed else record.message, record.exit_code)
    raise typer.Exit(EXIT_UNEXPECTED if record.exit_code is None else record.exit_code)


def _check_warehouse_is_free(home: Home) -> None:
    """Another process may have the file open without the lock. A lost file is not made here: the run must notice the loss."""
    if home.warehouse.exists():
        with suppress(WarehouseCorrupt):  # the run moves the file away
            open_working(home).close()


def _checked_location(
    settings: Settings, option: str | None, as_of: str | None, *, remember: bool, accept_older: bool
) -> DeliveryLocation:
    """What the run reads; refused, before Dagster is loaded, if the home cannot go on from it."""
    check_default_location(settings, option)
    location = resolve_delivery_location(settings, option)
    check_goal_rows(location.city, settings.home.published_public)
    check_upgrade(settings, location)
    check_keys(location.city)
    if remember:
        remember_location(settings, location.name)
    if not accept_older:
        check_clock(settings, as_of_time(as_of, location.city))
    return location


def _execute(
    settings: Settings, options: RunOptions, location: DeliveryLocation, *, scheduled: bool
) -> tuple[RunRecord | None, str | None]:
    """Run the job; return its record and the error message if it failed."""
    from orchestration.defs.execute import execute_refresh  # noqa: PLC0415 - Dagster takes seconds to import

    run_id = str(uuid.uuid4())
    try:
        problem = execute_refresh(settings, run_id, options, location, scheduled=scheduled)
    except Exception as error:
        problem = explain(error, settings.home)  # Dagster's storage is on the same disk
        if problem is None:
            raise
    return RunStore(settings.home.runs).find(run_id), problem


def _print_summary(settings: Settings, location: DeliveryLocation, record: RunRecord, as_of: str | None, seconds: float) -> None:
    home = settings.home
    city_file = location.folder / FILE_NAME if location.folder and location.city.as_of else None
    clock, findings = clock_text(record, as_of, city_file), findings_after(home, record)
    summary = Summary(record, home, location.city.title, clock, seconds, findings, release_figures(home))
    if not out.is_terminal:
        rows = [(s.source, *(getattr(s, f"rows_{column}") for column in ROW_COLUMNS), s.verdict) for s in record.sources.values()]
        out.print(Table(None, ("source", *ROW_COLUMNS, "verdict"), rows))
        timed = ", ".join(f"{stage} {taken:.1f}" for stage, taken in record.seconds.items())
        out.print(f"seconds: {timed}")
    for line in summary.lines(out.width, out.height if out.is_terminal else NO_SCREEN):
        out.print(line, soft_wrap=True)
