"""Write and describe the layer of a city (`levelground cities new`, `list`, `show`), and list what it reaches (`check`).

The list is for a person who decides to use a layer from elsewhere: its SQL has the rights of a run. It is read from the files,
and nothing is run. See `ingest.layers` for what a layer contains, `ingest.city` for the keys of its `city.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ingest.city import FILE_NAME, NO_PLACE, City, changes_of, city_registry
from ingest.contract import Contract
from ingest.contract.registry import SOURCES, layer_vocabularies
from ingest.layers import CITIES, MODELS, ROWS, SEEDS, STATES, SUITES, VOCABULARY, Layer, RowChanges, layer_names, row_changes
from orchestration.codegen.source_models import render
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


def new_layer(
    name: str,
    out: Path | None,
    *,
    title: str | None = None,
    place: str | None = None,
    county: str | None = None,
    time_zone: str | None = None,
    state: str | None = None,
) -> Layer:
    """Write the layer of a city: `city.yml`, which marks what is left to decide, its seeds with headers, and a checklist.

    `place` and `county` are GEOIDs. By default into `ingest/cities` of a checkout, else into a folder of its name.
    `ConfigurationError` if it is not empty.
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
    keys = {"name": name, "title": title, "place": place, "county": county, "time_zone": time_zone, "state": state}
    (folder / FILE_NAME).write_text(render("city.yml", **keys, no_place=NO_PLACE, states=states), encoding="utf-8")
    for file in CITY_SEEDS:
        with (SHARED_SEEDS / Path(file).name).open(encoding="utf-8") as shared:
            (folder / SEEDS / file).write_text(shared.readline(), encoding="utf-8")
    where = {"show": name, "folder": f"ingest/cities/{name}"} if is_ours else {"show": str(folder), "folder": str(folder)}
    readme = render("city_readme.md", **keys, **where, seeds=CITY_SEEDS.items())
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return Layer(name, folder)


# macros of dbt that run statements, read variables or take code from elsewhere, and functions of DuckDB that leave the database
_JINJA = re.compile(r"\{[{%]-?.*?[%}]\}", re.DOTALL)
_CALL = re.compile(r"\b([a-z_][a-z0-9_.]*)\s*\(")
_VARIABLE = re.compile(r"env_var\(\s*['\"]([^'\"]+)")
_POWERFUL = ("run_query", "statement", "env_var", "load_file_contents", "modules.", "adapter.", "dbt_utils.", "fromyaml", "call")
_DBT = ("ref", "source", "config", "is_incremental")
_RULES = re.compile(r"^\s*(?:- )?(?:bad_rows|among|no_rows|expression|where|sql): ", re.MULTILINE)
_HOOKS = re.compile(r"\b(pre_hook|post_hook|pre-hook|post-hook|on-run-start|on-run-end)\b")
_OUTSIDE = re.compile(
    r"\b(read_\w+|\w+_scan|glob|attach|detach|copy|install|load|export|import|pragma|set|create\s+secret|getenv|query|query_table)\b"
    r"(?=\s*\(|\s+['\"\w])",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
_TEMPLATES = (".jinja", ".j2", ".html", ".typ", ".tmpl")
_READ = (".yml", ".yaml", ".sql", ".csv", ".md", ".py")
Reach = tuple[str, str]  # kind and name


def reach_of(city: City) -> list[dict[str, str]]:
    """What the layers of a city execute or reach, sorted; each once per file: `kind`, `name` and `file`.

    Kinds are host, address, variable, SQL, macro, hook, Python, template, command, file.
    """
    registry = {contract.source: contract for contract in city_registry(city)}
    found: set[tuple[str, str, str]] = set()
    for layer in city.layers:
        own = {path.stem: f"{layer.name}/sources/{path.name}" for path in layer.contracts}
        changed = dict.fromkeys(changes_of(layer), f"{layer.name}/{layer.settings_file.name}")
        for source, file in {**changed, **own}.items():
            if source in registry:
                found |= {(*reach, file) for reach in _of_contract(registry[source])}
        for path in layer.folder.rglob("*"):
            if path.is_file() or path.is_symlink():
                relative = path.relative_to(layer.folder)
                found |= {(*reach, f"{layer.name}/{relative.as_posix()}") for reach in _of_file(path, relative.parts[0])}
    return [dict(zip(("kind", "name", "file"), reach, strict=True)) for reach in sorted(found)]


def _of_contract(contract: Contract) -> Iterator[Reach]:
    keys = contract.connector.model_dump(exclude_defaults=True)
    for address in filter(None, map(keys.get, ("base_url", "url", "path"))):
        host = urlsplit(address).hostname
        yield ("host", host) if host else ("address", address)
    yield from (("host", host) for host in keys.get("allow_hosts", ()))
    if "credentials_env" in keys:
        yield ("variable", keys["credentials_env"])
    if contract.hash_key_needed:
        yield ("variable", "LEVELGROUND_HASH_KEY")
    for key in {"query", "where"} & keys.keys():
        yield ("SQL", f"connector.{key}, run by the system of the department: {_short(keys[key])}")
    if contract.expectations:
        yield ("SQL", f"{len(contract.expectations)} expectations of Great Expectations")


def _of_file(path: Path, part: str) -> Iterator[Reach]:
    """What a file of a part of the layer (models, suites, …) executes or reaches."""
    if path.is_symlink():
        yield ("file", "a link, which is not followed here: read where it leads")
        return
    if path.suffix == ".py":
        yield ("Python", "dbt runs it as a model" if part == MODELS else "Levelground does not run it")
    elif path.suffix in _TEMPLATES:
        yield ("template", "Levelground does not read it")
    elif path.suffix not in _READ:
        is_command = path.stat().st_mode & 0o111
        yield ("command" if is_command else "file", f"Levelground does not {'run' if is_command else 'read'} it")
    elif path.suffix == ".sql" or (part in (MODELS, SUITES, SEEDS) and path.suffix in (".yml", ".yaml")):
        yield from _of_code(path)


def _of_code(path: Path) -> Iterator[Reach]:
    """What a model, a suite or a YAML of dbt runs."""
    text = _COMMENT.sub(" ", path.read_text(encoding="utf-8", errors="replace"))
    if path.suffix == ".sql":
        yield ("SQL", "a model or macro, run with the rights of a run")
    elif rules := _RULES.findall(text):
        yield ("SQL", f"{len(rules)} statements of rules")
    yield from (("variable", variable) for variable in _VARIABLE.findall(text))
    yield from (("hook", hook) for hook in _HOOKS.findall(text))
    for block in _JINJA.findall(text):
        for name in set(_CALL.findall(block)).difference(_DBT):
            is_powerful = name.startswith(_POWERFUL)
            yield ("macro", f"{name}{', which runs statements or reads what is outside' if is_powerful else ''}")
        if block.startswith(("{% macro", "{%- macro")):
            yield ("macro", f"defines {block.split('macro', 1)[1].split('(')[0].strip()}")
    for name in _OUTSIDE.findall(_JINJA.sub(" ", text)) if path.suffix == ".sql" else ():
        yield ("SQL", f"{' '.join(name.lower().split())}, which reads or changes what is outside of the warehouse")
    for address in re.findall(r"\b(?:https?|s3|gs|az|ftp|file)://[^\s'\"<>)]+", text):
        yield ("address" if address.startswith("file") else "host", urlsplit(address).hostname or address)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
