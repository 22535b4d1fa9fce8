"""Compute what a release is built from: hashes of code, seeds, contracts and models, package versions, the lineage of measures.

`levelground releases diff` explains changed figures with these. See `warehouse.releases.comparison.change_attribution` for
comparing two releases, `transform.fingerprints` for what a run builds again.
"""

from __future__ import annotations

import csv
import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.contract import Contract
from ingest.layers import Layer, bytes_of, layered_seed
from orchestration.runs.context import RunContext
from orchestration.settings import DBT_PROJECT, PROJECT, SHARED_SEEDS
from orchestration.transform.graph import ancestors, parents, reached
from warehouse.fingerprint import bytes_sha256, chunks_sha256, text_sha256
from warehouse.record_keys import secret_id
from warehouse.releases import BuildInputs
from warehouse.sql import quoted

COMPONENTS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
PACKAGES = ("warehouse", "ingest", "expectations", "orchestration")
MEASURES = "fct_equity_measures"
COUNTED, COVERAGE = "models/measures/counts/", "models/measures/coverage/"
GEOCODED = ("models/intermediate/addresses/", "models/intermediate/geography/")
POPULATIONS = ("fct_population", "int_population__by_intersection")
# what the calculation reads for some measures alone, or for the names of places
APART = (*POPULATIONS, "int_equity_measures__tract_weights", "dim_geography")
# Every figure depends on these, but dbt does not track it: models call them as functions of the database file.
STATISTICS, STATISTICS_FOLDER = "stats", "macros/stats/"


@dataclass(frozen=True)
class MeasureInputs:
    """The source of a measure in the registry, and whether it has a population or is weighted by where people live."""

    source: str
    has_population: bool = False


_MEASURES = (
    "select measure_id, source, population_scheme is not null or weighted_places is not null "
    "from release.marts.dim_measure where is_current"
)


def build_inputs(run: RunContext, landed: Iterable[str]) -> BuildInputs:
    """What the candidate of a run was built from. `landed`: the sources with loads in landing."""
    return BuildInputs(
        code=code_hashes(),
        seeds=seed_hashes(run.location.city.layers),
        contracts=contract_hashes(run.location.registry),
        contents={source: _content(run, source) for source in landed},
        models=model_hashes(run.manifest),
        lineage=lineage(run.manifest, {code: MeasureInputs(*of) for code, *of in run.con.execute(_MEASURES).fetchall()}),
        node_fingerprints=run.fingerprints,
        record_keys=secret_id(run.settings.home.record_key_secret),
    )


def _content(run: RunContext, source: str) -> str:
    """A hash of the delivered files and of how many of their rows are in landing: the same again where a file returns."""
    rows = run.con.execute(f"select _file_sha256, count(*) from landing.{quoted(source)} group by all order by all").fetchall()
    return text_sha256(repr(rows))


def versions() -> dict[str, str]:
    """The versions of the packages that decide what a build gives."""
    return {name: importlib.metadata.version(name) for name in COMPONENTS}


CODE = (".py", ".yml", ".toml", ".sql", ".jinja")  # what decides the tables and views of a release


def code_hashes() -> dict[str, str]:
    """A hash of the code of each of our packages."""
    hashes = {}
    for package in PACKAGES:
        files = (path for path in sorted((PROJECT / package).rglob("*")) if path.suffix in CODE)
        hashes[package] = chunks_sha256(path.read_bytes() for path in files)
    return hashes


def code_version() -> str:
    """Levelground's version and the first digits of a hash of its code."""
    together = text_sha256("".join(code_hashes().values()))
    return f"{importlib.metadata.version('levelground')}+{together[:8]}"


def seed_hashes(layers: Sequence[Layer] = ()) -> dict[str, str]:
    """A hash of each seed as the city's layers leave it, by the seed's name."""
    return {name: bytes_sha256(content) for name, content in _seeds(layers)}


def seed_columns(layers: Sequence[Layer] = ()) -> dict[str, list[str]]:
    """The columns of each seed, by the seed's name."""
    return {name: next(csv.reader([content.partition(b"\n")[0].decode("utf-8-sig")])) for name, content in _seeds(layers)}


def _seeds(layers: Sequence[Layer]) -> Iterator[tuple[str, bytes]]:
    names = {path.stem for path in (DBT_PROJECT / "seeds").rglob("*.csv")}
    names |= {name for layer in layers for name in layer.seeds()}
    for name in sorted(names):
        yield name, bytes_of(layered_seed(name, SHARED_SEEDS, layers))


def seeds_hash(layers: Sequence[Layer] = ()) -> str:
    """One hash of all seeds."""
    return text_sha256("".join(f"{name}\x00{hashed}" for name, hashed in seed_hashes(layers).items()))


