"""What a run builds and keeps after a change, in a project with one incremental fact and one that is not."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract
from ingest.contract.registry import Registry, load_registry
from orchestration.runs.progress import NodeResult
from orchestration.transform import fingerprints as fingerprints_module
from orchestration.transform import incremental, release_inputs
from orchestration.transform.compiled.emptiness import ALWAYS
from orchestration.transform.fingerprints import (
    CONTRACTS,
    LANDING,
    RECEIPTS,
    BuildPlan,
    Fingerprints,
    invalidate,
    read_state,
    write_state,
)
from orchestration.transform.graph import is_ephemeral
from orchestration.transform.incremental import consumed_sequences, save_state
from warehouse.metadata import migrate
from warehouse.releases import NodeFingerprint

CLOCK = RECEIPTS + "clock"
CALLS, INDEX = "mpd__dispatched_calls", "city__addresses"
MODEL, SEED = "model.levelground.", "seed.levelground."


def node(kind: str, name: str, *parents: str, materialized: str = "table", **meta: Any) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "name": name,
        "raw_code": f"select '{name}'",
        "original_file_path": f"models/marts/{name}.sql",
        "depends_on": {"nodes": list(parents), "macros": []},
        "columns": {},
        "description": "",
        "relation_name": None if materialized == "ephemeral" else f'"release"."marts"."{name}"',
        "config": {"materialized": materialized, "meta": meta},
    }


# Addresses of calls are looked up in the index. The fact of calls also reads the districts. A measure reads the fact by an
# ephemeral model, which is no table.
NODES = [
    node("seed", "districts"),
    node("model", "stg_calls", LANDING + CALLS, CONTRACTS, materialized="view", row_by_row=True),
    node("model", "stg_index", LANDING + INDEX, CONTRACTS, materialized="view"),
    node("model", "int_addresses", MODEL + "stg_calls", MODEL + "stg_index", row_by_row=True, looked_up=True),
    node("model", "fct_calls", MODEL + "stg_calls", MODEL + "int_addresses", SEED + "districts", materialized="incremental",
         incremental_source=CALLS),
    node("model", "fct_houses", MODEL + "stg_index", MODEL + "int_addresses"),
    node("model", "calls__counts", MODEL + "fct_calls", materialized="ephemeral"),
    node("model", "measures", MODEL + "calls__counts", CLOCK),
]  # fmt: skip
TESTS = [
    {"resource_type": "test", "name": f"{name}__is_filled", "raw_code": "select 1", "config": {"severity": "error"},
     "depends_on": {"nodes": [MODEL + name], "macros": []}}
    for name in ("stg_calls", "fct_houses", "measures")
]  # fmt: skip


def in_utc(contract: Contract) -> Contract:
    """The contract of a department that records times in UTC, so that their local time depends on the city."""
    columns = [c.model_copy(update={"timezone": "UTC"}) if c.type == "timestamp" else c for c in contract.columns]
    return contract.model_copy(update={"columns": tuple(columns)})


@pytest.fixture(scope="module")
def before() -> Fingerprints:
    nodes = {f"{n['resource_type']}.levelground.{n['name']}": n for n in [*NODES, *TESTS]}
    return Fingerprints(
        manifest={"nodes": nodes, "macros": {}},
        registry=Registry(in_utc(contract) if contract.source == CALLS else contract for contract in load_registry()),
        city_zone="America/Chicago",
        loads={CALLS: [("one", 1)], INDEX: [("all", 1)]},
        receipts={CLOCK: "2026-01-01", CONTRACTS: "everything"},
        contract_rows={CALLS: "calls until yesterday", INDEX: "index"},
        agreement_rows={CALLS: "calls", INDEX: "index"},
        seeds={"districts": "old"},
    )


def fingerprints(inputs: Fingerprints) -> dict[str, NodeFingerprint]:
    return {i: inputs.fingerprint(i) for i in inputs.nodes}


def relations(inputs: Fingerprints) -> set[str]:
    return {n["relation_name"].replace('"', "") for n in inputs.nodes.values() if n["relation_name"]}


def another(before: Fingerprints, **changed: Any) -> Fingerprints:
    parts = {name: getattr(before, name) for name in before.__dataclass_fields__ if not name.startswith("_")}
    return Fingerprints(**(copy.deepcopy(parts | {"registry": None}) | {"registry": before.registry} | changed))


def planned(before: Fingerprints, now: Fingerprints) -> BuildPlan:
    return now.plan(fingerprints(before), relations(before), {CALLS: 2})


def names(ids: tuple[str, ...] | Mapping[str, Any]) -> set[str]:
    return {i.rpartition(".")[2] for i in ids}


def test_nothing_is_built_if_nothing_changed(before: Fingerprints) -> None:
    assert planned(before, another(before)) == BuildPlan((), (), {})


def test_other_keys_build_everything_again_and_append_nothing(before: Fingerprints) -> None:
    found = planned(before, another(before, secret_id="another"))
    assert names(found.build) == {node["name"] for node in before.nodes.values() if not is_ephemeral(node)}
    assert not found.append


def test_a_new_load_is_appended_and_models_that_look_up_addresses_are_kept(before: Fingerprints) -> None:
    now = another(
        before, loads={CALLS: [("one", 1), ("two", 2)], INDEX: [("all", 1)]}, contract_rows={CALLS: "today", INDEX: "index"}
    )
    found = planned(before, now)
    assert names(found.build) == {"int_addresses", "fct_calls", "measures"}
    assert found.append == {MODEL + "fct_calls": (("two", 2),)}
    assert names(found.rebuild) == {"int_addresses", "measures"}
    # The view of the deliveries is kept, but its rows are tested again.
    assert {i["name"] for i in TESTS if i["name"] in names_of_tests(now, found)} == {
        "stg_calls__is_filled",
        "measures__is_filled",
    }


def names_of_tests(inputs: Fingerprints, found: BuildPlan) -> set[str]:
    return {inputs.manifest["nodes"][i]["name"] for i in found.tests}


@pytest.mark.parametrize("deletions_recorded_since", [{CALLS: 3}, {}], ids=["recorded from a later load on", "never recorded"])
def test_a_fact_is_rebuilt_if_the_deletions_of_a_load_are_not_recorded(
    before: Fingerprints, deletions_recorded_since: dict[str, int]
) -> None:
    now = another(before, loads={CALLS: [("one", 1), ("two", 2)], INDEX: [("all", 1)]})
    found = now.plan(fingerprints(before), relations(before), deletions_recorded_since)
    assert "fct_calls" in names(found.rebuild)
    assert found.append == {}
    # the gate on it checks the new rows only; not if the fact has other SQL
    assert found.new_loads == {MODEL + "fct_calls": (("two", 2),)}
    known = fingerprints(before)
    known[MODEL + "fct_calls"] = known[MODEL + "fct_calls"].model_copy(update={"base": "other SQL"})
    assert now.plan(known, relations(before), deletions_recorded_since).new_loads == {}


def test_consumed_sequences_are_what_all_incremental_facts_contain(before: Fingerprints) -> None:
    now = another(before, loads={CALLS: [("one", 1), ("two", 2)], INDEX: [("all", 1), ("more", 4)]})
    assert consumed_sequences(now, fingerprints(before)) == {CALLS: 1, INDEX: 4}
    assert consumed_sequences(now, {}) == {INDEX: 4}, "no fact contains a load of calls"


def test_a_load_that_is_delivered_again_is_appended_again(before: Fingerprints) -> None:
    assert planned(before, another(before, loads={CALLS: [("one", 3)], INDEX: [("all", 1)]})).append == {
        MODEL + "fct_calls": (("one", 3),)
    }


def test_a_changed_end_of_data_updates_the_fact_without_a_load(before: Fingerprints) -> None:
    found = planned(before, another(before, contract_rows={CALLS: "calls until today", INDEX: "index"}))
    assert found.append == {MODEL + "fct_calls": ()}


def test_no_state_is_saved_of_failed_or_skipped_nodes(before: Fingerprints) -> None:
    def result(kind: str, name: str, status: str, *tested: str) -> NodeResult:
        return NodeResult(f"{kind}.levelground.{name}", name, kind, status, 0.0, 1, "", tested)

    with duckdb.connect() as con:
        migrate(con)
        run: Any = SimpleNamespace(con=con, fingerprints={})
        results = [
            result("test", "stg_calls__is_filled", "fail", MODEL + "stg_calls"),
            result("model", "int_addresses", "skipped", MODEL + "stg_calls", MODEL + "stg_index"),
            result("model", "fct_calls", "skipped", MODEL + "stg_calls"),
        ]
        inputs = another(before)
        for found in inputs.nodes.values():
            found["database"] = "release" if found["name"].startswith("fct_") else "warehouse"
        save_state(run, inputs, results)
        saved = {*read_state(con), *run.fingerprints}
    assert names(tuple(saved)) == {"districts", "stg_index", "fct_houses", "calls__counts", "measures"}


@pytest.mark.parametrize(
    "changed",
    [
        {"seeds": {"districts": "new"}},
        {"loads": {CALLS: [("one", 1), ("two", 2)], INDEX: [("all", 1), ("more", 2)]}},
        {"agreement_rows": {CALLS: "calls of another place", INDEX: "index"}},
        {"city_zone": "America/New_York"},
    ],
    ids=["a seed", "the address index", "the contract", "the time zone"],
)
def test_a_change_that_affects_every_row_rebuilds_the_fact(before: Fingerprints, changed: dict[str, Any]) -> None:
    found = planned(before, another(before, **changed))
    assert "fct_calls" in names(found.rebuild)
    assert found.append == {}


def test_changed_sql_rebuilds_a_view_and_everything_downstream(before: Fingerprints) -> None:
    manifest = copy.deepcopy(before.manifest)
    manifest["nodes"][MODEL + "stg_calls"]["raw_code"] = "select 'something else'"
    found = planned(before, another(before, manifest=manifest))
    assert names(found.build) == {"stg_calls", "int_addresses", "fct_calls", "measures", "fct_houses"}
    assert "fct_calls" in names(found.rebuild)


def test_a_changed_ephemeral_model_rebuilds_what_reads_it(before: Fingerprints) -> None:
    now = another(before)
    now.nodes[MODEL + "calls__counts"]["raw_code"] = "select 'something else'"
    found = planned(before, now)
    assert names(found.build) == names(found.rebuild) == {"measures"}
    assert names_of_tests(now, found) == {"measures__is_filled"}


def test_a_changed_test_builds_and_tests_its_model_again(before: Fingerprints) -> None:
    manifest = copy.deepcopy(before.manifest)
    manifest["nodes"]["test.levelground.fct_houses__is_filled"]["config"]["severity"] = "warn"
    found = planned(before, another(before, manifest=manifest))
    assert names(found.build) == {"fct_houses"}
    assert names(found.tests) == {"fct_houses__is_filled"}


def test_a_changed_clock_builds_only_models_that_read_it(before: Fingerprints) -> None:
    assert names(planned(before, another(before, receipts={CLOCK: "2026-01-02", CONTRACTS: "everything"})).build) == {"measures"}


def test_a_missing_table_and_one_without_fingerprint_are_built(before: Fingerprints) -> None:
    existing = relations(before) - {"release.marts.fct_houses"}
    assert names(before.plan(fingerprints(before), existing, {}).build) == {"fct_houses"}
    saved = {i: s for i, s in fingerprints(before).items() if i != MODEL + "fct_calls"}
    found = before.plan(saved, relations(before), {})
    assert names(found.build) == names(found.rebuild) == {"fct_calls"}


def test_state_is_written_read_and_invalidated(before: Fingerprints) -> None:
    with duckdb.connect() as con:
        migrate(con)
        write_state(con, fingerprints(before))
        write_state(con, fingerprints(before))
        assert read_state(con) == fingerprints(before)
        invalidate(con, [MODEL + "fct_calls"])
        assert set(read_state(con)) == set(fingerprints(before)) - {MODEL + "fct_calls"}


def test_our_python_is_no_input_but_by_its_build_version(before: Fingerprints, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment in a page of the scorecard must build no fact."""
    known = fingerprints(before)
    monkeypatch.setattr(release_inputs, "code_hashes", lambda: {"orchestration": "a comment"})
    assert another(before).plan(known, relations(before), {}).build == ()
    monkeypatch.setattr(fingerprints_module, "BUILD_VERSION", 2)
    assert set(another(before).plan(known, relations(before), {}).build) == set(before.nodes) - {MODEL + "calls__counts"}


