"""Provide `levelground tables`: the tables of the current release, and the columns of one."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.cli import completion
from orchestration.cli.display import out, print_error, table
from orchestration.cli.release_reader import CannotShow, columns_of, find_table, open_release, tables_of
from orchestration.runs.delivery_location import home_city
from orchestration.settings import Settings
from orchestration.transform.model_files import read_models
from orchestration.transform.registrations import MODELS

FACTS = "marts/facts"


def tables(
    name: Annotated[
        str | None,
        typer.Argument(help="A table, with or without its schema.", show_default=False, autocompletion=completion.tables),
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="Those of the public file.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the tables of the current release, or show the columns of one.

    A fact that no run has built yet is shown by the columns of its model. Exit codes: 0 shown, 1 nothing is published,
    2 no such table.
    """
    settings = Settings.from_environment()
    try:
        con = open_release(settings.home, public=public)
        found = tables_of(con)
        if name is not None:
            found = [find_table(found, name)]
    except CannotShow as error:
        if name is None or public or not _print_model(settings, name, json=json):
            raise typer.Exit(print_error(error, error.exit_code)) from None
        return
    if name is None:
        if json:
            print(jsonlib.dumps([asdict(each) for each in found], indent=1))
            return
        rows = [(f"{each.schema}.{each.name}", each.rows, each.description.partition(". ")[0].rstrip(".")) for each in found]
        out.print(table(None, ("table", "rows", "description"), rows, right=("rows",)))
        return
    (chosen,) = found
    columns = columns_of(con, chosen)
    if json:
        print(jsonlib.dumps(asdict(chosen) | {"columns": columns}, indent=1))
        return
    out.print(f"{chosen.schema}.{chosen.name}: {chosen.rows:,} rows\n{chosen.description}\n", markup=False)
    out.print(table(None, ("column", "type", "description"), [tuple(column.values()) for column in columns]))
    option = " --public" if public else ""
    out.print(f'\nlevelground query{option} "from {chosen.schema}.{chosen.name} limit 10"', markup=False)


def _print_model(settings: Settings, name: str, *, json: bool) -> bool:
    """Print the described columns of a fact that is not in the release; False if there is none of that name."""
    models = read_models((MODELS, *(layer.folder / "models" for layer in home_city(settings).layers)), below=FACTS)
    model = models.get(name.rpartition(".")[2])
    if model is None:
        return False
    columns = [(column, each.get("data_type"), each.get("description")) for column, each in model.columns.items()]
    shown = [(column, kind, None if str(text).startswith("{{") else text) for column, kind, text in columns]
    if json:
        described = [dict(zip(("column_name", "data_type", "description"), each, strict=True)) for each in shown]
        print(jsonlib.dumps({"name": model.name, "rows": None, "description": model.description, "columns": described}, indent=1))
        return True
    out.print(f"{model.name}: in no release yet; `levelground run` builds it\n{model.description}\n", markup=False)
    out.print(table(None, ("column", "type", "description"), shown))
    return True
