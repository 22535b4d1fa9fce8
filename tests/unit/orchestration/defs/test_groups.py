"""Every asset is in a group that a newcomer can name: a department, a policy area, or a step that all areas share."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.contract.registry import load_registry
from orchestration.defs.groups import department_group, group_name, groups_of_models
from tests.support.manifests import model, seed


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    sources = {
        f"source.levelground.landing.{contract.source}": {"name": contract.source, "resource_type": "source"}
        for contract in load_registry()
    }
    return {"nodes": {node["unique_id"]: node for node in nodes}, "sources": sources}


def groups(*nodes: dict[str, Any]) -> dict[str, str]:
    found = groups_of_models(manifest(*nodes), load_registry())
    return {node_id.rpartition(".")[2]: group for node_id, group in found.items()}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Assessor's Office", "assessors_office"),
        ("County Health Rankings & Roadmaps", "county_health_rankings_and_roadmaps"),
        ("U.S. Census Bureau", "u_s_census_bureau"),
        ("Oficina de Educación", "oficina_de_educaci_n"),
    ],
)
def test_a_title_becomes_a_name_that_dagster_accepts(title: str, name: str) -> None:
    assert group_name(title) == name


def test_a_department_is_named_in_full_and_an_unknown_one_by_its_code() -> None:
    assert department_group("mhd") == "health_department"
    assert department_group("parks") == "parks"


def test_a_fact_is_in_the_policy_area_of_its_source_and_counts_in_that_of_their_measure() -> None:
    staged = model("stg_mhd__lead_tests", "staging/mhd", "source.levelground.landing.mhd__lead_tests")
    shared = model("int_addresses__matched", "intermediate/addresses", staged["unique_id"])
    fact = model("fct_lead_tests", "marts/facts/health", staged["unique_id"], shared["unique_id"])
    counts = model("int_sale_price_median__counts", "measures/counts", fact["unique_id"])
    found = groups(staged, shared, fact, counts)
    assert found["stg_mhd__lead_tests"] == "health_department", "two groups read it"
    assert (found["int_addresses__matched"], found["fct_lead_tests"]) == ("addresses_and_places", "health")
    assert found["int_sale_price_median__counts"] == "housing"


def test_what_only_one_policy_area_reads_is_in_its_group() -> None:
    shared, own = seed("measure_rules"), seed("health_conditions")
    staged = model("stg_mhd__lead_tests", "staging/mhd", "source.levelground.landing.mhd__lead_tests", own["unique_id"])
    fact = model("fct_lead_tests", "marts/facts/health", staged["unique_id"], own["unique_id"], shared["unique_id"])
    other = model("fct_employees", "marts/facts/workforce", "source.levelground.landing.der__employees", shared["unique_id"])
    found = groups(shared, own, staged, fact, other)
    assert found["stg_mhd__lead_tests"] == "health"
    assert found["measure_rules"] == "reference_data"


def test_seeds_that_declare_measures_and_their_publication_are_a_group_of_their_own() -> None:
    found = groups(
        seed("retired_measures", "_goal_seeds.yml"), seed("publication_rules", "_publication_seeds.yml"), seed("strata")
    )
    assert found == {
        "retired_measures": "measure_declarations",
        "publication_rules": "measure_declarations",
        "strata": "reference_data",
    }


def test_models_that_read_the_records_of_runs_are_apart_from_the_records() -> None:
    staged = model("stg_receipts__clock", "staging/receipts", "source.levelground.receipts.clock")
    assert groups(staged) == {"stg_receipts__clock": "staged_run_records"}
