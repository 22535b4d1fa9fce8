"""`levelground sources`: contracts and their health, checking a delivery, letting a held-back one in.

Here: arguments and display. Not here: the audit (`orchestration.sources.check_delivery`) and the acceptance
(`orchestration.pipeline.ingest_source`).
"""

from __future__ import annotations

import datetime as dt
import getpass
import json as jsonlib
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from expectations.delivery.column_differences import differing
from expectations.results import GateResult
from ingest.contract.registry import load_registry
from ingest.delivery.write_batch import DeliveryStore
from orchestration.cli.display import err, out, table
from orchestration.pipeline.ingest_source import Acceptance, acceptance
from orchestration.pipeline.ingest_source import accept as accept_load
from orchestration.runs.delivery_location import settle
from orchestration.runs.record import EXIT_BLOCKED, HELD_BACK, RunStore
from orchestration.runs.status_report import data_issues, last_run, readiness, source_rows
from orchestration.settings import ConfigurationError, Settings
from orchestration.sources.check_delivery import Checked, check_delivery
from orchestration.sources.disaggregation import disaggregations
from orchestration.sources.scaffold import new_source
from orchestration.sources.steward_report import write_report

_MEASURED = ("rows_staged", "known_race_pct", "geocoded_pct", "readiness_grade", "readiness_reasons")

