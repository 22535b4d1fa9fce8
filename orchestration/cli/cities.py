"""Provide `levelground cities`: list the cities that have a layer, show what a layer adds and replaces, write a new one."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingest.city import City, city_registry, read_city, read_layer_city
from ingest.contract.words import IDENTIFIER
from ingest.layers import layer_names
from orchestration.cli.display import out, table
from orchestration.runs.city_choice import named_layer, unknown_city
from orchestration.scaffold.city_layer import missing_seeds, new_layer, parts
from orchestration.settings import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="List, show and add cities.")
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the cities that have a layer, with what each layer contains."""
    cities = [read_city(None, name) for name in layer_names()]
    if json:
        print(jsonlib.dumps([_keys(city) for city in cities], indent=1))
        return
    rows = [(city.city, city.title, city.place_geoid, city.state, len(parts(city)), _folder(city)) for city in cities]
    out.print(table(None, ("city", "title", "place", "state", "parts", "layer"), rows, right=("parts",)))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A city, or the folder of its layer.", show_default=False)],
    json: Json = False,
) -> None:
    """Show what the layers of a city add to the shared contracts, seeds and models, and what they replace."""
    layer, _ = named_layer(name)
    if layer is None:
        raise ConfigurationError(unknown_city(name))
    city = read_layer_city(layer)
    found, missing = parts(city), missing_seeds(city)
    sources = len(city_registry(city))
    if json:
        data = {**_keys(city), "sources": sources, "parts": [asdict(part) for part in found], "undecided": list(city.undecided)}
        print(jsonlib.dumps(data | {"missing_seeds": [file for file, _ in missing]}, indent=1))
        return
    for key, value in (*_keys(city).items(), ("sources", sources)):
        out.print(f"{key}: {value}", markup=False)
    rows = [(part.kind, part.name, "replaces the shared one" if part.replaces else "adds", part.layer) for part in found]
    out.print(table(None, ("part", "name", "effect", "layer"), rows))
    for key in city.undecided:
        out.print(f"left to decide: {key} in {layer.folder / 'city.yml'}", markup=False)
    for file, what in missing:
        out.print(f"not in the layer: seeds/{file}, {what}", markup=False)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The name of the city: lower case, digits, underscores.", show_default=False)],
    title: Annotated[str | None, typer.Option(help="The name that readers see.", show_default=False)] = None,
    place: Annotated[str | None, typer.Option(help="The GEOID of the place, 7 digits.", show_default=False)] = None,
    state: Annotated[str | None, typer.Option(help="The layer of its state in ingest/states.", show_default=False)] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="An empty folder; default: ingest/cities/NAME in a checkout.", show_default=False)
    ] = None,
) -> None:
    """Write the layer of a city: its city.yml with what to decide, its seeds with their headers, and a checklist."""
    if not IDENTIFIER.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name of a city; write it in lower case, with digits and underscores, like new_ulm"
        )
    layer = new_layer(name, to, title=title, place=place, state=state)
    read_layer_city(layer)
    out.print(f"layer: {layer.folder}\nchecklist: {layer.folder / 'README.md'}", markup=False)


def _keys(city: City) -> dict[str, str | None]:
    keys = ("city", "title", "place_geoid", "county_geoid", "time_zone", "state")
    return {key: getattr(city, key) for key in keys} | {"layer": _folder(city)}


def _folder(city: City) -> str:
    return str(city.layers[-1].folder)