@pytest.mark.parametrize("loads_of_release", [{CALLS: ("one",)}, {CALLS: ("earlier",)}], ids=["the same loads", "other loads"])
def test_a_build_of_equal_content_is_remembered_if_its_loads_are_those_of_the_release(
    before: Fingerprints, loads_of_release: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental, "read_manifest", lambda *_: SimpleNamespace(loads=loads_of_release))
    monkeypatch.setattr(incremental, "landed_loads", lambda _con: {CALLS: ("one",)})
    with duckdb.connect() as con:
        migrate(con)
        run: Any = SimpleNamespace(con=con, fingerprints=fingerprints(before), settings=SimpleNamespace(home=None))
        incremental.confirm_release(run, "20260101T000000Z-00000000")
        remembered = read_state(con, "20260101T000000Z-00000000")
        assert remembered == (fingerprints(before) if loads_of_release == {CALLS: ("one",)} else {})
        assert read_state(con) == {}, "the tables of the working warehouse are not those of the release"


def blank_of(before: Fingerprints) -> dict[str, NodeFingerprint]:
    """The fingerprints of a blank home of the same version: no load, another city, secret and time zone."""
    blank = another(
        before, loads={}, secret_id="its own", city_zone="UTC", receipts={CLOCK: "2025-01-01", CONTRACTS: "of no city"},
        contract_rows={CALLS: "calls of no city", INDEX: "index"}, agreement_rows={CALLS: "of no city", INDEX: "index"},
    ).of_no_home()  # fmt: skip
    return fingerprints(blank)


