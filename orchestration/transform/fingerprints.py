"""Compute what a release is built from: hashes of code, seeds, contracts and models, package versions, the lineage of measures.

`levelground releases diff` explains changed figures with these. See `warehouse.releases.change_attribution` for comparing two
releases, `transform.build_plan` for the fingerprints of tables.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ingest.contract import Contract
from ingest.layers import Content, Layer
from orchestration.settings import DBT_PROJECT, PROJECT
from orchestration.transform.dbt_project import seed_content
from warehouse.fingerprint import bytes_sha256, chunks_sha256, text_sha256

COMPONENTS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")
PACKAGES = ("warehouse", "ingest", "expectations", "orchestration")
MEASURES = "fct_equity_measures"
COUNTED = "models/measures/counts/"
# the counts of all measures that another publisher computed
PUBLISHED = "published_estimates"
# Every figure depends on these, but dbt does not track it: models call them as functions of the database file.
STATISTICS, STATISTICS_FOLDER = "stats", "macros/stats/"


def versions() -> dict[str, str]:
    """The versions of the packages that decide what a build gives."""
    return {name: importlib.metadata.version(name) for name in COMPONENTS}


def code_hashes() -> dict[str, str]:
    """A hash of the code of each of our packages."""
    hashes = {}
    for package in PACKAGES:
        files = (path for path in sorted((PROJECT / package).rglob("*")) if path.suffix in (".py", ".yml"))
        hashes[package] = chunks_sha256(path.read_bytes() for path in files)
    return hashes


def code_version() -> str:
    """Levelground's version and the first digits of a hash of its code."""
    together = text_sha256("".join(code_hashes().values()))
    return f"{importlib.metadata.version('levelground')}+{together[:8]}"


def seed_hashes(layers: Sequence[Layer] = ()) -> dict[str, str]:
    """A hash of each seed as the city's layers leave it, by the seed's name."""
    names = {path.stem for path in (DBT_PROJECT / "seeds").rglob("*.csv")}
    names |= {name for layer in layers for name in layer.seeds()}
    return {name: bytes_sha256(_bytes(seed_content(name, layers))) for name in sorted(names)}


def _bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


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
    called = sorted(_macros(node["depends_on"]["macros"], macros))
    return text_sha256("\x00".join([node["raw_code"], *(macros[i]["macro_sql"] for i in called)]))


def lineage(
    manifest: Mapping[str, Any], measures: Iterable[str], published: Mapping[str, str] | None = None
) -> dict[str, tuple[str, ...]]:
    """What each measure depends on, as `source x`, `seed y`, `model z`.

    A measure has a model of its own, `int_<measure>__counts`, and shares the models after it with all others. A measure without
    such a model may depend on any of them. Measures of other publishers share one: `published` has the source of each, the only
    one of these sources on which it depends.
    """
    published = published or {}
    nodes = manifest["nodes"]
    counted = {i: {i} | _ancestors(manifest, i) for i, node in nodes.items() if node["original_file_path"].startswith(COUNTED)}
    whole = next((i for i, node in nodes.items() if node["resource_type"] == "model" and node["name"] == MEASURES), None)
    if whole is None:
        return {}
    everything = {whole} | _ancestors(manifest, whole)
    shared = {whole} | _ancestors(manifest, whole, stop=set(counted)) - set(counted)
    own = {nodes[i]["name"].removeprefix("int_").removesuffix("__counts"): ancestors for i, ancestors in counted.items()}
    found = {}
    for measure in measures:
        model = PUBLISHED if measure in published else measure
        depends_on = {_label(i) for i in (shared | own[model] if model in own else everything)}
        if measure in published:
            depends_on -= {f"source {source}" for source in published.values() if source != published[measure]}
        found[measure] = tuple(sorted(name for name in depends_on | {f"model {STATISTICS}"} if name))
    return found


def _ancestors(manifest: Mapping[str, Any], start: str, stop: set[str] | None = None) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        node = manifest["nodes"].get(waiting.pop())
        for parent in node["depends_on"].get("nodes", ()) if node else ():
            if parent not in found:
                found.add(parent)
                if parent not in (stop or ()):
                    waiting.append(parent)
    return found


def _macros(start: Iterable[str], macros: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = [i for i in start if _ours(i)]
    while waiting:
        called = waiting.pop()
        if called not in found and called in macros:
            found.add(called)
            waiting += [i for i in macros[called]["depends_on"]["macros"] if _ours(i)]
    return found


def _ours(unique_id: str) -> bool:
    return unique_id.startswith("macro.levelground.")


def _label(unique_id: str) -> str | None:
    """`source x` for a delivered table, `seed y`, `model z`; None for the schema `receipts`, which describes the run."""
    kind, _, name = unique_id.split(".", 2)
    if kind == "source":
        schema, _, table = name.partition(".")
        return f"source {table}" if schema == "landing" else None
    return f"{kind} {name}"
