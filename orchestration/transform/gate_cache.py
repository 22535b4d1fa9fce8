"""The verdicts of the gate on marts that stand as they were judged: they hold, and the tables are not judged again.

Here: when a verdict holds, and where it is kept (the working warehouse). Not here: the gate (`expectations.gate`), what stands
(`standing`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from expectations.marts.suites import Suite
from expectations.results import GateResult
from orchestration.runs.context import RunSession
from warehouse.fingerprint import text_sha256

KEPT = "create table if not exists intake.verdicts (subject varchar, basis varchar, verdict varchar)"
MARTS = "marts"


def still_hold(session: RunSession, suites: Iterable[Suite]) -> dict[str, GateResult]:
    """The kept verdicts, by subject, on tables that are what they were when they were judged, like all that their suites read."""
    session.con.execute(KEPT)
    bases = _bases(session, suites)
    found = session.con.execute("select subject, basis, verdict from intake.verdicts").fetchall()
    return {subject: GateResult.from_dict(json.loads(said)) for subject, basis, said in found if bases.get(subject) == basis}


def keep(session: RunSession, suites: Iterable[Suite], verdicts: Sequence[GateResult]) -> None:
    """Keep the verdicts that a table has passed; one that it has not is sought again."""
    bases = _bases(session, suites)
    rows = [
        (verdict.subject, bases[verdict.subject], json.dumps(verdict.to_dict()))
        for verdict in verdicts
        if verdict.passed and verdict.subject in bases
    ]
    session.con.execute("delete from intake.verdicts")
    if rows:
        session.con.executemany("insert into intake.verdicts values (?, ?, ?)", rows)


def _bases(session: RunSession, suites: Iterable[Suite]) -> dict[str, str]:
    """By subject a hash over what the suite's table and all that it reads stand as; none where one of them is not known."""
    states = {node.rpartition(".")[2]: standing.state for node, standing in session.standing.items()}
    bases = {}
    for suite in suites:
        read = sorted({suite.table, *suite.reads})
        if all(table in states for table in read):
            said = "\x00".join(states[table] for table in read)
            bases[f"{MARTS}.{suite.table}"] = text_sha256(said)
    return bases
