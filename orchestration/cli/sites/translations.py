"""Provide `levelground translations`: one spreadsheet per language for translators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.display import Table, out
from orchestration.cli.options import examples
from orchestration.scorecard import text_pages
from orchestration.settings import IS_CHECKOUT, ConfigurationError, Settings
from orchestration.translations.texts import SEEDS, add_language, coverage, export_sheet, import_sheet, languages

app = typer.Typer(no_args_is_help=True, help="Export and import the texts of the scorecard, one spreadsheet per language.")
Seeds = Annotated[Path, typer.Option(help="Folder of the seeds texts_<language>.csv, or of a city's seeds.", show_default=False)]


@app.command("export", epilog=examples("levelground translations export --language es"))
def export_texts(
    language: Annotated[
        list[str] | None, typer.Option(help="A language, such as es; all by default.", show_default=False)
    ] = None,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the spreadsheets.")] = Path("translations"),
    seeds: Seeds = SEEDS,
) -> None:
    """Write one spreadsheet per language: the English text, its translation and its review.

    With a release in the home, the texts that are on most pages come first (priority 1), each with one of its pages. The
    second sheet is a glossary of names. A review has a first reviewer, and a second one who confirms it.
    """
    public_file = Settings.from_environment().home.published_public
    pages = text_pages(public_file) if public_file.is_file() else None
    for code in language or languages(seeds):
        out.print(f"{export_sheet(code, out_folder, seeds, pages)}")
    _print_coverage(language or list(languages(seeds)), seeds)


@app.command("add", epilog=examples("levelground translations add so", "levelground translations add so --seeds mycity/seeds"))
def add_texts(
    language: Annotated[str, typer.Argument(help="A language_code of languages.csv, such as so.", show_default=False)],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the spreadsheet.")] = Path("translations"),
    seeds: Seeds = SEEDS,
) -> None:
    """Begin a further language: its seed, and the spreadsheet to fill. Once it is imported, the next run writes its pages."""
    _can_change(seeds)
    out.print(f"{add_language(language, seeds)}")
    export_texts([language], out_folder, seeds)
    sheet = out_folder / f"levelground_texts_{language}.xlsx"
    out.print(f"next: fill the column `translation`, then `levelground translations import {sheet}`")


@app.command("import", epilog=examples("levelground translations import translations/texts_es.xlsx"))
def import_texts(
    files: Annotated[list[Path], typer.Argument(help="Spreadsheets that `translations export` wrote.", show_default=False)],
    seeds: Seeds = SEEDS,
) -> None:
    """Read spreadsheets into the seeds; the next run publishes them.

    A sheet is refused as a whole if a row has other words in braces than the English text, a review without a name and a
    day, or an English text that has changed since the export.
    """
    _can_change(seeds)
    imported = []
    for file in files:
        language, changed = import_sheet(file, seeds)
        imported.append(language)
        out.print(f"{file}: {changed} texts changed")
    _print_coverage(imported, seeds)


def _can_change(seeds: Path) -> None:
    if seeds == SEEDS and not IS_CHECKOUT:
        raise ConfigurationError("this installation is not a checkout; name the folder of the seeds to change: --seeds FOLDER")


def _print_coverage(codes: list[str], seeds: Path) -> None:
    known = languages(seeds)
    rows = [[known[code], *(str(number) for number in coverage(code, seeds).values())] for code in dict.fromkeys(codes)]
    out.print(Table(None, ["language", "texts", "translated", "reviewed", "missing"], rows))
