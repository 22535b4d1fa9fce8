"""Write and describe the layer of a city: `levelground cities new`, `list` and `show`.

See `ingest.layers` for what a layer contains, `ingest.city` for the keys of its `city.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.city import FILE_NAME, NO_PLACE, City, changes_of
from ingest.contract.registry import SOURCES, layer_vocabularies
from ingest.layers import CITIES, MODELS, ROWS, SEEDS, STATES, SUITES, VOCABULARY, Layer, RowChanges, layer_names, row_changes
from orchestration.codegen.render_template import render
from orchestration.settings import DBT_PROJECT, IS_CHECKOUT, SHARED_SEEDS, ConfigurationError

# What names a city and has no shared row: the file below `seeds`, what to write there.
CITY_SEEDS = {
    "geographies.csv": "the city and its county by name, other cities whose files it uses, and districts that no map names",
    "scorecard_places.csv": "the school district whose figures open the page of a measure that the city does not have",
    "ward_districts.csv": "the districts of voting wards, if the census of blocks is delivered with wards",
    "qualified_census_tracts.csv": "tracts in which the Treasury presumes impact, for projects of the Rescue Plan",
    "goals.csv": "goals that the council has adopted; leave out what is not adopted",
    "known_data_issues.csv": "what is known about the deliveries, which contracts cite",
    f"{ROWS}/departments.csv": "departments whose names differ from the shared ones",
    f"{ROWS}/address_words.csv": "the name of the city, as addresses end with it",
    f"{ROWS}/texts_es.csv": "Spanish names of goals and departments; the same in texts_hmn.csv for Hmong",
}


@dataclass(frozen=True)
class Part:
    """A part of a layer: its kind (contract, keys, seed, rows, model, suite), its name, and whether it replaces a shared one.

    `changes`: of a seed and of rows, what they do to the rows that the layers before leave.
    """

    kind: str
    name: str
    layer: str
    replaces: bool
    changes: RowChanges | None = None


def parts(city: City) -> list[Part]:
    """What the layers of a city add and replace, in the order in which they apply."""
    return [part for number in range(len(city.layers)) for part in _parts(city.layers[: number + 1])]


def _parts(layers: Sequence[Layer]) -> Iterator[Part]:
    layer = layers[-1]
    for path in layer.contracts:
        yield Part("contract", path.stem, layer.name, (SOURCES / path.name).is_file())
    for source, keys in changes_of(layer).items():
        yield Part("keys", f"{source}: {', '.join(keys)}", layer.name, True)
    for vocabulary in layer_vocabularies(layer.folder / VOCABULARY):
        yield Part("vocabulary", vocabulary.name, layer.name, False)
    for name in layer.seeds():
        is_shared = (SHARED_SEEDS / f"{name}.csv").is_file()
        yield Part("seed", name, layer.name, is_shared, row_changes(name, SHARED_SEEDS, layers) if is_shared else None)
    for name in layer.rows():
        changes = row_changes(name, SHARED_SEEDS, layers)
        yield Part("rows", name, layer.name, bool(changes.replaced), changes)
    shared = {path.name for path in (DBT_PROJECT / MODELS).rglob("*.sql")} if layer.files(MODELS) else set()
    for path in layer.files(MODELS):
        if path.suffix == ".sql":
            yield Part("model", path.stem, layer.name, path.name in shared)
    for path in sorted((layer.folder / SUITES).glob("*.yml")):
        yield Part("suite", path.stem, layer.name, False)


def missing_seeds(city: City) -> list[tuple[str, str]]:
    """The seeds that name a city and that no layer of this one has, with what to write there."""
    own = {name for layer in city.layers for name in (*layer.seeds(), *layer.rows())}
    return [(file, what) for file, what in CITY_SEEDS.items() if Path(file).stem not in own]


@dataclass(frozen=True)
class LayerKeys:
    """What is known of a city when its layer is written; the `city.yml` marks what is left to decide."""

    title: str | None = None
    place: str | None = None
    county: str | None = None
    time_zone: str | None = None
    state: str | None = None


def new_layer(name: str, out: Path | None, keys: LayerKeys) -> Layer:
    """Write the layer of a city: `city.yml`, the seeds that name a city with their headers, and a checklist.

    By default into `ingest/cities` of a checkout, else into a folder of its name. `ConfigurationError` if it is not empty.
    """
    folder = (out or (CITIES / name if IS_CHECKOUT else Path(name))).expanduser().absolute()
    if name in layer_names():
        raise ConfigurationError(f"{name} has a layer already; `levelground cities show {name}` describes it")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is not empty; name an empty or new folder with --out")
    states = layer_names(STATES)
    if keys.state and keys.state not in states:
        raise ConfigurationError(
            f"there is no layer of the state {keys.state!r}; known: {', '.join(states)}, or leave --state out"
        )
    title = keys.title or name.replace("_", " ").title()
    is_ours = folder.parent == CITIES
    for part in ("sources", f"{SEEDS}/{ROWS}", f"{MODELS}/staging", SUITES):
        (folder / part).mkdir(parents=True, exist_ok=True)
    values = {**asdict(keys), "name": name, "title": title, "no_place": NO_PLACE, "states": states}
    (folder / FILE_NAME).write_text(render("city.yml", **values), encoding="utf-8")
    for file in CITY_SEEDS:
        with (SHARED_SEEDS / Path(file).name).open(encoding="utf-8") as shared:
            (folder / SEEDS / file).write_text(shared.readline(), encoding="utf-8")
    where = {"show": name, "folder": f"ingest/cities/{name}"} if is_ours else {"show": str(folder), "folder": str(folder)}
    readme = render("city_readme.md", **values, **where, seeds=CITY_SEEDS.items())
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return Layer(name, folder)
