"""Provide `levelground maps`: list the maps of the city's places, and write a new one."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import typer

from ingest.layers import layered_seed, rows_of_seed
from orchestration.cli.display import err, out, print_rows
from orchestration.cli.new_source import Layer
from orchestration.cli.options import AsJson, examples
from orchestration.cli.release.measures import city_of_layer
from orchestration.codegen.new_map import VINTAGES, NewMap, write_map
from orchestration.runs.delivery_location import home_city
from orchestration.settings import SHARED_SEEDS, ConfigurationError, Settings

app = typer.Typer(no_args_is_help=True, help="List the maps of the city's places with their days, or write a new one.")
COLUMNS = ("geography_type", "geography_vintage", "valid_from", "valid_to", "boundary_source")


@app.command("list", epilog=examples("levelground maps list"))
def list_(json: AsJson = False) -> None:
    """List every map: its type of place, vintage, first and last day, and the source that delivers it."""
    city = home_city(Settings.from_environment())
    seed = rows_of_seed(layered_seed(VINTAGES, SHARED_SEEDS, city.layers))
    rows = [{column: row[column] or None for column in COLUMNS} for row in seed]
    print_rows(rows if json else [row for row in rows if row["boundary_source"]], COLUMNS, json=json, spare=["boundary_source"])


@app.command(
    epilog=examples(
        "levelground maps new city__aldermanic_districts_2022 --vintage 2032 --valid-from 2032-05-10 --layer layers/ours"
    )
)
def new(
    source: Annotated[str, typer.Argument(help="The source of the map in force.")],
    vintage: Annotated[str, typer.Option(help="The name of the new map, such as its year.")],
    valid_from: Annotated[str, typer.Option(help="The first day on which it holds, as YYYY-MM-DD.")],
    layer: Layer = None,
    code: Annotated[str | None, typer.Option(help="The column of the new file with the places' codes, if renamed.")] = None,
) -> None:
    """Write contract, vintage and dates of a new map into a layer: the map in force ends on the day before.

    Prints the files and what is left to decide.
    """
    if not re.fullmatch(r"[a-z0-9_]+", vintage):
        raise ConfigurationError(f"--vintage {vintage!r}: use lower case, digits and underscores, such as 2032")
    try:
        begins = dt.date.fromisoformat(valid_from)
    except ValueError:
        raise ConfigurationError(f"--valid-from {valid_from!r} is no day; write YYYY-MM-DD") from None
    settings = Settings.from_environment()
    city = city_of_layer(settings, layer)
    if layer is None and not city.layers:
        raise ConfigurationError(
            "the city has no layer for the new map; name a folder with --layer, or `levelground cities new` one"
        )
    folder = layer.expanduser().absolute() if layer else city.layers[-1].folder
    files, steps = write_map(NewMap(source, vintage, begins, code), folder, city)
    for path in files:
        out.print(f"written: {path}", soft_wrap=True)
    for step in steps:
        err.print(f"- {step}", soft_wrap=True)