app = typer.Typer(no_args_is_help=True, help="Contracts and their health.")
Name = Annotated[str, typer.Argument(help="A source like ucc__service_requests.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """Every source, with what became of it in the last run."""
    settings = Settings.from_environment()
    registry = load_registry(settings.further_sources)
    last = last_run(settings.home)
    rows = source_rows(settings.home, last) if last else []
    if json:
        print(jsonlib.dumps(rows, indent=1, default=str))
        return
    known = {row["source"]: row for row in rows}
    shown = []
    for contract in registry:
        row = known.get(contract.source, {})
        shown.append(
            (
                contract.source,
                contract.department,
                contract.cadence,
                row.get("verdict", "no run yet"),
                (row.get("data_as_of") or "")[:10] or None,
                *(
                    row.get(name)
                    for name in ("rows_staged", "known_race_pct", "geocoded_pct", "readiness_grade", "readiness_reasons")
                ),
            )
        )
    columns = ("source", "department", "cadence", "verdict", "data as of", "rows", "race known %", "placed %", "grade", "why")
    out.print(table(None, columns, shown, right=("rows", "race known %", "placed %")))
    grades = Counter(row["readiness_grade"] for row in rows if row.get("readiness_grade"))
    if grades:
        counted = ", ".join(f"{sources} {grade}" for grade, sources in sorted(grades.items()))
        err.print(
            f"ready to be disaggregated by race or place: {counted}; `levelground sources show NAME` says why", markup=False
        )


@app.command()
def show(name: Name, json: Json = False) -> None:
    """One source: its contract, its loads' verdict, its columns and who may see them."""
    settings = Settings.from_environment()
    contract = load_registry(settings.further_sources)[name]
    last = last_run(settings.home)
    row = next((row for row in source_rows(settings.home, last) if row["source"] == name), None) if last else None
    if json:
        told = {
            "contract": contract.model_dump(mode="json", by_alias=True),
            "status": row,
            "disaggregations": disaggregations(contract),
        }
        print(jsonlib.dumps(told, indent=1, default=str))
        return
    facts = {
        "source": contract.source, "title": contract.title, "grain": contract.grain, "policy area": contract.policy_area,
        "jurisdiction": contract.jurisdiction, "platform": contract.platform,
        "steward": f"{contract.steward.team}, {contract.steward.contact}", "cadence": contract.cadence,
        "load": contract.load.mode,
    }  # fmt: skip
    out.print(table(None, ("contract", ""), facts.items()))
    out.print(table("\nLast run", ("", " "), (row or {"verdict": "no run yet"}).items()))
    carried = [(dimension, columns or "not told") for dimension, columns in disaggregations(contract).items()]
    out.print(table("\nCan be disaggregated by", ("dimension", "columns"), carried))
    if row and (reasons := readiness(settings.home, row)):
        out.print(table(f"\nReadiness {row['readiness_grade']}", ("reason", "at best", "meaning"), reasons))
    if issues := data_issues(settings.home, name):
        out.print(table("\nKnown data issues", ("issue", "status", "summary"), issues))
    columns = [
        (c.name, ", ".join(map(str, c.delivered_names)), c.type, c.role, "yes" if c.required else "", c.privacy, c.keep)
        for c in contract.columns
    ]
    out.print(table("\nColumns", ("column", "delivered as", "type", "role", "required", "privacy", "keep"), columns))


@app.command()
def check(
    name: Name,
    file: Annotated[Path | None, typer.Argument(help="A file or folder; what the home reads if left out.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the verdict as a page for the steward: FILE.html.", show_default=False)
    ] = None,
) -> None:
    """Audit a delivery against its contract without loading it."""
    settings = Settings.from_environment()
    if report is not None and not report.absolute().parent.is_dir():
        raise ConfigurationError(f"there is no folder {report.absolute().parent} to write the report into")
    checked = check_delivery(settings, name, file)
    _show_gate(checked.gate)
    _show_difference(checked)
    if report is not None:
        write_report(checked, report.absolute())
        err.print(f"the page for the steward: {report}", markup=False)
    raise typer.Exit(0 if checked.gate.passed else EXIT_BLOCKED)


@app.command()
def new(
    name: Name,
    source: Annotated[
        str,
        typer.Option(
            "--from", help="A file, a folder, a URL, or the NAME of a variable with a database URL.", show_default=False
        ),
    ],
    table: Annotated[str | None, typer.Option(help="Which table of a database.", show_default=False)] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinates of a map that does not say it, like EPSG:32054.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Folder of the draft; LEVELGROUND_SOURCES, or drafts.")] = None,
) -> None:
    """Draft a contract and a staging model from a delivery, and say what is left to decide."""
    settings = Settings.from_environment()
    if name in load_registry(settings.further_sources):
        raise ConfigurationError(f"{name} has a contract already; `levelground sources show {name}` shows it")
    drafted = new_source(settings, name, source, to or settings.further_sources or Path("drafts"), table=table, crs=crs)
    out.print(f"the contract: {drafted.contract}\nthe staging model: {drafted.model}\n\nleft to decide:", markup=False)
    for question in drafted.questions:
        out.print(f"- {question}", markup=False)
    if drafted.checked is not None:
        _show_gate(drafted.checked.gate)
        _show_difference(drafted.checked)
        raise typer.Exit(0 if drafted.checked.gate.passed else EXIT_BLOCKED)


@app.command()
def accept(
    name: Name,
    load: Annotated[str, typer.Option("--load", help="The held-back load, as the run named it.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why it is right after all.", show_default=False)],
) -> None:
    """Let one held-back load in at the next run."""
    settings = Settings.from_environment()
    contract = settle(settings).registry[name]
    store = DeliveryStore(settings.home.deliveries, contract.source)
    last = RunStore(settings.home.runs).last_ended()
    status = last.sources.get(name) if last else None
    held = status.load_id if status and status.verdict == HELD_BACK else None
    if store.receipt(load) is None or (load != held and acceptance(store, load) is None):
        known = f"the last run held back {held}" if held else "the last run held back none of its loads"
        raise ConfigurationError(f"{name} has no held-back load {load!r}; {known}")
    if not reason.strip():
        raise ConfigurationError("--reason is empty; say why the load is right, it is kept with the load")
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    accept_load(store, load, Acceptance(getpass.getuser(), reason.strip(), now.isoformat()))
    out.print(f"{name}: the load {load} gets in at the next run", markup=False)


def _show_difference(checked: Checked) -> None:
    lines = differing(checked.columns)
    if lines:
        rows = [
            (line.expected, line.found, line.verdict, f"{line.likely} ({line.similarity} % alike)" if line.likely else None)
            for line in lines
        ]
        out.print(table("\nColumns that are not as agreed", ("expected", "found", "verdict", "renamed to?"), rows))


def _show_gate(gate: GateResult) -> None:
    rows = [
        ("ok" if f.success else f.severity, f.expectation, f.column, f.observed, f.threshold, "" if f.success else f.message)
        for f in sorted(gate.findings, key=lambda f: f.success)
    ]
    out.print(table(None, ("verdict", "expectation", "column", "found", "allowed", "what to do"), rows))
    failed = len(gate.failed_critical)
    err.print(
        f"{gate.subject}: {'fits its contract' if gate.passed else f'{failed} critical findings; it would be held back'}",
        markup=False,
    )
