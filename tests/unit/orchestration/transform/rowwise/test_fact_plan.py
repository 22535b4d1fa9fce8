"""The plan of a fact contains the models from its source to it; what else they read is looked up whole."""

from __future__ import annotations

from ingest.contract.registry import load_registry
from orchestration.transform.fingerprints import CONTRACTS, LANDING
from orchestration.transform.rowwise.fact_plan import rowwise_models, rowwise_plan
from tests.unit.orchestration.transform.test_fingerprints import CALLS, MODEL, NODES, SEED

MANIFEST = {
    "nodes": {f"{node['resource_type']}.levelground.{node['name']}": node for node in NODES},
    "sources": {
        LANDING + CALLS: {"relation_name": f'"warehouse"."typed"."{CALLS}"'},
        CONTRACTS: {"relation_name": '"warehouse"."receipts"."contracts"'},
    },
}


def test_only_models_between_the_source_and_the_fact_are_built_by_tasks() -> None:
    models = rowwise_models(MANIFEST, MODEL + "fct_calls")
    assert models.models == (MODEL + "stg_calls", MODEL + "fct_calls")
    # addresses are row by row, too, but of several sources
    assert set(models.looked_up) == {SEED + "districts", MODEL + "int_addresses", CONTRACTS}


def test_a_plan_types_landed_rows_as_the_warehouse_does() -> None:
    models = rowwise_models(MANIFEST, MODEL + "fct_calls")
    contract = load_registry()[CALLS]
    sql = {model: f"select '{model}'" for model in models.models}
    files = {unique_id: f"{number}.parquet" for number, unique_id in enumerate(models.looked_up)}
    plan = rowwise_plan(MANIFEST, models, contract, "America/Chicago", sql, files)
    (typed, typing), (staged, staging) = plan.views
    assert typed == f'"warehouse"."typed"."{CALLS}"'
    assert f'(from "warehouse"."landing"."{CALLS}" where not _refused)' in typing
    assert (staged, staging) == ('"release"."marts"."stg_calls"', sql[MODEL + "stg_calls"])
    assert plan.select == sql[MODEL + "fct_calls"]
    assert set(plan.broadcast) == {
        '"release"."marts"."districts"',
        '"release"."marts"."int_addresses"',
        '"warehouse"."receipts"."contracts"',
    }
    assert rowwise_plan(MANIFEST, models, contract, "America/Chicago", sql, files) == plan
    of_view = {"incremental_source": CALLS, "view_columns": {"followed_until_at": "followed_until()"}}
    fact = MANIFEST["nodes"][MODEL + "fct_calls"] | {"config": {"meta": of_view}}
    seen = {**MANIFEST, "nodes": {**MANIFEST["nodes"], MODEL + "fct_calls": fact}}
    select = rowwise_plan(seen, models, contract, "America/Chicago", sql, files).select
    assert select == f'select * exclude ("followed_until_at") from ({sql[MODEL + "fct_calls"]})'
    changed = sql | {MODEL + "stg_calls": "select 'changed'"}
    assert rowwise_plan(MANIFEST, models, contract, "America/Chicago", changed, files) != plan
