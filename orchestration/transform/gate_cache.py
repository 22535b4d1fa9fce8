"""Cache the results of the gates on marts.

A gate does not check a table again if its rows, and everything else that its suite reads, have not changed. The working
warehouse holds the cache. See `expectations.marts.gate` for the gate, `transform.build_plan` for fingerprints.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from expectations.marts.suites import Suite
from expectations.results import GateResult
from orchestration.runs.context import RunContext
from warehouse.fingerprint import text_sha256

MARTS = "marts"


def valid_results(run: RunContext, suites: Iterable[Suite]) -> dict[str, GateResult]:
    """The cached results that are still valid, by subject."""
    bases = _bases(run, suites)
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


def _bases(run: RunContext, suites: Iterable[Suite]) -> dict[str, str]:
    """By subject, a hash of the states of the suite's table and of all that it reads; none if one of them is unknown."""
    states = {node.rpartition(".")[2]: fingerprint.state for node, fingerprint in run.fingerprints.items()}
    bases = {}
    for suite in suites:
        read = sorted({suite.table, *suite.reads})
        if all(table in states for table in read):
            text = "\x00".join(states[table] for table in read)
            bases[f"{MARTS}.{suite.table}"] = text_sha256(text)
    return bases
