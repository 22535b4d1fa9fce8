"""Provide `levelground erase`: remove single records from every place of the home.

See `orchestration.cli.sources.sources` for removing a whole source, and docs/remove-records.md.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from ingest.erasure import Plan, plan_erasure
from ingest.erasure.plan import write_plan
from orchestration.cli.display import Table, out
from orchestration.cli.options import Reason, Wait, Yes, examples
from orchestration.cli.safeguards import complete_removals, confirm, locked
from orchestration.runs.clock import utc_now
from orchestration.runs.delivery_location import resolve_delivery_location
from orchestration.settings import ConfigurationError, Settings
from orchestration.stewardship.removal import find_records, required_hash_key
from warehouse.paths import Home

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = examples("levelground erase ucc__service_requests --key 1018524 --reason 'Requested by the department'")
EXPORTS_NOTE = "exports and public files contain no records; their figures stay as published"


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
    source: Annotated[str, typer.Argument(help="A source, such as mmc__court_cases.")] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(
            help="The key of a record, its values in the order of the contract's load.key; several records follow each other: "
            "--key A B."
        ),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE, for a source without a key; all given conditions must hold.")
    ] = None,
    reason: Reason = "",
    yes: Yes = False,
    resume: Annotated[bool, typer.Option("--resume", help="Complete a removal that was interrupted, and nothing else.")] = False,
    wait: Wait = 0,
) -> None:
    """Remove records from deliveries, landing, facts and every kept release, and from later deliveries.

    Lists what it will remove and asks. Public figures stay as published. Needs LEVELGROUND_HASH_KEY.

    Exit code 0: removed, or nothing to resume. 2: not confirmed, or wrong arguments. 5: a run is active.
    """
    settings = Settings.from_environment()
    if resume:
        with locked(settings.home, wait) as notes:
            out.print("\n".join(notes) or "no removal was interrupted")
        return
    check_reason(reason)
    if not source or bool(key) == bool(where):
        raise ConfigurationError("name a source and its records: either --key VALUE… or --where COLUMN=VALUE")
    location = resolve_delivery_location(settings)
    contract = location.registry[source]
    with locked(settings.home, wait):
        found = find_records(settings, location.registry, contract, key or (), where or (), location.city.time_zone)
        if not found:
            out.print(f"{contract.source}: these records were erased before; nothing is left to remove")
            return
        now = utc_now().replace(microsecond=0)
        plan, rows = plan_erasure(settings.home, found, required_hash_key(settings), reason.strip(), getpass.getuser(), now)
        remove(settings.home, plan, rows, yes=yes)


def check_reason(reason: str) -> None:
    """`ConfigurationError` without a reason."""
    if not reason.strip():
        raise ConfigurationError("--reason is empty; write why the records are removed, it is kept in quality.erasures")


def remove(home: Home, plan: Plan, rows: pa.Table, *, yes: bool) -> None:
    """List what the plan removes, ask, carry it out, and print the result."""
    names = ", ".join(f"{source.records:,} of {source.source}" for source in plan.sources)
    places = [(place.kind, place.name, place.rows) for place in plan.places]
    out.print(Table(f"Records to remove: {names}", ("place", "name", "rows"), places))
    out.print(EXPORTS_NOTE)
    confirm("Remove them for good?", yes=yes)
    write_plan(home, plan, rows)
    notes = complete_removals(home)
    assert not home.is_removal_pending, "the plan was carried out"
    for note in notes:
        out.print(note)
    out.print("the next run builds landing and marts without them; copies outside the home are not touched")
