"""Hashes change exactly when their content does; the lineage of a measure lists what it depends on."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from ingest.contract.registry import load_registry
from orchestration.transform import release_inputs
from orchestration.transform.release_inputs import (
    MeasureInputs,
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


STOPS_INPUTS, CALLS_INPUTS = MeasureInputs("fpc__police_stops"), MeasureInputs("mpd__dispatched_calls")
MEASURED = {"stops": STOPS_INPUTS, "calls": CALLS_INPUTS}


def sources_of(by_measure: dict[str, tuple[str, ...]], measure: str) -> set[str]:
    return {name.removeprefix("source ") for name in by_measure[measure] if name.startswith("source ")}


def add(manifest: dict[str, Any], *nodes: tuple[str, dict[str, Any]], before: str = "fct_equity_measures") -> None:
    """Add nodes; the last one is a parent of `before`."""
    manifest["nodes"] |= dict(nodes)
    manifest["nodes"][f"model.levelground.{before}"]["depends_on"]["nodes"].append(nodes[-1][0])


def test_a_measure_depends_on_its_own_model_and_on_the_shared_ones(manifest: dict[str, Any]) -> None:
    by_measure = lineage(manifest, MEASURED)
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


def test_measures_of_several_sources_share_a_model_and_read_their_own(manifest: dict[str, Any]) -> None:
    """As the ACT and the Forward exam do, and all measures that another publisher computed."""
    act, forward = "source.levelground.landing.dpi__act", "source.levelground.landing.dpi__forward_exam"
    name = "int_school_assessments__counts"
    add(
        manifest,
        node("seed", "act_labels"),
        node("model", "stg_act", act, "seed.levelground.act_labels"),
        node("model", "stg_forward", forward),
        node("model", name, "model.levelground.stg_act", "model.levelground.stg_forward", path=COUNTED.format(name)),
    )
    measures = MEASURED | {"act": MeasureInputs("dpi__act"), "forward": MeasureInputs("dpi__forward_exam")}
    by_measure = lineage(manifest, measures)
    assert (sources_of(by_measure, "act"), sources_of(by_measure, "forward")) == ({"dpi__act"}, {"dpi__forward_exam"})
    assert {"model stg_act", "seed act_labels", f"model {name}"} <= set(by_measure["act"])
    assert not {"model stg_act", "seed act_labels", "model fct_stops"} & set(by_measure["forward"])
    assert f"model {name}" not in by_measure["stops"]


def test_rows_of_other_sources_that_are_geocoded_with_ones_own_are_not_read(manifest: dict[str, Any]) -> None:
    """Stops and calls run through geocoding together, which reads the map: both depend on it, and on no rows of the other."""
    city_map = "source.levelground.landing.city__limits"
    for fact, source in (("fct_stops", STOPS), ("fct_calls", CALLS)):
        add(
            manifest,
            node("model", "int_addresses", source, city_map, path="models/intermediate/addresses/int_addresses.sql"),
            before=fact,
        )
    manifest["nodes"]["model.levelground.int_addresses"]["depends_on"]["nodes"] = [STOPS, CALLS, city_map]
    by_measure = lineage(manifest, MEASURED)
    assert sources_of(by_measure, "stops") == {"fpc__police_stops", "city__limits"}
    assert sources_of(by_measure, "calls") == {"mpd__dispatched_calls", "city__limits"}


def test_the_calculation_reads_coverage_places_and_populations_for_some_measures_alone(manifest: dict[str, Any]) -> None:
    census, city_map = "source.levelground.landing.census__blocks_2020", "source.levelground.landing.city__limits"
    add(manifest, node("model", "int_coverage", STOPS, CALLS, path="models/measures/coverage/int_coverage.sql"))
    add(manifest, node("model", "dim_geography", city_map))
    add(manifest, node("model", "fct_population", census))
    by_measure = lineage(manifest, {"stops": STOPS_INPUTS, "calls": MeasureInputs("mpd__dispatched_calls", has_population=True)})
    assert sources_of(by_measure, "stops") == {"fpc__police_stops"}
    assert sources_of(by_measure, "calls") == {"mpd__dispatched_calls", "census__blocks_2020"}
    assert {"model int_coverage", "model fct_population"} <= set(by_measure["stops"]), "their SQL is that of every measure"


def test_a_measure_of_two_tables_reads_both(manifest: dict[str, Any]) -> None:
    """As the days until lead orders are abated do: orders that are open are part of the curve."""
    manifest["nodes"]["model.levelground.fct_stops"]["depends_on"]["nodes"].append(CALLS)
    assert sources_of(lineage(manifest, MEASURED), "stops") == {"fpc__police_stops", "mpd__dispatched_calls"}


def test_a_project_without_measures_has_no_lineage(manifest: dict[str, Any]) -> None:
    del manifest["nodes"]["model.levelground.fct_equity_measures"]
    assert lineage(manifest, MEASURED) == {}


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


@pytest.mark.parametrize("name", ["figures.sql.jinja", "public_differences.sql.jinja", "rules.yml", "views.py"])
def test_the_code_of_a_release_includes_its_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A changed template of the views in `figures` made no release."""
    for package in release_inputs.PACKAGES:
        (tmp_path / package).mkdir()
    monkeypatch.setattr(release_inputs, "PROJECT", tmp_path)
    (tmp_path / "warehouse" / name).write_text("select 1")
    before = code_hashes()
    (tmp_path / "warehouse" / name).write_text("select 2")
    assert {package for package, digest in code_hashes().items() if digest != before[package]} == {"warehouse"}