def with_sources(before: Fingerprints) -> dict[str, Any]:
    names = {LANDING + source: f'"warehouse"."typed"."{source}"' for source in (CALLS, INDEX)} | {
        CLOCK: '"warehouse"."r"."clock"'
    }
    return {**before.manifest, "sources": {i: {"relation_name": name} for i, name in names.items()}}


# each reads its parents by inner joins, but for the model that reads all addresses
EMPTY_IF = {
    MODEL + "stg_calls": f"warehouse.typed.{CALLS}",
    MODEL + "stg_index": f"warehouse.typed.{INDEX}",
    MODEL + "int_addresses": {"all": ["release.marts.stg_calls", "release.marts.stg_index"]},
    MODEL + "fct_calls": {"any": ["release.marts.stg_calls", "release.marts.districts"]},
    MODEL + "fct_houses": "release.marts.stg_index",
    MODEL + "measures": "release.marts.fct_calls",
}


@pytest.mark.parametrize(
    ("loads", "built"),
    [
        ({}, set()),
        ({CALLS: [("one", 1)]}, {"int_addresses", "fct_calls", "measures"}),
        ({INDEX: [("one", 1)]}, {"int_addresses", "fct_houses"}),
        ({CALLS: [("one", 1)], INDEX: [("all", 1)]}, {"int_addresses", "fct_calls", "fct_houses", "measures"}),
    ],
    ids=["nothing delivered", "calls", "the index", "both"],
)
def test_tables_of_a_blank_home_are_kept_if_they_have_no_row_here_either(
    before: Fingerprints, loads: dict[str, Any], built: set[str]
) -> None:
    now = another(before, loads=loads, manifest=with_sources(before))
    proven = now.proven(blank_of(before), EMPTY_IF)
    found = now.plan(proven, relations(now), {CALLS: 1, INDEX: 1})
    assert names(found.build) == built, "views of the shared SQL and seeds are kept"
    assert not found.append, "of another city: the fact is built from the beginning"


