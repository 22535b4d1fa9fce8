"""Check sources: decisions on licences, agreements that end, and `merge` sources that appear to deliver full tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ingest.agreement_terms import WARN_DAYS, agreement_terms
from ingest.contract.registry import ContractError
from ingest.delivery import DeliveryStore
from ingest.landing import landing_journal
from ingest.readers import delivered_files
from orchestration.doctor.check_result import CheckResult, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.runs.city_choice import SAMPLE
from orchestration.runs.delivery_location import configured_deliveries, delivery_folder
from orchestration.runs.record import RunStore

# A feed of changes contains few of all records; a full release contains all but the withdrawn ones.
FULL_RELEASE_SHARE = 0.9


def agreements(installation: Installation) -> Iterator[CheckResult]:
    """Find sources whose agreement ends soon or has ended, by the clock of the home's deliveries."""
    contracts, settings, city = installation.contracts, installation.settings, installation.city
    if isinstance(contracts, ContractError) or city is None:
        return  # the checks `contracts` and `deliveries` report it
    last = RunStore(settings.home.runs).last_ended()
    now = max([city.local_as_of() or installation.now, *([dt.datetime.fromisoformat(last.as_of)] if last else [])])
    found = [agreement_terms(contract, now) for contract in contracts]
    warned = [terms for terms in found if terms.reason]
    for terms in warned:
        why = "the source is no longer read" if terms.has_ended else "after that day the source is no longer read"
        yield warning("agreements", terms.source, f"its agreement is valid until {terms.valid_until}", why, terms.reason)
    if not warned:
        dated = sum(terms.valid_until is not None for terms in found)
        yield ok("agreements", settings.home.root, f"{dated} agreements have an end, none within {WARN_DAYS} days")


def fetched_sources(installation: Installation) -> Iterator[CheckResult]:
    """Check sources of a folder that are fetched live: unread files, and a fixed clock."""
    settings = installation.settings
    folder = delivery_folder(settings)
    if isinstance(installation.contracts, ContractError) or configured_deliveries(settings) == SAMPLE or not folder:
        return
    city = installation.city
    live = [contract for contract in installation.contracts if contract.delivered_by == "live"]
    warned = False
    for contract in live:
        own = folder / contract.source
        if own.is_dir() and (files := delivered_files(own, contract.ignore_files)):
            warned = True
            what = f"it is fetched from its system, and {own} has {len(files)} files that no run reads"
            why = "their sender expects them to be published"
            remedy = "remove them, or write delivered_by: folder into the contract or city.yml"
            yield warning("fetched sources", contract.source, what, why, remedy)
    if live and city and city.as_of is not None:
        warned = True
        names = ", ".join(contract.source for contract in live)
        what = f"as_of is fixed at {city.as_of}, and {names} is fetched live"
        why = "runs evaluate the fetched rows as of that time, so that newer ones appear to be in the future"
        yield warning("fetched sources", folder / "city.yml", what, why, "remove as_of from city.yml")
    if not warned:
        yield ok("fetched sources", folder, f"{len(live)} sources are fetched live, the others are read from the folder")


def load_modes(installation: Installation) -> Iterator[CheckResult]:
    """Find sources with load mode `merge` whose newest delivery contains nearly all of their rows."""
    home, contracts = installation.settings.home, installation.contracts
    if isinstance(contracts, ContractError):
        return  # the check `contracts` reports it
    merged = [contract for contract in contracts if contract.load.mode == "merge"]
    warned = False
    for contract in merged:
        store = DeliveryStore(home.deliveries, contract.source)
        loads = landing_journal.read_journal(store) or ()
        rows = sum(load.rows_in_landing for load in loads)
        newest = loads[-1].rows_in_landing if loads else 0
        if not loads or loads[-1].adds or not FULL_RELEASE_SHARE * rows <= newest < rows:
            continue
        warned = True
        yield warning(
            "load modes",
            contract.source,
            f"load mode merge, and the newest delivery contains {newest:,} of {rows:,} rows; the other {rows - newest:,} stay",
            "if the publisher releases the full table, it has withdrawn these rows, and merge keeps them for ever",
            f"ask {contract.steward.team} ({contract.steward.contact}): a full table needs load mode replace_partition or "
            "replace, a feed of changes keeps merge; docs/add-a-source.md lists the load modes",
        )
    if not warned:
        yield ok("load modes", home.deliveries, f"{len(merged)} sources merge changes, and none appears to deliver full tables")


def licences(installation: Installation) -> Iterator[CheckResult]:
    """List the sources whose figures the public file leaves out until the city decides to republish them."""
    contracts = installation.contracts
    if isinstance(contracts, ContractError):
        return  # the check `contracts` reports it
    waiting = [contract for contract in contracts if contract.agreement.republication == "undecided"]
    for contract in waiting:
        licence = contract.agreement.licence
        yield warning(
            "licences",
            contract.source,
            f"the licence is {licence.id}, see {licence.evidence}" if licence else "the contract has republish: undecided",
            "the public file has no figure of this source until the city decides",
            f"read the licence, then write {contract.source}: {{agreement: {{republish: allowed}}}} or refused into city.yml",
        )
    if not waiting:
        refused = sum(contract.agreement.republication == "refused" for contract in contracts)
        yield ok("licences", "the contracts", f"no source waits for a decision to republish; {refused} are refused")
