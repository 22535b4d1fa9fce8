"""Hashes change exactly when their content does; the lineage of a measure lists what it depends on."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ingest.contract.registry import load_registry
from orchestration.transform.fingerprints import (
    code_hashes,
    code_version,
    contract_hashes,
    lineage,
    model_hashes,
    seed_hashes,
    seeds_hash,
    versions,
)


def node(
    kind: str, name: str, *parents: str, path: str = "models/x.sql", macros: tuple[str, ...] = ()
) -> tuple[str, dict[str, Any]]:
    return f"{kind}.levelground.{name}", {
        "resource_type": kind,
        "name": name,
        "raw_code": f"select '{name}'",
        "original_file_path": path,
        "depends_on": {"nodes": list(parents), "macros": list(macros)},
    }


def macro(name: str, sql: str, *called: str, path: str = "macros/x.sql") -> tuple[str, dict[str, Any]]:
    return f"macro.levelground.{name}", {"macro_sql": sql, "depends_on": {"macros": list(called)}, "original_file_path": path}


STOPS, CALLS = "source.levelground.landing.fpc__police_stops", "source.levelground.landing.mpd__dispatched_calls"
COUNTED = "models/measures/counts/{}.sql"


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Two measures with a model each, one without, all in one table that calls the statistics functions."""
    nodes = [
        node("seed", "race_ethnicity"),
        node("seed", "offences"),
        node("seed", "unread"),
        node("model", "stg_stops", STOPS, "seed.levelground.race_ethnicity", macros=("macro.levelground.race", "macro.dbt.x")),
        node("model", "fct_stops", "model.levelground.stg_stops", "source.levelground.receipts.settings"),
        node("model", "fct_calls", CALLS, "seed.levelground.offences"),
        node("model", "int_stops__counts", "model.levelground.fct_stops", path=COUNTED.format("int_stops__counts")),
        node("model", "int_calls__counts", "model.levelground.fct_calls", path=COUNTED.format("int_calls__counts")),
        node("model", "dim_measure", "seed.levelground.measure_registry"),
        node("seed", "measure_registry"),
        node(
            "model",
            "fct_equity_measures",
            "model.levelground.int_stops__counts",
            "model.levelground.int_calls__counts",
            "model.levelground.dim_measure",
        ),
    ]
    macros = [
        macro("race", "normal({{ x }})", "macro.levelground.deep", "macro.dbt.y"),
        macro("deep", "trim"),
        macro("stats_rate_ci", "byar", path="macros/stats/rates.sql"),
    ]
    return {"nodes": dict(nodes), "macros": dict(macros)}


def test_a_measure_depends_on_its_own_model_and_on_the_shared_ones(manifest: dict[str, Any]) -> None:
    by_measure = lineage(manifest, ["stops", "calls"])
    shared = {"model fct_equity_measures", "model dim_measure", "seed measure_registry", "model stats"}
    assert set(by_measure["stops"]) == shared | {
        "model int_stops__counts",
        "model fct_stops",
        "model stg_stops",
        "seed race_ethnicity",
        "source fpc__police_stops",
    }
    assert set(by_measure["calls"]) == shared | {
        "model int_calls__counts",
        "model fct_calls",
        "seed offences",
        "source mpd__dispatched_calls",
    }


def test_a_measure_without_its_own_model_depends_on_all(manifest: dict[str, Any]) -> None:
    by_measure = lineage(manifest, ["stops", "calls", "sales"])
    assert set(by_measure["sales"]) == set(by_measure["stops"]) | set(by_measure["calls"])
    assert "seed unread" not in by_measure["sales"]


def test_measures_of_other_publishers_share_a_model_and_depend_on_their_own_source(manifest: dict[str, Any]) -> None:
    work, births = "source.levelground.landing.urban__employment", "source.levelground.landing.urban__low_birth_weight"
    name, counts = "int_published_estimates__counts", "model.levelground.int_published_estimates__counts"
    manifest["nodes"] |= [node("model", name, work, births, path=COUNTED.format(name))]
    manifest["nodes"]["model.levelground.fct_equity_measures"]["depends_on"]["nodes"].append(counts)
    by_measure = lineage(manifest, ["stops", "work"], {"work": "urban__employment", "births": "urban__low_birth_weight"})
    assert {name for name in by_measure["work"] if name.startswith("source")} == {"source urban__employment"}
    assert "model int_published_estimates__counts" in by_measure["work"] and "model fct_stops" not in by_measure["work"]
    assert "model int_published_estimates__counts" not in by_measure["stops"]


def test_a_project_without_measures_has_no_lineage(manifest: dict[str, Any]) -> None:
    del manifest["nodes"]["model.levelground.fct_equity_measures"]
    assert lineage(manifest, ["stops"]) == {}


def test_a_models_hash_changes_with_its_sql_and_every_macro_it_calls(manifest: dict[str, Any]) -> None:
    before = model_hashes(manifest)
    for change, moved in (
        (("nodes", "model.levelground.fct_calls", "raw_code"), {"fct_calls"}),
        (("macros", "macro.levelground.race", "macro_sql"), {"stg_stops"}),
        (("macros", "macro.levelground.deep", "macro_sql"), {"stg_stops"}),
        (("macros", "macro.levelground.stats_rate_ci", "macro_sql"), {"stats"}),
    ):
        changed = copy.deepcopy(manifest)
        kind, unique_id, field = change
        changed[kind][unique_id][field] += " -- other"
        after = model_hashes(changed)
        assert {name for name in after if after[name] != before[name]} == moved


def test_hashes_are_named_by_package_seed_and_source() -> None:
    registry = load_registry()
    assert set(contract_hashes(registry)) == {contract.source for contract in registry}
    assert {"goals", "measure_registry", "race_ethnicity_crosswalk"} <= set(seed_hashes())
    assert set(code_hashes()) == {"warehouse", "ingest", "expectations", "orchestration"}
    assert "+" in code_version()
    assert versions()["duckdb"]
    assert len({*seed_hashes().values(), seeds_hash()}) == len(seed_hashes()) + 1


def test_a_citys_override_of_a_contract_changes_its_hash() -> None:
    contract = load_registry()["fpc__police_stops"]
    other = contract.model_copy(update={"jurisdiction": "9900001"})
    assert contract_hashes([contract]) != contract_hashes([other])
    assert contract_hashes([contract]) == contract_hashes([contract.model_copy()])
