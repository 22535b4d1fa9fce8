"""Refuse a first release without facts: no delivery of a source that reaches one was ingested.

A wrong path, misspelled folders, or maps alone would otherwise publish files whose facts are all empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.contract import Contract
from ingest.landing import newest_load
from ingest.layers import Layer, seed_rows
from orchestration.runs.context import RunContext
from orchestration.runs.delivery_location import DeliveryLocation
from orchestration.runs.record import BLOCKED, HELD_BACK, RunRecord
from orchestration.settings import SHARED_SEEDS
from orchestration.transform.dbt_sources import has_model
from warehouse.releases import current

_NAMES = 5  # names in a message


def nothing_delivered(run: RunContext) -> bool:
    """Whether a first release would be empty; if so, the run ends as blocked, with a hint."""
    if current(run.settings.home) is not None:
        return False
    layers = run.location.city.layers
    if any(_reaches_a_fact(contract, layers) and newest_load(run.con, contract.source) for contract in run.location.registry):
        return False
    if not any(newest_load(run.con, contract.source) for contract in run.location.registry):
        run.settings.home.home_json.unlink(missing_ok=True)  # a mistyped folder is not what the home reads from now on
    run.end(BLOCKED, explain_nothing_delivered(run.record, run.location))
    return True


def explain_nothing_delivered(record: RunRecord, location: DeliveryLocation) -> str:
    """Return why nothing was delivered, and what to do."""
    held_back = [status for status in record.sources.values() if status.verdict == HELD_BACK]
    if held_back:
        reasons = "; ".join(status.reason or status.source for status in held_back[:_NAMES])
        return f"no delivery could be used, so there is nothing to publish: {_shortened(reasons, len(held_back))}"
    if location.folder is None:
        return "no live system delivered anything, so there is nothing to publish; `levelground doctor` checks the connections"
    found = "has no folder of a source that reaches a fact"
    if record.unknown_folders:
        names = _shortened(", ".join(record.unknown_folders[:_NAMES]), len(record.unknown_folders))
        found = f"has only folders without a contract ({names})"
    return (
        f"{location.folder} {found}, so there is nothing to publish; name each folder after its source, such as "
        "ucc__service_requests: `levelground sources list` lists all, `levelground sources new` drafts a contract"
    )


def _reaches_a_fact(contract: Contract, layers: Sequence[Layer]) -> bool:
    # Maps and the address index assign places to records. Read as a file: dbt may not have loaded the seed yet.
    reference = {row["source"] for row in seed_rows("reference_sources", SHARED_SEEDS, layers)}
    return has_model(contract, layers) and contract.source not in reference


def _shortened(text: str, number: int) -> str:
    return f"{text}, and {number - _NAMES} more" if number > _NAMES else text
