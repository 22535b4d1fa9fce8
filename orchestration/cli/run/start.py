"""Provide `levelground start`: write what a city of the gazetteer needs, and run it on the national tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ingest.contract.registry import load_registry
from orchestration.cities import CityHome, check_runnable, run_environment
from orchestration.cities.batch import COMMAND
from orchestration.cities.gazetteer import Place, city_name, find_place
from orchestration.cli.display import out, print_error
from orchestration.cli.options import examples
from orchestration.codegen.cities.start_city import (
    OWN_FOLDER,
    decided_file,
    decided_place,
    default_folder,
    fetch_tables,
    tables_in,
    write_cities,
    write_home_city,
)
from orchestration.runs.process.exit_codes import EXIT_INCOMPLETE, EXIT_OK
from orchestration.settings import Settings

EXAMPLES = examples(
    'levelground start "Saint Paul, Minnesota"',
    'levelground start "St. Paul, MN" --data path/to/national/tables',
    "levelground start 2758000 --county 27123 --time-zone America/Chicago",
)
FETCHED = "national"  # below the folder of all cities
Data = Annotated[
    Path | None, typer.Option(help="The folder of national tables, a folder per source; default: from their publishers.")
]


def start(
    city: Annotated[str, typer.Argument(metavar="CITY", help='Name, "City, State" or GEOID of a city of the gazetteer.')],
    data: Data = None,
    county: Annotated[str | None, typer.Option(help="The GEOID of its county, 5 digits.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Its time zone, like America/Chicago.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the suggested county and time zone without asking.")] = False,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="The folder of all cities; default: cities, or the home that LEVELGROUND_HOME names."),
    ] = None,
) -> None:
    """Start a city from its name: write its layer, link the national tables, run, print the path of its scorecard.

    A second start goes on with the first. Exit codes are those of `levelground run`.
    """
    settings = Settings.from_environment()
    place = find_place(city)
    is_own = to is None and bool(os.environ.get("LEVELGROUND_HOME"))  # a home that a setting names has all files of its city
    folder = settings.home.root / OWN_FOLDER if is_own else (to or default_folder()).expanduser().absolute()
    if data is None:
        out.print(f"national tables: from their publishers, into {folder / FETCHED}")
    tables = national_tables(settings, data, folder)
    own = folder if is_own else folder / city_name(place)
    place = _decided(place, own, county, time_zone, ask=sys.stdin.isatty() and not yes)
    entry = write_home_city(place, settings.home, tables) if is_own else write_cities([place], folder, tables)[0]
    check_runnable([entry])
    _print_written(place, entry, tables)
    sys.stdout.flush()  # before what the run prints
    ended = subprocess.run(  # noqa: S603 - our own command, whose progress and summary the reader sees
        [part for part in COMMAND if part != "--json"], env=run_environment(settings, entry), check=False
    )
    _print_end(entry, ended.returncode)
    raise typer.Exit(ended.returncode)


def national_tables(settings: Settings, data: Path | None, folder: Path) -> dict[str, Path]:
    """The folders of the national tables by source: those in `data`, or those fetched below `folder`. Prints what is left out."""
    contracts = load_registry(settings.further_sources)
    if data is not None:
        return tables_in(data.expanduser().absolute(), contracts)
    tables, problems = fetch_tables(settings, folder / FETCHED, contracts)
    for problem in problems:
        print_error(f"left out, and read by the next start: {problem}", EXIT_OK)
    return tables


def _decided(place: Place, own: Path, county: str | None, time_zone: str | None, *, ask: bool) -> Place:
    """The city with what the options or a person at the terminal say, else as suggested; what is written stays."""
    written = decided_file(place, own)
    if written is not None:
        if county or time_zone:
            out.print(f"county and time zone are decided in {written}; change them there", soft_wrap=True)
        return place
    if ask:
        county = county or typer.prompt(f"County of {place.title}", f"{place.county_geoid} ({place.county})").split()[0]
        time_zone = time_zone or typer.prompt("Time zone", place.time_zone)
    else:
        taken = [f"county {place.county_geoid} ({place.county})"] if county is None else []
        taken += [f"time zone {place.time_zone}"] if time_zone is None else []
        if taken:
            out.print(f"as suggested for {place.title}: {' and '.join(taken)}", soft_wrap=True)
    return decided_place(place, county or place.county_geoid, time_zone or place.time_zone)


def _print_written(place: Place, entry: CityHome, tables: Mapping[str, Path]) -> None:
    out.print(f"city: {entry.name}, {place.title} ({place.geoid}), {place.population:,} residents")
    for what, path in (("layer", entry.layer), ("deliveries", entry.deliveries), ("home", entry.home.root)):
        if path is not None:
            out.print(f"{what}: {path}", soft_wrap=True)
    out.print(f"national tables: {', '.join(tables)}", soft_wrap=True)


def _print_end(entry: CityHome, code: int) -> None:
    index = entry.home.published_scorecard / "index.html"
    if code not in (EXIT_OK, EXIT_INCOMPLETE) or not index.is_file():
        return
    if entry.layer is not None:
        out.print(f"\nchecklist for more: {entry.layer / 'README.md'}", soft_wrap=True)
    out.print(f"scorecard: {index}", soft_wrap=True)
