"""Provide `levelground sample`, which writes the deliveries of the sample city, or invented ones in the shape of a real city."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ingest.sample import write_sample
from ingest.sample.city import SAMPLETON, Profile
from ingest.sample.people.profile import shares_of_place
from orchestration.cities.gazetteer import city_name, find_place
from orchestration.cli.display import Table, out
from orchestration.cli.options import examples

EXAMPLES = examples(
    "levelground sample --out deliveries --rows 10000", 'levelground sample --out deliveries --city "Saint Paul, Minnesota"'
)


def sample(
    directory: Annotated[Path, typer.Option("--out", help="A new or empty folder, or one with an earlier sample.")],
    rows: Annotated[
        int | None, typer.Option(min=1000, help="Event rows over all sources; by default in proportion to the residents.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2026,
    city: Annotated[
        str | None, typer.Option(help="A city of the gazetteer by name or GEOID: invented records of departments in its shape.")
    ] = None,
) -> None:
    """Write the sample city's deliveries."""
    profile = SAMPLETON if city is None else profile_of(city)
    summary = write_sample(directory, rows=rows, seed=seed, city=profile)
    columns = ("source", "rows")
    out.print(Table(None, columns, summary.rows.items()))
    out.print(f"{len(summary.files)} files in {directory}, {summary.seconds:.1f} s; read them with `--deliveries {directory}`")
    if profile != SAMPLETON:
        out.print(f"Every record is invented: {profile.title}. Shares of groups are assumed, and no figure is one of this city.")


def profile_of(city: str) -> Profile:
    """The profile of a city of the gazetteer."""
    place = find_place(city)
    name = re.sub(r"\bSt\. ", "Saint ", place.name)
    return Profile(
        city_name(place), f"{name} (invented deliveries)", name, place.geoid, place.county_geoid, place.time_zone,
        place.state_abbreviation, place.population, shares_of_place(place.geoid),
    )  # fmt: skip