def test_tables_of_a_blank_home_are_built_if_their_sql_differs_or_nothing_is_known_of_them(before: Fingerprints) -> None:
    now = another(before, loads={}, manifest=copy.deepcopy(with_sources(before)))
    now.nodes[MODEL + "stg_index"]["raw_code"] = "select 'of a layer'"
    kept = relations(now)
    assert names(now.plan(now.proven(blank_of(before), EMPTY_IF), kept, {}).build) == {
        "stg_index", "int_addresses", "fct_houses", "fct_calls", "measures"
    }  # fmt: skip
    now = another(before, loads={}, manifest=with_sources(before))
    # another city: without a condition, what reads the contracts or the clock is built
    assert names(now.plan(now.proven(blank_of(before), {}), kept, {}).build) == {
        "int_addresses", "fct_calls", "fct_houses", "measures"
    }  # fmt: skip
    without = {node: found for node, found in blank_of(before).items() if node != MODEL + "fct_houses"}
    assert names(now.plan(now.proven(without, EMPTY_IF), kept, {}).build) == {"fct_houses"}


def with_model_of_districts(before: Fingerprints, **changed: Any) -> Fingerprints:
    """A view of the seed, whose columns have declared types, and a table that joins it to calls and has rows without them."""
    manifest = copy.deepcopy(with_sources(before))
    manifest["nodes"][SEED + "districts"]["config"]["column_types"] = {"geoid": "varchar"}
    for model in (
        node("model", "stg_districts", SEED + "districts", materialized="view"),
        node("model", "int_bases", MODEL + "stg_districts", MODEL + "stg_calls"),
    ):
        manifest["nodes"][MODEL + model["name"]] = model
    return another(before, **{"manifest": manifest, "seed_columns": {"districts": ["geoid"]}} | changed)


