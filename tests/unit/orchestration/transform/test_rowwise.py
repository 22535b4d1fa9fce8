"""The plan of a fact contains the models from its source to it; its parts keep their names while what decides their rows stays.

What else the models read is looked up whole; the fact selects its parts and computes what they lack.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jinja2
import pytest

from ingest.contract.registry import load_registry
from ingest.landing import Partition
from orchestration.transform.fingerprints import CONTRACTS, LANDING, Fingerprints
from orchestration.transform.rowwise import part_fingerprint, rowwise_models, rowwise_plan, select_parts
from tests.unit.orchestration.transform.test_fingerprints import (
    CALLS,
    INDEX,
    MODEL,
    NODES,
    SEED,
    another,
    before,  # noqa: F401 - a fixture
)

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


FACT = MODEL + "fct_calls"
PARTITION = Partition(3, 10, "10:123")


def test_a_new_load_and_a_later_end_of_data_leave_the_parts_of_other_rows(before: Fingerprints) -> None:  # noqa: F811
    known = part_fingerprint(before, FACT, PARTITION)
    loads, end = {CALLS: [("one", 1), ("two", 2)], INDEX: [("all", 1)]}, {CALLS: "calls until today", INDEX: "index"}
    night = another(before, loads=loads, contract_rows=end)
    assert part_fingerprint(night, FACT, replace(PARTITION, number=4)) == known
    assert part_fingerprint(night, FACT, replace(PARTITION, fingerprint="10:124")) != known
    other_terms = another(before, agreement_rows={CALLS: "followed for 9 days", INDEX: "index"})
    assert part_fingerprint(other_terms, FACT, PARTITION) != known


@pytest.mark.parametrize("of_view", [{}, {"followed_until_at": "followed_until('calls', 'called_at')"}])
def test_a_fact_selects_its_parts_once_and_computes_the_columns_of_the_view(of_view: dict[str, str], tmp_path: Path) -> None:
    merged = str(tmp_path / "{{ one }}.parquet")
    code = select_parts({"config": {"meta": {"view_columns": of_view}}}, [merged, merged])
    sql = jinja2.Template(code).render(followed_until=lambda source, start: f"{start} + {source}")
    computed = ', called_at + calls as "followed_until_at"' if of_view else ""
    assert sql == f"select *{computed} from read_parquet(['{merged}'], hive_partitioning = false)"
