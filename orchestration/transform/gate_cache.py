"""Cache the results of the gates on marts.

A gate does not check a table again if its rows, and everything else that its suite reads, have not changed. The working
warehouse holds the cache. See `expectations.marts.marts_gate` for the gate, `transform.fingerprints` for the state of a table.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence

from expectations.marts.suites import Suite
from expectations.results import GateResult
from orchestration.runs.context import RunContext
from orchestration.transform.release_inputs import code_hashes, seed_hashes
from warehouse.fingerprint import text_sha256
from warehouse.releases import columns_hash
from warehouse.sql import columns_of, identifier

MARTS = "marts"
# the seeds of `{rule:…}` and `{district}`, which rules read without naming them
UNNAMED_SEEDS = ("measure_rules", "place_types", "geography_vintages")


def valid_results(run: RunContext, suites: Iterable[Suite]) -> dict[str, GateResult]:
    """The cached results that are still valid, by subject; of tables of a blank home, those that it has."""
    bases = _bases(run, suites, run.blank_states)
    found = run.con.execute("select subject, basis, result from intake.gate_results").fetchall()
    return {subject: GateResult.from_dict(json.loads(result)) for subject, basis, result in found if bases.get(subject) == basis}


def save_results(run: RunContext, suites: Iterable[Suite], results: Sequence[GateResult]) -> None:
    """Cache the results that passed; a table that failed is checked again by the next run."""
    bases = _bases(run, suites)
    rows = [
        (result.subject, bases[result.subject], json.dumps(result.to_dict()))
        for result in results
        if result.passed and result.subject in bases
    ]
    run.con.execute("delete from intake.gate_results")
    if rows:
        run.con.executemany("insert into intake.gate_results values (?, ?, ?)", rows)


def _bases(run: RunContext, suites: Iterable[Suite], states: Mapping[str, str] | None = None) -> dict[str, str]:
    """By subject, a hash of the state of the suite's table and of what the suite reads elsewhere; none if one is unknown.

    Of another table, the columns in the suite's rules count, with their content: a table of sources changes with every delivery,
    but hardly ever the names of the sources. `states`: in place of those of this run, by dbt's id.
    """
    of_nodes = {node: fingerprint.state for node, fingerprint in run.fingerprints.items()} | dict(states or {})
    states = {node.rpartition(".")[2]: state for node, state in of_nodes.items()}
    columns = {table: tuple(own) for (schema, table), own in columns_of(run.con, "release").items() if schema == MARTS}
    checks = code_hashes()["expectations"]  # the suites among them
    seeds = seed_hashes(run.location.city.layers)
    read = functools.cache(lambda table, names: columns_hash(run.con, f"release.{MARTS}.{identifier(table)}", names))
    bases = {}
    for suite in suites:
        if suite.table in states and suite.reads <= columns.keys():
            others = [read(table, suite.columns_read(table, columns[table])) for table in sorted(suite.reads)]
            text = suite.model_dump_json()
            others += [hashed for name, hashed in seeds.items() if name in UNNAMED_SEEDS or name in text]
            bases[f"{MARTS}.{suite.table}"] = text_sha256("\x00".join([checks, states[suite.table], *others]))
    return bases
