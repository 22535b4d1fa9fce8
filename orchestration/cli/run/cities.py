"""Provide `levelground cities`: layers of cities, and the runs, states and public tables of many cities with a home each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingest.city import City, city_registry, read_city, read_layer_city
from ingest.contract.words import IDENTIFIER
from ingest.layers import Layer, layer_names
from orchestration.cities import CityHome, CityRun, check_runnable, city_status, exit_code_of, read_homes, run_cities
from orchestration.cli.display import Table, out, print_error, print_json, print_rows
from orchestration.cli.options import AsJson, examples
from orchestration.cli.run.progress import duration
from orchestration.cli.run.start import Data, national_tables
from orchestration.codegen.cities.city_layer import Part, missing_seeds, new_layer, parts, reach_of
from orchestration.codegen.cities.start_city import HOMES_FILE, chosen_places, default_folder, write_cities
from orchestration.runs.city_choice import named_layer, unknown_city
from orchestration.runs.process.exit_codes import EXIT_INCOMPLETE, EXIT_OK
from orchestration.scorecard import may_be_replaced
from orchestration.scorecard.union import write_union_site
from orchestration.settings import ConfigurationError, Settings
from warehouse.printable import did_you_mean
from warehouse.releases import write_union

app = typer.Typer(
    no_args_is_help=True, help="List, show and add cities; run many cities, show their state, unite their public tables."
)
Homes = Annotated[
    Path | None, typer.Argument(metavar="HOMES.yml", help="The file that lists the cities; default: LEVELGROUND_CITIES.")
]
NAMED_ROWS = 3  # of those that a layer replaces or removes
STATUS_COLUMNS = {
    "city": "city", "release_id": "release", "released_at": "released (UTC)", "last_run": "last run", "as_of": "as of",
    "late": "late", "criticals": "critical", "problem": "problem",
}  # fmt: skip
STATUS_SPARE = ("as of", "released (UTC)", "critical", "late")


@app.command("list")
def list_(json: AsJson = False) -> None:
    """List the cities that have a layer, with what each layer contains."""
    cities = [read_city(None, name) for name in layer_names()]
    if json:
        print_json([_keys(city) for city in cities])
        return
    rows = [(city.city, city.title, city.place_geoid, city.state, len(parts(city)), _folder(city)) for city in cities]
    out.print(Table(None, ("city", "title", "place", "state", "parts", "layer"), rows, spare=("layer", "parts")))


@app.command(epilog=examples("levelground cities show milwaukee", "levelground cities show cities/springfield"))
def show(name: Annotated[str, typer.Argument(help="A city, or the folder of its layer.")], json: AsJson = False) -> None:
    """Show what the layers of a city add to the shared contracts, seeds and models, and what they replace."""
    layer = _layer(name)
    city = read_layer_city(layer)
    found, missing = parts(city), missing_seeds(city)
    sources = len(city_registry(city))
    if json:
        data = {**_keys(city), "sources": sources, "parts": [asdict(part) for part in found], "undecided": list(city.undecided)}
        print_json(data | {"missing_seeds": [file for file, _ in missing]})
        return
    for key, value in (*_keys(city).items(), ("sources", sources)):
        out.print(f"{key}: {value}")
    rows = [(part.kind, part.name, _effect(part), part.layer) for part in found]
    out.print(Table(None, ("part", "name", "effect", "layer"), rows))
    for key in city.undecided:
        out.print(f"left to decide: {key} in {layer.folder / 'city.yml'}")
    for file, what in missing:
        out.print(f"not in the layer: seeds/{file}, {what}")


@app.command(epilog=examples("levelground cities check ../springfield"))
def check(
    name: Annotated[str, typer.Argument(metavar="LAYER", help="A city, or the folder of its layer.")], json: AsJson = False
) -> None:
    """List what a layer executes or reaches: hosts, environment variables, SQL, macros, templates, commands. Nothing is run."""
    found = reach_of(read_layer_city(_layer(name)))
    print_rows(found, {"kind": "what", "name": "name", "file": "file"}, json=json)
    if not json:
        out.print("a layer is code: read what is listed before a run uses a layer of others (docs/security.md)")


def _effect(part: Part) -> str:
    """What a part does; of rows, how many, and the first of those that it replaces or removes."""
    if part.changes is None:
        return "replaces the shared one" if part.replaces else "adds"
    words = []
    for word, keys in (("adds", part.changes.added), ("replaces", part.changes.replaced), ("removes", part.changes.removed)):
        named = "" if word == "adds" else f" ({', '.join(keys[:NAMED_ROWS])}{', …' if len(keys) > NAMED_ROWS else ''})"
        words += [f"{word} {len(keys)} {'row' if len(keys) == 1 else 'rows'}{named}"] if keys else []
    return ", ".join(words) or "changes no row"


@app.command(epilog=examples('levelground cities new new_ulm --title "New Ulm" --place 2746042 --out cities/new_ulm'))
def new(
    name: Annotated[str, typer.Argument(help="The name of the city: lower case, digits, underscores.")],
    title: Annotated[str | None, typer.Option(help="The name that readers see.")] = None,
    place: Annotated[str | None, typer.Option(help="The GEOID of the place, 7 digits.")] = None,
    county: Annotated[str | None, typer.Option(help="The GEOID of its county, 5 digits.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Its time zone, like America/Chicago.")] = None,
    state: Annotated[str | None, typer.Option(help="The layer of its state in ingest/states.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="An empty folder; default: ingest/cities/NAME in a checkout.")] = None,
) -> None:
    """Write the layer of a city: its city.yml with what to decide, its seeds with their headers, and a checklist."""
    if not IDENTIFIER.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name of a city; write it in lower case, with digits and underscores, like new_ulm"
        )
    layer = new_layer(name, to, title=title, place=place, county=county, time_zone=time_zone, state=state)
    read_layer_city(layer)
    out.print(f"layer: {layer.folder}\nchecklist: {layer.folder / 'README.md'}")


@app.command(epilog=examples("levelground cities run cities.yml --only springfield --wait 600"))
def run(
    homes: Homes = None,
    only: Annotated[list[str] | None, typer.Option(help="Run only this city; can be given several times.")] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds that a city waits for another run of its home.")] = 0,
    json: AsJson = False,
) -> None:
    """Run every city of the file, each in its home, on the engine of LEVELGROUND_ENGINE. No city stops another one.

    Exit code 0: each city released or had nothing new. 4: the same, and a source of one was held back or is stale.

    3: a gate blocked a city. 5: another run holds a city's home. 1: a city failed. 2: wrong file, arguments or settings.
    """
    settings = Settings.from_environment()
    cities = _chosen(_listed(settings, homes), only)
    check_runnable(cities)
    runs = run_cities(settings, cities, lambda done: None if json else _print_run(done), wait_seconds=wait)
    if json:
        print_json([asdict(each) for each in runs])
    else:
        rows = [
            (r.city, r.outcome, r.release_id, r.seconds / 60, r.attempts, r.rows, len(r.late), r.exit_code, r.log) for r in runs
        ]
        columns = ("city", "outcome", "release", "minutes", "attempts", "rows", "late", "exit", "log")
        out.print()
        out.print(Table(None, columns, rows, spare=("log", "attempts", "minutes", "late")))
    raise typer.Exit(exit_code_of(runs))


@app.command(epilog=examples("levelground cities start --top 100 --data national", "levelground cities start --file cities.txt"))
def start(
    top: Annotated[int | None, typer.Option(min=1, help="Start so many of the largest cities of the gazetteer.")] = None,
    file: Annotated[Path | None, typer.Option(help="Start the cities of this list: a name or GEOID per line.")] = None,
    data: Data = None,
    to: Annotated[Path | None, typer.Option("--out", help="The folder of all cities; default: cities.")] = None,
    json: AsJson = False,
) -> None:
    """Start many cities of the gazetteer on the national tables, as `levelground start` does one, and run them as `cities run`.

    A second call goes on with the cities that are not done. Exit codes are those of `levelground cities run`.
    """
    settings, chosen = Settings.from_environment(), chosen_places(top, file)
    folder = (to or default_folder()).expanduser().absolute()
    tables = national_tables(settings, data, folder)
    cities = write_cities(chosen, folder, tables)
    check_runnable(cities)
    open_cities = [city for city in cities if not city_status(city).is_done]
    if not json:
        done = len(cities) - len(open_cities)
        out.print(f"{len(cities)} cities of {folder / HOMES_FILE}: {done} done, {len(open_cities)} to run", soft_wrap=True)
    ended: list[CityRun] = []

    def on_city(run: CityRun) -> None:
        ended.append(run)
        if not json:
            out.print(f"{len(ended)} of {len(open_cities)}: ", end="")
            _print_run(run)

    runs = run_cities(settings, open_cities, on_city) if open_cities else []
    if json:
        print_json([asdict(each) for each in runs])
    else:
        _print_started(folder / HOMES_FILE, cities, [each for each in runs if not each.is_done])
    raise typer.Exit(exit_code_of(runs))


def _print_started(file: Path, cities: Sequence[CityHome], failed: Sequence[CityRun]) -> None:
    """The cities that are not done, and what to call next."""
    if failed:
        out.print()
        rows = [(r.city, r.outcome, r.exit_code, r.message, r.log) for r in failed]
        out.print(Table("not done; the same command runs them again", ("city", "outcome", "exit", "message", "log"), rows))
    if len(failed) < len(cities):
        out.print(f"\ncompare them: levelground cities union {file} --out cities.duckdb --site cities_site", soft_wrap=True)


@app.command(epilog=examples("levelground cities status cities.yml --json"))
def status(homes: Homes = None, json: AsJson = False) -> None:
    """Show the release and the last run of every city of the file; it also works during runs.

    Exit code 0: every city has a release, its last run succeeded or goes on, and no source is late. 4: otherwise.
    """
    found = [city_status(city) for city in _listed(Settings.from_environment(), homes)]
    rows = [asdict(each) | ({} if json else {"late": ", ".join(each.late) or None}) for each in found]
    print_rows(rows, STATUS_COLUMNS, json=json, spare=STATUS_SPARE)
    raise typer.Exit(EXIT_OK if all(each.is_complete for each in found) else EXIT_INCOMPLETE)


@app.command(epilog=examples("levelground cities union cities.yml --out cities.duckdb --site cities_site"))
def union(
    homes: Homes = None,
    to: Annotated[Path | None, typer.Option("--out", help="The file to write.")] = None,
    site: Annotated[Path | None, typer.Option(help="The folder for a site that compares the cities.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Unite only this city; can be given several times.")] = None,
) -> None:
    """Write the public tables of every city of the file to one DuckDB file, with the column `city`. Nothing is added up.

    `published.city_comparison` has the newest figures and gaps of all cities side by side; `--site` writes pages of it.

    Exit code 0: every city is in the file. 4: a city has no release yet. 2: a file is no public file, or its columns differ.
    """
    if to is None:
        raise ConfigurationError("name the file to write, like --out cities.duckdb")
    if site is not None and not may_be_replaced(site):
        raise ConfigurationError(f"{site} has files that are no such site, which would be deleted; name a new or an empty folder")
    cities = _chosen(_listed(Settings.from_environment(), homes), only)
    mixed = [f"{c.where}: the home {c.home.root} holds {c.recorded_city}, not {c.name}" for c in cities if c.holds_another]
    if mixed:
        raise ConfigurationError("\n".join(mixed))
    files = {city.name: city.home.published_public for city in cities if city.home.published_public.is_file()}
    missing = [city.name for city in cities if city.name not in files]
    if not files:
        raise ConfigurationError("no city of the file has a release yet; `levelground cities run` makes them")
    united = write_union(files, to.absolute())
    rows = [(each.city, each.release_id, each.code_version, each.rows) for each in united]
    out.print(Table(None, ("city", "release", "version", "rows"), rows))
    out.print(f"\n{to}: each row has its city. Never add figures of cities up: hidden cells are missing from the sum")
    if site is not None:
        written = write_union_site(to.absolute(), site.absolute())
        out.print(f"{written.pages} pages: {written.index}", soft_wrap=True)
    if missing:
        raise typer.Exit(print_error(f"not in the file, without a release: {', '.join(missing)}", EXIT_INCOMPLETE))


def _layer(name: str) -> Layer:
    layer, _ = named_layer(name)
    if layer is None:
        raise ConfigurationError(unknown_city(name))
    return layer


def _listed(settings: Settings, homes: Path | None) -> tuple[CityHome, ...]:
    file = homes or settings.cities
    if file is None:
        raise ConfigurationError("no file lists the cities; name it, like `levelground cities status cities.yml` (docs/scale.md)")
    return read_homes(file)


def _chosen(cities: Sequence[CityHome], only: Sequence[str] | None) -> tuple[CityHome, ...]:
    names = [city.name for city in cities]
    for name in only or ():
        if name not in names:
            raise ConfigurationError(f"the file lists no city {name!r}. {did_you_mean(name, names)}It lists {', '.join(names)}")
    return tuple(city for city in cities if not only or city.name in only)


def _print_run(done: CityRun) -> None:
    words = [f"{done.city}: {done.outcome}", done.release_id, duration(done.seconds)]
    words += [f"{done.attempts} attempts" if done.attempts > 1 else None, f"late: {', '.join(done.late)}" if done.late else None]
    words += [done.message or None]
    out.print(", ".join(word for word in words if word), soft_wrap=True)


def _keys(city: City) -> dict[str, str | None]:
    keys = ("city", "title", "place_geoid", "county_geoid", "time_zone", "state", "state_tables")
    return {key: getattr(city, key) for key in keys} | {"layer": _folder(city)}


def _folder(city: City) -> str:
    return str(city.layers[-1].folder)