def contract_hashes(contracts: Iterable[Contract]) -> dict[str, str]:
    """A hash of each contract, with the city's overrides, by source."""
    return {contract.source: text_sha256(contract.model_dump_json(by_alias=True)) for contract in contracts}


def model_hashes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """A hash of each model's SQL and of every macro of ours that it calls, by name; `stats` hashes the published functions."""
    macros = manifest["macros"]
    hashes = {
        str(node["name"]): code_hash(node, macros) for node in manifest["nodes"].values() if node["resource_type"] == "model"
    }
    functions = sorted(i for i, macro in macros.items() if _ours(i) and macro["original_file_path"].startswith(STATISTICS_FOLDER))
    hashes[STATISTICS] = text_sha256("\x00".join(macros[i]["macro_sql"] for i in functions))
    return dict(sorted(hashes.items()))


def code_hash(node: Mapping[str, Any], macros: Mapping[str, Any]) -> str:
    """A hash of the SQL of a model or test, and of every macro of ours that it calls."""

    def called(unique_id: str) -> list[str]:
        return [i for i in macros[unique_id]["depends_on"]["macros"] if i in macros and _ours(i)]

    own = {i for i in node["depends_on"]["macros"] if i in macros and _ours(i)}
    names = sorted(own | reached(own, called))
    return text_sha256("\x00".join([node["raw_code"], *(macros[i]["macro_sql"] for i in names)]))


def lineage(manifest: Mapping[str, Any], measures: Mapping[str, MeasureInputs]) -> dict[str, tuple[str, ...]]:
    """What each measure reads, as `source x`, `seed y`, `model z`.

    A measure has a counts model, of its own or shared by measures of several sources, and the calculation, which all share.
    Rows of all sources run through some models (`_is_passage`); of them a measure reads those of its own source alone.
    Populations are read by measures that have one, or that are weighted by where people live.
    """
    nodes = manifest["nodes"]
    whole = next((i for i, node in nodes.items() if node["resource_type"] == "model" and node["name"] == MEASURES), None)
    if whole is None:
        return {}
    # counts models by the measure, or by the name under which measures share one
    counted = {
        node["name"].removeprefix("int_").removesuffix("__counts"): i
        for i, node in nodes.items()
        if node["original_file_path"].startswith(COUNTED)
    }
    passages = {i for i, node in nodes.items() if _is_passage(node)} | {
        counted[name] for name in counted.keys() - measures.keys()
    }
    populations = {i for i, node in nodes.items() if node["name"] in POPULATIONS}
    of_people = populations | ancestors(nodes, populations, stop=passages)
    coverage = {i for i, node in nodes.items() if node["original_file_path"].startswith(COVERAGE)}
    apart = {*counted.values(), *coverage, *(i for i, node in nodes.items() if node["name"] in APART)}
    shared = {whole} | (ancestors(nodes, [whole], stop=apart) - {*counted.values()})
    records = {inputs.source for inputs in measures.values()}
    sources = {i: {label for label in _labels({i} | ancestors(nodes, [i])) if label.startswith("source ")} for i in nodes}
    found = {}
    for measure, inputs in measures.items():
        own = f"source {inputs.source}"
        starts = (
            {counted[measure]}
            if measure in counted
            else {i for name, i in counted.items() if name not in measures and own in sources[i]}
        )
        read = starts | ancestors(nodes, starts)
        direct = ancestors(nodes, starts - passages, stop=passages)
        if inputs.has_population:
            read, direct = read | of_people, direct | of_people
        others = {f"source {source}" for source in records} - {own} - _labels(direct)
        # without models that read tables of other measures alone, and seeds that only these read
        read = {i for i in read if not (sources.get(i) and sources[i] <= others)}
        seeds = {parent for i in read for parent in parents(nodes, i)}
        read = {i for i in read if not i.startswith("seed.") or i in seeds}
        found[measure] = tuple(sorted((_labels(read | shared) | {f"model {STATISTICS}"}) - others))
    return found


def _is_passage(node: Mapping[str, Any]) -> bool:
    """Whether rows of several sources run through a model: geocoding, and the union of a state's tables for a fact."""
    return node["original_file_path"].startswith(GEOCODED) or "fact" in node.get("config", {}).get("meta", {})


def _labels(ids: Iterable[str]) -> set[str]:
    return {label for i in ids if (label := _label(i))}


def _ours(unique_id: str) -> bool:
    return unique_id.startswith("macro.levelground.")


def _label(unique_id: str) -> str | None:
    """`source x` for a delivered table, `seed y`, `model z`; None for the schema `receipts`, which describes the run."""
    kind, _, name = unique_id.split(".", 2)
    if kind == "source":
        schema, _, table = name.partition(".")
        return f"source {table}" if schema == "landing" else None
    return f"{kind} {name}"
