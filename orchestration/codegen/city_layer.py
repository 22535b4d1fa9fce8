"""Write and describe the layer of a city: `levelground cities new`, `list` and `show`.

See `ingest.layers` for what a layer contains, `ingest.city` for the keys of its `city.yml`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.city import FILE_NAME, NO_PLACE, City, changes_of
from ingest.contract.layer_vocabulary import layer_vocabularies
from ingest.contract.registry import SOURCES
from ingest.layers import CITIES, MODELS, ROWS, SEEDS, STATES, SUITES, VOCABULARY, Layer, layer_names
from orchestration.settings import DBT_PROJECT, IS_CHECKOUT, SHARED_SEEDS, ConfigurationError

# What names a city and has no shared row: seed, folder below `seeds`, what to write there.
CITY_SEEDS = (
    (
        "geographies",
        "",
        "the city and its county by name, other cities whose files it uses, and districts that no map names",
    ),
    ("scorecard_places", "", "the school district whose figures open the page of a measure that the city does not have"),
    ("ward_districts", "", "the districts of voting wards, if the census of blocks is delivered with wards"),
    ("qualified_census_tracts", "", "tracts in which the Treasury presumes impact, for projects of the Rescue Plan"),
    ("goals", "", "goals that the council has adopted; leave out what is not adopted"),
    ("known_data_issues", "", "what is known about the deliveries, which contracts cite"),
    ("departments", ROWS, "departments whose names differ from the shared ones"),
    ("address_words", ROWS, "the name of the city, as addresses end with it"),
    ("texts_es", ROWS, "Spanish names of goals and departments; the same in texts_hmn.csv for Hmong"),
)
_CITY_YML = """\
# {title}: every key is described in docs/city.md. Decide what is marked, then take the mark out.
city: {name}
title: {title}
place_geoid: "{place}"{place_mark}
time_zone: UTC  # decide: the time zone of the city, as in America/Chicago
# county_geoid: "00000"  # decide: the county, for sources that cover it
{state}
# How sources of this city differ from the shared contracts: portals, databases, follow-up, clocks, stewards.
# sources:
#   ucc__service_requests:
#     connector: {{kind: ckan, base_url: "https://data.city.example", resource: 00000000-0000-0000-0000-000000000000}}
#     follow_up: {{until: delivery, start: created_at, end: closed_at}}
"""
_README = """\
# {title}

The layer of {title}. It adds to what all cities share, and replaces what has the same name.
`levelground cities show {show}` lists both.

- [ ] `city.yml`: decide each key that is marked.
- [ ] Deliveries: one folder per source, next to a `city.yml` with `city: {name}`.
- [ ] Contracts: `levelground sources check NAME FILE` for each delivery that a shared contract describes;
      `levelground sources new NAME --from FILE --layer {folder}` for any other, or for one with other columns.
- [ ] Labels of race and ethnicity that are new: `{seeds}/{rows}/race_ethnicity_crosswalk.csv`, and `vocabulary.yml`
      for a form with words of its own.
{checks}
- [ ] `LEVELGROUND_CITY={show} levelground run --deliveries FOLDER`, then `levelground status`.
"""


@dataclass(frozen=True)
class Part:
    """A part of a layer: its kind (contract, keys, seed, rows, model, suite), its name, and whether it replaces a shared one."""

    kind: str
    name: str
    layer: str
    replaces: bool


def parts(city: City) -> list[Part]:
    """What the layers of a city add and replace, in the order in which they apply."""
    return [part for layer in city.layers for part in _parts(layer)]


def _parts(layer: Layer) -> Iterator[Part]:
    for path in layer.contracts:
        yield Part("contract", path.stem, layer.name, (SOURCES / path.name).is_file())
    for source, keys in changes_of(layer).items():
        yield Part("keys", f"{source}: {', '.join(keys)}", layer.name, True)
    for vocabulary in layer_vocabularies(layer.folder / VOCABULARY):
        yield Part("vocabulary", vocabulary.name, layer.name, False)
    for name in layer.seeds():
        yield Part("seed", name, layer.name, (SHARED_SEEDS / f"{name}.csv").is_file())
    for name in layer.rows():
        yield Part("rows", name, layer.name, False)
    shared = {path.name for path in (DBT_PROJECT / MODELS).rglob("*.sql")} if layer.files(MODELS) else set()
    for path in layer.files(MODELS):
        if path.suffix == ".sql":
            yield Part("model", path.stem, layer.name, path.name in shared)
    for path in sorted((layer.folder / SUITES).glob("*.yml")):
        yield Part("suite", path.stem, layer.name, False)


def missing_seeds(city: City) -> list[tuple[str, str]]:
    """The seeds that name a city and that no layer of this one has, with what to write there."""
    own = {name for layer in city.layers for name in (*layer.seeds(), *layer.rows())}
    return [(str(Path(folder) / f"{name}.csv"), what) for name, folder, what in CITY_SEEDS if name not in own]


def new_layer(name: str, out: Path | None, *, title: str | None, place: str | None, state: str | None) -> Layer:
    """Write the layer of a city: `city.yml`, the seeds that name a city with their headers, and a checklist.

    By default into `ingest/cities` of a checkout, else into a folder of its name. `ConfigurationError` if it is not empty.
    """
    folder = (out or (CITIES / name if IS_CHECKOUT else Path(name))).expanduser().absolute()
    if name in layer_names():
        raise ConfigurationError(f"{name} has a layer already; `levelground cities show {name}` describes it")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not empty; name an empty or new folder with --out")
    states = layer_names(STATES)
    if state and state not in states:
        raise ConfigurationError(f"there is no layer of the state {state!r}; known: {', '.join(states)}, or leave --state out")
    title = title or name.replace("_", " ").title()
    is_ours = folder.parent == CITIES
    for part in ("sources", f"{SEEDS}/{ROWS}", f"{MODELS}/staging", SUITES):
        (folder / part).mkdir(parents=True, exist_ok=True)
    mark = "" if place else "  # decide: the place, two digits of the state and five of the place"
    of_state = (
        f"state: {state}" if state else f"# state: a layer of ingest/states ({', '.join(states)}), if the city's state has one"
    )
    text = _CITY_YML.format(name=name, title=title, place=place or NO_PLACE, place_mark=mark, state=of_state)
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    for seed, below, _ in CITY_SEEDS:
        (folder / SEEDS / below / f"{seed}.csv").write_text(",".join(_header(seed)) + "\n", encoding="utf-8")
    checks = "\n".join(f"- [ ] `{SEEDS}/{Path(below) / f'{seed}.csv'}`: {what}." for seed, below, what in CITY_SEEDS)
    shown = name if is_ours else str(folder)
    where = f"ingest/cities/{name}" if is_ours else folder
    readme = _README.format(title=title, name=name, show=shown, folder=where, seeds=SEEDS, rows=ROWS, checks=checks)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return Layer(name, folder)


def _header(seed: str) -> Sequence[str]:
    with (SHARED_SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))