def test_a_view_of_a_seed_is_kept_while_its_columns_have_their_types(before: Fingerprints) -> None:
    known = with_model_of_districts(before)
    rows = with_model_of_districts(before, seeds={"districts": "new"})
    assert names(planned(known, rows).build) == {"districts", "fct_calls", "measures", "int_bases"}
    untyped = with_model_of_districts(before, seeds={"districts": "new"}, seed_columns={"districts": ["geoid", "name"]})
    assert names(planned(known, untyped).build) == {"districts", "stg_districts", "fct_calls", "measures", "int_bases"}


@pytest.mark.parametrize(
    ("changed", "built"),
    [
        ({}, set()),
        ({"loads": {CALLS: [("one", 1)]}}, {"int_bases"}),
        ({"seeds": {"districts": "new"}}, {"districts", "int_bases"}),
    ],
    ids=["nothing", "calls", "districts"],
)
def test_a_table_of_a_blank_home_is_kept_if_its_parents_are(before: Fingerprints, changed: Any, built: set[str]) -> None:
    blank = blank_of(with_model_of_districts(before))
    now = with_model_of_districts(before, **{"loads": {}} | changed)
    # the seed has no row in the blank home
    found = now.plan(now.proven(blank, EMPTY_IF | {SEED + "districts": ALWAYS}), relations(now), {CALLS: 1, INDEX: 1})
    assert names(found.build) & {"districts", "stg_districts", "int_bases"} == built
