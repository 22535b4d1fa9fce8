"""Provide `levelground tables`: the tables of the current release, and the columns of one."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.display import Table, out, print_json
from orchestration.cli.options import AsJson, AudienceName, Figures, Public, examples
from orchestration.cli.release.chosen_file import CannotShow, choose_file
from orchestration.cli.release.reader import Row, open_chosen
from orchestration.runs.delivery_location import home_city
from orchestration.settings import Settings
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import read_models

EXAMPLES = examples("levelground tables --public", "levelground tables fct_police_stops")
FACTS = "marts/facts"


def tables(
    name: Annotated[str | None, typer.Argument(help="A table, with or without its schema.")] = None,
    public: Public = False,
    figures: Figures = False,
    audience: AudienceName = None,
    json: AsJson = False,
) -> None:
    """List the tables of the current release, or show the columns of one.

    A fact that no run has built yet is shown by the columns of its model. Exit codes: 0 shown, 1 nothing is published,
    2 no such table.
    """
    settings = Settings.from_environment()
    found: Row | list[Row] | None
    try:
        release = open_chosen(choose_file(settings.home, public=public, figures=figures, audience=audience))
        found = release.tables() if name is None else release.table(name)
    except CannotShow:
        found = None if public or name is None else _fact_of_model(settings, name)
        if found is None:
            raise
    if json:
        print_json(found)
    elif isinstance(found, list):
        rows = [
            (f"{each['schema']}.{each['name']}", each["rows"], each["description"].partition(". ")[0].rstrip("."))
            for each in found
        ]
        out.print(Table(None, ("table", "rows", "description"), rows))
    else:
        full = ".".join(found[part] for part in ("schema", "name") if part in found)
        counted = "in no release yet; `levelground run` builds it" if found["rows"] is None else f"{found['rows']:,} rows"
        out.print(f"{full}: {counted}\n{found['description']}\n")
        out.print(Table(None, ("column", "type", "description"), [tuple(column.values()) for column in found["columns"]]))
        if found["rows"] is not None:
            option = " --public" if public else " --figures" if figures else f" --audience {audience}" if audience else ""
            out.print(f'\nlevelground query{option} "from {full} limit 10"')


def _fact_of_model(settings: Settings, name: str) -> Row | None:
    """Describe a fact that is not in the release by its model; None if there is none of that name."""
    models = read_models((MODELS, *(layer.folder / "models" for layer in home_city(settings).layers)), below=FACTS)
    model = models.get(name.rpartition(".")[2])
    if model is None:
        return None
    columns = []
    for column, each in model.columns.items():
        text = each.get("description")
        shown = None if str(text).startswith("{{") else text
        columns.append({"column_name": column, "data_type": each.get("data_type"), "description": shown})
    return {"name": model.name, "rows": None, "description": model.description, "columns": columns}
