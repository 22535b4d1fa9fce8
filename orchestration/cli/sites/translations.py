"""Provide `levelground translations`: one spreadsheet per language for translators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.display import out, table
from orchestration.cli.options import examples
from orchestration.settings import IS_CHECKOUT, ConfigurationError
from orchestration.translations.spreadsheet import export_sheet, import_sheet
from orchestration.translations.texts import LANGUAGES, SEEDS, coverage

app = typer.Typer(no_args_is_help=True, help="Export and import the texts of the scorecard, one spreadsheet per language.")
Seeds = Annotated[
    Path,
    typer.Option(help="Folder of the seeds texts_<language>.csv, or of a city's seeds.", show_default=False),
]


@app.command("export", epilog=examples("levelground translations export --language es"))
def export_texts(
    language: Annotated[
        list[str] | None, typer.Option(help="A language, such as es; all by default.", show_default=False)
    ] = None,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the spreadsheets.")] = Path("translations"),
    seeds: Seeds = SEEDS,
) -> None:
    """Write one spreadsheet per language: the English text, its translation and its review."""
    for code in language or LANGUAGES:
        out.print(f"{export_sheet(code, out_folder, seeds)}")
    _print_coverage(language or list(LANGUAGES), seeds)


@app.command("import", epilog=examples("levelground translations import translations/texts_es.xlsx"))
def import_texts(
    files: Annotated[list[Path], typer.Argument(help="Spreadsheets that `translations export` wrote.", show_default=False)],
    seeds: Seeds = SEEDS,
) -> None:
    """Read spreadsheets into the seeds; the next run publishes them.

    A sheet is refused as a whole if a row has other words in braces than the English text, a review without a name and a
    day, or an English text that has changed since the export.
    """
    if seeds == SEEDS and not IS_CHECKOUT:
        raise ConfigurationError("this installation is not a checkout; name the folder of the seeds to change: --seeds FOLDER")
    imported = []
    for file in files:
        language, changed = import_sheet(file, seeds)
        imported.append(language)
        out.print(f"{file}: {changed} texts changed")
    _print_coverage(imported, seeds)


def _print_coverage(languages: list[str], seeds: Path) -> None:
    rows = [[LANGUAGES[code], *(str(number) for number in coverage(code, seeds).values())] for code in dict.fromkeys(languages)]
    out.print(table(None, ["language", "texts", "translated", "reviewed", "missing"], rows))
