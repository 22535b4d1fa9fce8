"""Provide `levelground sources new` and `levelground sources todo`: from a delivered file to a fact, and what it lacks.

See `orchestration.codegen` for the files they write and the steps they list.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ingest.contract.vocabularies import load_vocabulary
from ingest.contract_draft import Answers, read_sample
from orchestration.cli.display import Table, err, out, print_json
from orchestration.cli.options import AsJson, Source, examples
from orchestration.cli.sources.delivery_check import print_check
from orchestration.codegen.draft_source import NewSource, draft_source, generate_source, replaced_contract
from orchestration.codegen.folders import choose_folders, find_contract, refuse_installed
from orchestration.codegen.missing_steps import Step, steps_of_source
from orchestration.runs.process.exit_codes import EXIT_BLOCKED
from orchestration.settings import ConfigurationError, Settings

EXAMPLES = examples(
    "levelground sources new dpw__trees --from trees.csv --layer cities/springfield --agreement open_data --unit record",
    "levelground sources new dpw__trees --layer cities/springfield",
)
Layer = Annotated[Path | None, typer.Option(help="The folder of a city's layer; default: the layer of LEVELGROUND_CITY.")]
Shared = Annotated[bool, typer.Option("--shared", help="Use the folders of this repository, for what it ships.")]


def new(
    name: Source,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="A file, a folder, a URL, or the NAME of a variable with a database URL. Leave it out where a contract exists.",
        ),
    ] = None,
    table: Annotated[str | None, typer.Option(help="The table of a database.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system of a map file that names none, like EPSG:32054.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook: its name, its position from 1, or a glob.")] = None,
    widths: Annotated[str | None, typer.Option(help="The characters of each field of a file of fixed width: 9,30,8.")] = None,
    agreement: Annotated[
        str | None, typer.Option("--agreement", "--basis", help="On what ground the office holds the table; asked on a terminal.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="What one row is; asked on a terminal.")] = None,
    fact: Annotated[str | None, typer.Option(help="Name of the fact; default: fct_<dataset>.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="A folder for the contract and the staging model alone.")] = None,
    layer: Layer = None,
    shared: Shared = False,
) -> None:
    """Draft the contract of a delivery, then generate staging model, fact, descriptions and suite from it.

    With `--from`, drafts the contract and checks the delivery. Once agreement and unit are decided, generates what is missing,
    and renews from a changed contract what no person has changed. Prints what is left to do.
    """
    settings = Settings.from_environment()
    folders = choose_folders(settings, to, layer, shared)
    refuse_installed(folders.sources)
    if source is None:
        contract = find_contract(settings, folders, name)
    else:
        existing, words = replaced_contract(settings, name, folders), load_vocabulary().words
        basis = _answer("--agreement", "On what ground does the office hold the table", agreement, words["agreement_bases"])
        answers = Answers(basis, _answer("--unit", "What is one row of the table", unit, words["statistical_units"]))
        delivered = read_sample(source, os.environ, table=table, crs=crs, sheet=sheet, widths=_widths(widths))
        drafted = draft_source(settings, name, delivered, folders, answers, existing)
        _print_draft(drafted)
        contract, failed = drafted.contract, drafted.check is not None and not drafted.check.gate.passed
        if existing is not None:
            out.print(
                f"{contract} replaces the shared contract in this layer; models and measures of {name} are used as they are"
            )
        elif failed or folders.is_flat or not drafted.is_complete:
            where = " --layer FOLDER" if folders.is_flat else ""
            err.print(f"decide what is marked, then `levelground sources new {name}{where}` generates the models")
        if existing is not None or failed or folders.is_flat or not drafted.is_complete:
            raise typer.Exit(EXIT_BLOCKED if failed else 0)
    if folders.is_flat:
        raise ConfigurationError("name the layer that the models belong to: --layer FOLDER; or --shared for this repository")
    if contract is None:
        raise ConfigurationError(f"{name} has no contract in {folders.sources}; draft one with --from FILE")
    generated = generate_source(settings, contract, folders, fact)
    if not contract.exists():
        out.print(f"moved: {contract} to {folders.sources}, which runs read")
    for path, is_written in sorted(generated.items(), key=lambda one: not one[1]):
        out.print(f"{'written' if is_written else 'changed by hand, left alone'}: {path}")
    print_todo(name, steps_of_source(settings, name, folders))


def todo(name: Source, layer: Layer = None, shared: Shared = False, json: AsJson = False) -> None:
    """List what a source lacks on its way to a published figure, each with the file or command that resolves it."""
    settings = Settings.from_environment()
    print_todo(name, steps_of_source(settings, name, choose_folders(settings, None, layer, shared)), as_json=json)


def print_todo(name: str, found: Iterable[Step], *, as_json: bool = False) -> None:
    """Print what a source or a measure lacks, with paths below the current folder as a person types them."""
    here = f"{Path.cwd()}/"
    steps = [replace(step, missing=step.missing.replace(here, ""), remedy=step.remedy.replace(here, "")) for step in found]
    if as_json:
        print_json([step.__dict__ for step in steps])
        return
    kinds = [_kind(step) for step in steps]
    if steps:
        rows = [(kind, step.part, step.missing, step.remedy) for kind, step in zip(kinds, steps, strict=True)]
        out.print(Table("\nLeft to do", ("", "part", "what", "file or command"), rows))
    decisions = kinds.count("open")
    err.print(f"{name}: {kinds.count('missing')} missing, {decisions} open decision{'' if decisions == 1 else 's'}")


def _kind(step: Step) -> str:
    """`hint`: many sources need no measure, so nothing is left to decide where none reads the fact."""
    if step.is_required:
        return "missing"
    return "hint" if step.part == "measures" else "open"


def _print_draft(drafted: NewSource) -> None:
    out.print(f"contract: {drafted.contract}")
    if drafted.staging is not None:
        out.print(f"staging model: {drafted.staging}")
    if drafted.check is not None:
        print_check(drafted.check)
    # after the table of the check, which fills a screen
    out.print("\nleft to decide:")
    for question in drafted.questions:
        out.print(f"- {question}")
    if drafted.fits is not None:
        fits = drafted.fits
        err.print(
            f"the delivery has {fits.found} of the {fits.columns} columns of {fits.source}: "
            f"`levelground sources new {fits.source} --from FILE --layer FOLDER` maps it there, to its fact and measures",
            markup=False,
        )


def _widths(given: str | None) -> tuple[int, ...]:
    numbers = [text.strip() for text in (given or "").split(",") if text.strip()]
    if not all(text.isdecimal() and int(text) for text in numbers):
        raise ConfigurationError(f"--widths {given!r} is no list of numbers of characters, like 9,30,8")
    return tuple(map(int, numbers))


def _answer(option: str, question: str, given: str | None, words: Sequence[str]) -> str | None:
    """The word of an option, else the answer on a terminal; None where no one can be asked."""
    while given is None and sys.stdin.isatty() and sys.stdout.isatty():
        answer = str(typer.prompt(f"{question}? {', '.join(words)}")).strip()
        given = answer if answer in words else None
    if given is not None and given not in words:
        raise ConfigurationError(f"{option} {given!r} is none of {', '.join(words)}")
    return given
