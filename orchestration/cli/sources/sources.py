"""Provide `levelground sources`: list, check, accept, draft, fill in, remove and resume sources.

See `orchestration.stewardship.check_delivery` for the check and `orchestration.pipeline.ingest_source` for the acceptance.
"""

from __future__ import annotations

import datetime as dt
import getpass
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from expectations.delivery.column_differences import missing_columns
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import Removal, read_removals, save_removals
from ingest.erasure import plan_source_removal
from orchestration.cli import new_source
from orchestration.cli.display import Table, err, out, print_json, short_time
from orchestration.cli.options import AsJson, Reason, Source, Wait, Yes, examples
from orchestration.cli.safeguards import locked
from orchestration.cli.sources.delivery_check import print_check
from orchestration.cli.sources.erase import check_reason
from orchestration.cli.sources.erase import remove as remove_planned
from orchestration.codegen.folders import choose_folders, read_draft
from orchestration.codegen.source_models import render_odcs
from orchestration.runs.clock import utc_now
from orchestration.runs.decisions import Acceptance, accept_load, read_acceptance
from orchestration.runs.delivery_location import home_city, home_registry, read_delivery_location, resolve_delivery_location
from orchestration.runs.process.exit_codes import EXIT_BLOCKED
from orchestration.runs.record import HELD_BACK, RunStore
from orchestration.runs.reports import data_issues, readiness, source_rows
from orchestration.settings import ConfigurationError, Settings
from orchestration.stewardship.check_delivery import check_delivery, write_report
from orchestration.stewardship.disaggregation import disaggregations
from orchestration.stewardship.template import write_template

_FIGURES = ("rows_staged", "known_race_pct", "geocoded_pct", "readiness_grade", "readiness_reasons")

app = typer.Typer(no_args_is_help=True, help="List, check, add and remove sources.")
app.command(epilog=new_source.EXAMPLES)(new_source.new)
app.command(epilog=examples("levelground sources todo ucc__service_requests --shared"))(new_source.todo)


@app.command("list")
def list_(json: AsJson = False) -> None:
    """List every source with its result in the last run."""
    settings = Settings.from_environment()
    registry = home_registry(settings)
    last = RunStore(settings.home.runs).last_ended()
    rows = source_rows(settings.home, last) if last else []
    if json:
        print_json(rows)
        return
    known = {row["source"]: row for row in rows}
    displayed = []
    for contract in registry:
        row = known.get(contract.source, {})
        result = (row.get("verdict", "no run yet"), short_time(row.get("data_as_of")))
        displayed.append((contract.source, contract.department, contract.cadence, *result, *map(row.get, _FIGURES)))
    columns = ("source", "department", "cadence", "verdict", "data as of", "rows", "race known %", "geocoded %", "grade", "why")
    spare = ("department", "cadence", "geocoded %", "rows", "race known %", "data as of")
    out.print(Table(None, columns, displayed, spare=spare))
    grades = Counter(row["readiness_grade"] for row in rows if row.get("readiness_grade"))
    if grades:
        counted = ", ".join(f"{sources} {grade}" for grade, sources in sorted(grades.items()))
        err.print(f"readiness for disaggregation by race or place: {counted}; `levelground sources show NAME` gives the reasons")


@app.command(
    epilog=examples("levelground sources show ucc__service_requests", "levelground sources show ucc__service_requests --odcs")
)
def show(
    name: Source,
    json: AsJson = False,
    odcs: Annotated[bool, typer.Option("--odcs", help="Print the contract as YAML of the Open Data Contract Standard.")] = False,
) -> None:
    """Show one source: its contract, its result in the last run, its columns and their privacy."""
    settings = Settings.from_environment()
    contract = home_registry(settings)[name]
    if odcs:
        print(render_odcs(contract), end="")
        return
    last = RunStore(settings.home.runs).last_ended()
    row = next((row for row in source_rows(settings.home, last) if row["source"] == name), None) if last else None
    by_dimension = disaggregations(contract, home_city(settings).layers)
    if json:
        dumped = contract.model_dump(mode="json", by_alias=True)
        print_json({"contract": dumped, "status": row, "disaggregations": by_dimension})
        return
    facts = {
        "source": contract.source, "title": contract.title, "grain": contract.grain, "policy area": contract.policy_area,
        "jurisdiction": contract.jurisdiction, "coverage": contract.coverage or "its jurisdiction", "platform": contract.platform,
        "steward": f"{contract.steward.team}, {contract.steward.contact}", "cadence": contract.cadence,
        "delivered by": contract.delivered_by or "folder, or live with --live", "load": contract.load.mode,
    }  # fmt: skip
    out.print(Table(None, ("contract", ""), facts.items()))
    out.print(Table("\nLast run", ("", " "), (row or {"verdict": "no run yet"}).items()))
    dimensions = [(dimension, columns or "no column") for dimension, columns in by_dimension.items()]
    out.print(Table("\nCan be disaggregated by", ("dimension", "columns"), dimensions))
    if row and (reasons := readiness(settings.home, row)):
        out.print(Table(f"\nReadiness {row['readiness_grade']}", ("reason", "at best", "meaning"), reasons))
    if issues := data_issues(settings.home, name):
        out.print(Table("\nKnown data issues", ("issue", "status", "summary"), issues))
    columns = [
        (c.name, ", ".join(map(str, c.delivered_names)), c.type, c.role, "yes" if c.required else "", c.privacy, c.keep)
        for c in contract.columns
    ]
    heads = ("column", "delivered as", "type", "role", "required", "privacy", "keep")
    out.print(Table("\nColumns", heads, columns, spare=("keep", "required", "delivered as", "role")))


