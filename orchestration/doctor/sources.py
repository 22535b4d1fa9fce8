"""Whether a source that is loaded by `merge` looks like a table that its publisher releases whole."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.contract.registry import ContractError
from ingest.delivery.write_batch import DeliveryStore
from ingest.landing import landing_journal
from orchestration.doctor.findings import Finding, Installation, ok, warning

# A feed of changes holds few of all records; a release holds all but the withdrawn ones.
LOOKS_WHOLE = 0.9


def load_modes(installation: Installation) -> Iterator[Finding]:
    """Ask of each source that merges nearly all of its records again whether they are all that it has."""
    home, contracts = installation.settings.home, installation.contracts
    if isinstance(contracts, ContractError):
        return  # the check of contracts says so
    merged = [contract for contract in contracts if contract.load.mode == "merge"]
    asked = False
    for contract in merged:
        store = DeliveryStore(home.deliveries, contract.source)
        loads = landing_journal.read(store)
        rows = sum(load.rows_in_landing for load in loads)
        newest = loads[-1].rows_in_landing if loads else 0
        if not loads or loads[-1].adds or not LOOKS_WHOLE * rows <= newest < rows:
            continue
        asked = True
        yield warning(
            "load modes",
            contract.source,
            f"load mode merge, and the newest delivery holds {newest:,} of {rows:,} rows; the other {rows - newest:,} stay",
            "if the publisher releases the table whole, these rows are withdrawn, and merge keeps them for ever",
            f"ask {contract.steward.team} ({contract.steward.contact}): a table that is released whole needs load mode "
            "replace_partition or replace, a feed of changes keeps merge; docs/add-a-source.md has the load modes",
        )
    if not asked:
        yield ok("load modes", home.deliveries, f"{len(merged)} sources merge changes, and none looks released whole")
