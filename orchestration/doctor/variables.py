"""Check the environment: variables that nothing reads, contracts, missing secrets, unusable alert channels.

Results contain names only, since a value may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from ingest.contract import Contract
from ingest.contract.registry import ContractError
from orchestration.alerts import unusable_channels
from orchestration.cities import check_runnable, read_homes
from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.runs.city_choice import LIVE
from orchestration.runs.delivery_location import configured_deliveries
from orchestration.runs.hash_key import SHORTEST_KEY, is_weak
from orchestration.settings import ConfigurationError, variable_names

PREFIX = "LEVELGROUND_"
HASH_KEY = f"{PREFIX}HASH_KEY"


def unread_variables(installation: Installation) -> Iterator[CheckResult]:
    """Find variables with the prefix of settings that nothing reads."""
    read = {*variable_names(), *_secret_variables(_contracts(installation))}
    unknown = sorted(name for name in installation.environment if name.startswith(PREFIX) and name not in read)
    for name in unknown:
        close = difflib.get_close_matches(name, sorted(read), 1)
        remedy = f"{f'is {close[0]} meant? ' if close else ''}rename or unset it; README.md lists the settings"
        yield warning("variables", name, "nothing reads this variable", "it has no effect", remedy)
    if not unknown:
        count = sum(name.startswith(PREFIX) for name in installation.environment)
        yield ok("variables", "the environment", f"{count} {PREFIX}… variables are set, all are read")


def contracts(installation: Installation) -> Iterator[CheckResult]:
    """Check that every contract can be used."""
    found = installation.contracts
    if isinstance(found, ContractError):
        for problem in found.problems:
            where, what = f"{problem.file}:{problem.line}", f"{problem.field}: {problem.message}"
            yield error("contracts", where, what, "no run starts with it", "change the contract as the message describes")
    else:
        yield ok("contracts", installation.settings.further_sources or "ingest/sources", f"{len(found)} contracts can be used")


def secrets(installation: Installation) -> Iterator[CheckResult]:
    """Find variables that contracts name for secrets and that are not set; only names are reported."""
    contracts = _contracts(installation)
    hashing = [contract.source for contract in contracts if contract.hash_key_needed]
    key = installation.settings.hash_key
    if hashing and key is None:
        why = f"{', '.join(hashing)} keeps identifiers as keyed hashes; no run starts without the key"
        yield error("secrets", HASH_KEY, "is not set", why, "set it to a long random text, keep it safe, and never change it")
    elif key is not None and is_weak(key):
        why = "an attacker who has the hashes could find the key by trying, and then the identifiers"
        why = f"{why}; no run of {', '.join(hashing)} starts with it" if hashing else why
        remedy = "choose 32 random characters or more, and fill a new home: earlier hashes would not match the new ones"
        report = error if hashing else warning
        yield report("secrets", HASH_KEY, f"is shorter than {SHORTEST_KEY} characters, or repeats a few", why, remedy)
    is_live = _reads(installation) == LIVE
    fetched = {contract.source for contract in _contracts(installation) if is_live or contract.delivered_by == "live"}
    missing = False
    for name, sources in _secret_variables(contracts).items():
        if not installation.environment.get(name):
            missing = True
            if fetched.intersection(sources):
                why = f"{', '.join(sources)} cannot be fetched without it, and is held back"
                yield error("secrets", name, "is not set", why, "set it in the environment of the run, the daemon and the UI")
            else:
                yield ok("secrets", name, f"is not set; {', '.join(sources)} needs it once the home reads live systems")
    if not missing and not (hashing and key is None):
        yield ok("secrets", "the environment", "every secret that contracts name is set")


def cities(installation: Installation) -> Iterator[CheckResult]:
    """Check the file of LEVELGROUND_CITIES, and that the variables that it names for hash keys are set."""
    file = installation.settings.cities
    if file is None:
        return
    try:
        homes = read_homes(file)
        check_runnable(homes)
    except (ConfigurationError, ContractError) as refused:
        yield error("cities", file, str(refused), "no city of the file runs", "change the file as the message describes")
        return
    named = sorted({city.hash_key_env for city in homes if city.hash_key_env} - installation.environment.keys())
    for name in named:
        remedy = "set it in the environment of every machine that runs cities"
        yield error("cities", name, "is not set", "the file names it as the hash key of a city", remedy)
    if not named:
        yield ok("cities", file, f"{len(homes)} cities can be run")


def alerts(installation: Installation) -> Iterator[CheckResult]:
    """Find channels in LEVELGROUND_ALERTS whose address cannot be used; nothing is sent."""
    settings = installation.settings
    for name in unusable_channels(settings):
        why = "this channel gets no alert when a run fails"
        remedy = "write an address that apprise supports; `levelground alerts test` then tests it"
        yield error("alerts", f"channel {name}", "apprise does not support its address", why, remedy)
    if not settings.alerts:
        why = f"a blocked release or a failed run is recorded only in {settings.home.logs / 'alerts.log'}"
        yield warning(
            "alerts",
            "LEVELGROUND_ALERTS",
            "is not set",
            why,
            "set it to the addresses of the team's channels, as apprise writes them",
        )
    elif not unusable_channels(settings):
        yield ok("alerts", "LEVELGROUND_ALERTS", f"{len(settings.alerts)} channels have usable addresses")


def _contracts(installation: Installation) -> list[Contract]:
    found = installation.contracts
    return [] if isinstance(found, ContractError) else list(found)  # the check `contracts` reports the error


def _secret_variables(contracts: Iterable[Contract]) -> dict[str, list[str]]:
    """Return the variables that contracts name for secrets, with their sources."""
    found: dict[str, list[str]] = {}
    for contract in contracts:
        name = getattr(contract.connector, "credentials_env", None)
        if name:
            found.setdefault(name, []).append(contract.source)
    return dict(sorted(found.items()))


def _reads(installation: Installation) -> str | None:
    try:
        return configured_deliveries(installation.settings)
    except ConfigurationError:
        return None