@app.command(epilog=examples("levelground sources check ucc__service_requests export.csv --report check.html"))
def check(
    name: Source,
    file: Annotated[Path | None, typer.Argument(help="A file or folder; default: the deliveries of the home.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the result as a page for the steward: FILE.html.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also list the expectations that hold.")] = False,
    layer: new_source.Layer = None,
) -> None:
    """Check a delivery against its contract without loading it."""
    settings = Settings.from_environment()
    if report is not None and not report.absolute().parent.is_dir():
        raise ConfigurationError(f"the folder {report.absolute().parent} for the report does not exist")
    draft = read_draft(settings, choose_folders(settings, None, layer, shared=False), name)
    checked = check_delivery(settings, name, file, draft)
    print_check(checked, all_=all_)
    err.print(f"read: {file or read_delivery_location(settings).folder_of(checked.contract) or 'a live system'}", soft_wrap=True)
    if report is not None:
        write_report(checked, report.absolute())
        err.print(f"page for the steward: {report}")
    raise typer.Exit(0 if checked.is_promoted else EXIT_BLOCKED)


@app.command(epilog=examples("levelground sources template oei__engagement_participation --format pdf --language es --out forms"))
def template(
    name: Source,
    form: Annotated[str, typer.Option("--format", help="xlsx, a workbook; csv, an empty file; or pdf, a paper form.")] = "xlsx",
    to: Annotated[Path | None, typer.Option("--out", help="Folder or file; default: the current folder.")] = None,
    language: Annotated[str, typer.Option(help="Language of the guide and the paper form: en or es.")] = "en",
) -> None:
    """Write a template that a department fills in and delivers: a workbook, a CSV file or a paper form."""
    settings = Settings.from_environment()
    out.print(f"template: {write_template(home_registry(settings)[name], form, to, language)}")


@app.command(epilog=examples('levelground sources accept ucc__service_requests --load LOAD --reason "The count was confirmed"'))
def accept(
    name: Source,
    load: Annotated[str, typer.Option("--load", help="The id of the held-back load: `sources show NAME` has it.")],
    reason: Annotated[str, typer.Option(help="Why the delivery is right.")],
) -> None:
    """Accept one held-back load; the next run promotes it."""
    settings = Settings.from_environment()
    contract = resolve_delivery_location(settings).registry[name]
    store = DeliveryStore(settings.home.deliveries, contract.source)
    last = RunStore(settings.home.runs).last_ended()
    status = last.sources.get(name) if last else None
    held_back = status.load_id if status and status.verdict == HELD_BACK else None
    for damaged in store.unreadable():
        if damaged.parent.name == load:
            raise ConfigurationError(f"{damaged} cannot be read; run again with the same delivery, which writes it again")
    delivery = store.record(load)
    if delivery is None or (load != held_back and read_acceptance(store, load) is None):
        known = f"the last run held back {held_back}" if held_back else "the last run held back none of its loads"
        raise ConfigurationError(f"{name} has no held-back load {load!r}; {known}")
    if lost := [column for column in missing_columns(contract, delivery.columns_missing) if contract.column(column).required]:
        why = f"the load {load} lacks {', '.join(lost)}, so every row without it would be rejected, and earlier ones may be lost"
        raise ConfigurationError(f"{why}; ask the steward for it, or add its new name under `from` in the contract of {name}")
    if not reason.strip():
        raise ConfigurationError("--reason is empty; write why the load is right, it is recorded with the load")
    accept_load(store, load, Acceptance(accepted_by=getpass.getuser(), reason=reason.strip(), at=_now().isoformat()))
    out.print(f"{name}: the next run promotes the load {load}")


@app.command(epilog=examples('levelground sources remove der__employees --reason "The agreement ended"'))
def remove(name: Source, reason: Reason = "", yes: Yes = False, wait: Wait = 0) -> None:
    """Remove every row of a source from deliveries, landing, facts and every kept release, and stop reading it.

    Lists what it will remove and asks. Public figures stay as published. `sources resume` reads the source again.
    """
    settings = Settings.from_environment()
    check_reason(reason)
    contract = resolve_delivery_location(settings).registry[name]
    with locked(settings.home, wait):
        if read_removals(settings.home.deliveries / contract.source).is_removed:
            out.print(f"{name} was removed before; nothing is left to remove")
            return
        plan, rows = plan_source_removal(
            settings.home, contract.source, reason.strip(), getpass.getuser(), _now(), formerly=contract.formerly
        )
        remove_planned(settings.home, plan, rows, yes=yes)


@app.command(epilog=examples('levelground sources resume der__employees --reason "The agreement was renewed"'))
def resume(name: Source, reason: Reason = "", wait: Wait = 0) -> None:
    """Read a source again that was removed; the next run ingests what is delivered."""
    settings = Settings.from_environment()
    check_reason(reason)
    contract = resolve_delivery_location(settings).registry[name]
    folder = settings.home.deliveries / contract.source
    with locked(settings.home, wait):
        removals = read_removals(folder)
        if not removals.is_removed:
            raise ConfigurationError(f"{name} was not removed, so it is read already")
        now = _now()
        decision = Removal(
            removal_id=f"{now:%Y%m%dT%H%M%S}-resumed", kind="resumed", records=0, reason=reason.strip(), erased_at=now,
            erased_by=getpass.getuser(),
        )  # fmt: skip
        save_removals(folder, removals.updated(decision))
    out.print(f"{name}: the next run reads it again")


def _now() -> dt.datetime:
    return utc_now().replace(microsecond=0)
