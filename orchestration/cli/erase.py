"""Provide `levelground erase`: remove single records from every place of the home.

See `orchestration.cli.sources` for removing a whole source, and docs/remove-records.md.
"""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ingest.erasure import Plan, complete, is_pending
from ingest.erasure.plan import write_plan
from orchestration.cli.display import err, out, table
from orchestration.runs.delivery_location import resolve_delivery_location
from orchestration.runs.exit_codes import EXIT_BAD_ARGUMENTS
from orchestration.settings import ConfigurationError, Settings
from orchestration.stewardship.removal import NothingToRemove, find_records, make_plan
from warehouse.lock import RunLock
from warehouse.paths import Home
from warehouse.releases import recover

EXPORTS_NOTE = "exports and public files contain no records; their figures stay as published"
Reason = Annotated[str, typer.Option(help="Why, without a person's name: quality.erasures keeps it.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", help="Remove without asking.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for a run that is active.")]


class ManyValues(TyperCommand):
    """A command whose option `--key` takes all values up to the next option: `--key A B` is `--key A --key B`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each further value."""
        parsed: list[str] = super().parse_args(ctx, repeat_key_option(args))
        return parsed


def repeat_key_option(args: Sequence[str]) -> list[str]:
    """The arguments with `--key` before each of its values."""
    expanded: list[str] = []
    is_key = False
    for arg in args:
        if arg.startswith("--"):
            is_key = arg == "--key"
            expanded += [] if is_key else [arg]
        else:
            expanded += ["--key", arg] if is_key else [arg]
    return expanded


def erase(
    source: Annotated[str, typer.Argument(help="A source, such as mmc__court_cases.", show_default=False)] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="The key of a record, its values in the order of the contract's load.key; several records follow each other: "
            "--key A B.",
            show_default=False,
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="COLUMN=VALUE, for a source without a key; all given conditions must hold.", show_default=False),
    ] = None,
    reason: Reason = "",
    yes: Yes = False,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a removal that was interrupted, and nothing else.")] = False,
    wait: Wait = 0,
) -> None:
    """Remove records from deliveries, landing, facts and every kept release, and drop them from later deliveries.

    Lists what it will remove and asks. Public figures stay as published. Needs LEVELGROUND_HASH_KEY.

    Exit code 0: removed, or nothing to resume. 2: not confirmed, or wrong arguments. 5: a run is active.
    """
    settings = Settings.from_environment()
    if resume:
        with locked(settings.home, wait) as notes:
            out.print("\n".join(notes) or "no removal was interrupted", markup=False)
        return
    check_reason(reason)
    if not source or bool(key) == bool(where):
        raise ConfigurationError("name a source and its records: either --key VALUE… or --where COLUMN=VALUE")
    location = resolve_delivery_location(settings)
    contract = location.registry[source]
    with locked(settings.home, wait):
        zone = location.city.time_zone
        try:
            found = find_records(settings, location.registry, contract, key or (), where or (), zone)
        except NothingToRemove as nothing:
            if "erased before" not in str(nothing):
                raise
            out.print(str(nothing), markup=False)
            return
        plan, rows = make_plan(settings, found, reason.strip(), getpass.getuser(), utc_now())
        confirm(plan, yes)
        write_plan(settings.home, plan, rows)
        finish(settings.home)


@contextmanager
def locked(home: Home, wait: float) -> Iterator[list[str]]:
    """Hold the run lock, and complete what an earlier process left; yields one sentence per completed removal."""
    home.ensure()
    lock = RunLock(home, "cli")
    lock.acquire(wait)
    try:
        notes = complete(home, _show_step)
        recover(home)
        yield notes
    finally:
        lock.release()


def check_reason(reason: str) -> None:
    """`ConfigurationError` without a reason."""
    if not reason.strip():
        raise ConfigurationError("--reason is empty; write why the records are removed, it is kept in quality.erasures")


def confirm(plan: Plan, yes: bool) -> None:
    """List what the plan removes; exit unless it is confirmed."""
    names = ", ".join(f"{source.records:,} of {source.source}" for source in plan.sources)
    out.print(table(f"Records to remove: {names}", ("place", "name", "rows"), _places(plan), right=("rows",)))
    out.print(EXPORTS_NOTE, markup=False)
    if yes:
        return
    if not out.is_terminal or not typer.confirm("Remove them for good?"):
        err.print("nothing was removed; add --yes to remove what is listed", markup=False)
        raise typer.Exit(EXIT_BAD_ARGUMENTS)


def finish(home: Home) -> None:
    """Carry out the plan of the home, and print the result."""
    notes = complete(home, _show_step)
    recover(home)
    assert not is_pending(home), "the plan was carried out"
    for note in notes:
        out.print(note, markup=False)
    out.print("the next run builds landing and marts without them; copies outside the home are not touched", markup=False)


def _places(plan: Plan) -> Sequence[tuple[str, str, int]]:
    return [(place.kind, place.name, place.rows) for place in plan.places]


def _show_step(step: str) -> None:
    err.print(step, markup=False)


def utc_now() -> dt.datetime:
    """The machine's clock in UTC without zone, in whole seconds."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
