"""The models brought up to date in the candidate and in the working warehouse: only what something new has come to is built.

Here: reading what stands, having dbt build the rest, and writing down what stands now. Not here: the hashes and the plan
(`standing`), which candidate there is (`build`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from ingest.landing import superseded
from orchestration.runs.context import RunSession
from orchestration.transform import dbt_runner
from orchestration.transform.build_plan import (
    RECEIPTS,
    Ingredients,
    ensure_account,
    forget,
    grows_with,
    plan,
    read_account,
    write_account,
)
from orchestration.transform.dbt_runner import STANDS, NodeResult
from orchestration.transform.dbt_sources import write_growth
from orchestration.transform.fingerprints import seed_hashes
from warehouse.releases import Standing, current, read_manifest
from warehouse.sql import identifier, quoted

RELEASED = "release"
# What of a contract's row its newest delivery says.
OF_DELIVERIES = ("data_as_of", "load_id")


def update(session: RunSession, on_node: Callable[[str], None]) -> list[NodeResult]:
    """Build every model but what each run writes anew, as far as it does not stand; what stands is among the results."""
    ensure_account(session.con)
    made_of = ingredients(session)
    _drop_unknown(session, made_of)
    standing = _standing(session)
    superseded.forget(session.con, taken_in(made_of, standing))
    planned = plan(made_of, standing, _relations(session), superseded.since(session.con))
    for node in planned.anew:
        _drop_grown(session, made_of, node)
    growth = {made_of.nodes[node]["name"]: loads for node, loads in planned.growth.items()}
    session.grown = {name: tuple(load for load, _ in loads) for name, loads in growth.items()}
    write_growth(session.con, growth)
    forget(session.con, planned.build)
    names = [made_of.manifest["nodes"][node]["name"] for node in (*planned.build, *planned.tests)]
    results = dbt_runner.build(session.settings.home, select=names, on_node=on_node) if names else []
    write_down(session, made_of, results)
    return _in_order(made_of, [*results, *_left(made_of, planned.build)])


def ingredients(session: RunSession) -> Ingredients:
    """What the models would be made of now; `receipts` has been written."""
    con = session.con
    loads: dict[str, list[tuple[str, int]]] = {}
    for source, load_id, sequence in con.execute("select source, load_id, sequence from intake.loads order by all").fetchall():
        loads.setdefault(source, []).append((load_id, sequence))
    receipts = {
        f"{RECEIPTS}{table}": repr(con.execute(f"select * from receipts.{table} order by all").fetchall())
        for table in ("clock", "settings", "contracts", "agreements", "offered_labels", "vocabularies", "published_snapshots")
    }
    out = ", ".join(OF_DELIVERIES)
    contracts = con.execute("select * from receipts.contracts").fetchall()
    agreements = con.execute(f"select * exclude ({out}) from receipts.contracts").fetchall()
    return Ingredients(
        manifest=dbt_runner.manifest(session.settings.home),
        registry=session.reading.registry,
        city_zone=session.reading.city.time_zone,
        loads=loads,
        receipts=receipts,
        contract_rows={row[0]: repr(row) for row in contracts},
        agreement_rows={row[0]: repr(row) for row in agreements},
        seeds=seed_hashes(),
    )


def _standing(session: RunSession) -> dict[str, Standing]:
    """In the working warehouse by its own account, in the candidate by the manifest of the release that it goes on from."""
    if session.options.full_refresh:
        return {}
    published = current(session.settings.home)
    released = read_manifest(session.settings.home, published.release_id).made_of.standing if published else {}
    return {**released, **read_account(session.con)}


def taken_in(made_of: Ingredients, standing: Mapping[str, Standing]) -> dict[str, int]:
    """By source, the last load that all facts growing with it have taken in, if there is one; without such a fact, the last."""
    last = {source: [max(sequence for _, sequence in loads)] for source, loads in made_of.loads.items() if loads}
    for node, found in made_of.nodes.items():
        source = grows_with(found)
        if source in last:
            before = standing.get(node)
            last[source].append(max((sequence for _, sequence in before.loads), default=0) if before else 0)
    return {source: min(sequences) for source, sequences in last.items() if min(sequences) > 0}


def _relations(session: RunSession) -> set[str]:
    found = session.con.execute(
        "select database_name || '.' || schema_name || '.' || table_name from duckdb_tables() where not internal "
        "union all select database_name || '.' || schema_name || '.' || view_name from duckdb_views() where not internal"
    ).fetchall()
    return {name for (name,) in found}


def _drop_unknown(session: RunSession, made_of: Ingredients) -> None:
    """Take the tables out of the candidate that no model builds any more, and those that every run writes anew."""
    known = {node["relation_name"].replace('"', "") for node in made_of.nodes.values()}
    for relation in _relations(session) - known:
        database, schema, table = relation.split(".", 2)
        if database == RELEASED:
            session.con.execute(f"drop table {identifier(database)}.{identifier(schema)}.{quoted(table)}")


def _drop_grown(session: RunSession, made_of: Ingredients, node: str) -> None:
    """dbt lets every incremental table grow that it finds: one that is to be built anew must not be there."""
    if made_of.nodes[node]["config"]["materialized"] == "incremental":
        session.con.execute(f"drop table if exists {made_of.nodes[node]['relation_name']}")


def write_down(session: RunSession, made_of: Ingredients, results: Iterable[NodeResult]) -> None:
    """What stands now; nothing is known of what a test has failed on, or of what dbt left out for it: both come again."""
    bad = {
        node for result in results if not result.good for node in (result.tested if result.kind == "test" else [result.unique_id])
    }
    now = {i: made_of.of(i) for i in made_of.nodes if i not in bad}
    session.standing = {i: standing for i, standing in now.items() if made_of.nodes[i]["database"] == RELEASED}
    write_account(session.con, {i: standing for i, standing in now.items() if i not in session.standing})


def _in_order(made_of: Ingredients, results: Sequence[NodeResult]) -> list[NodeResult]:
    """Each model after those that it is made of, as Dagster wants them; tests last."""
    order = TopologicalSorter({i: node["depends_on"].get("nodes", ()) for i, node in made_of.nodes.items()}).static_order()
    place = {node: at for at, node in enumerate(order)}
    return sorted(results, key=lambda result: place.get(result.unique_id, len(place)))


def _left(made_of: Ingredients, built: Iterable[str]) -> list[NodeResult]:
    """The nodes that stand as they were."""
    there = set(built)
    return [
        NodeResult(i, node["name"], node["resource_type"], STANDS, 0.0, 0, "", (), node["relation_name"].replace('"', ""))
        for i, node in made_of.nodes.items()
        if i not in there
    ]
