"""What the environment says: variables nobody reads, contracts, secrets that are missing, alert channels that cannot be.

Here: names, never values: a value may be a secret. Not here: reading settings (`orchestration.settings`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from ingest.contract import Contract
from ingest.contract.registry import ContractError
from orchestration.alerts import unusable_channels
from orchestration.doctor.findings import Finding, Installation, ok, warning, wrong
from orchestration.runs.delivery_location import LIVE, reads
from orchestration.settings import ConfigurationError, variables

PREFIX = "LEVELGROUND_"
HASH_KEY = f"{PREFIX}HASH_KEY"
SHORTEST_KEY = 16  # bytes; shorter ones can be tried out


def known(installation: Installation) -> Iterator[Finding]:
    """Variables that look like settings and that nothing reads."""
    read = {*variables(), *_named(_contracts(installation))}
    unknown = sorted(name for name in installation.environment if name.startswith(PREFIX) and name not in read)
    for name in unknown:
        close = difflib.get_close_matches(name, sorted(read), 1)
        remedy = f"{f'is {close[0]} meant? ' if close else ''}rename or unset it; README.md lists the settings"
        yield warning("variables", name, "nothing reads this variable", "what it was set for does not happen", remedy)
    if not unknown:
        count = sum(name.startswith(PREFIX) for name in installation.environment)
        yield ok("variables", "the environment", f"{count} {PREFIX}… variables are set, all are read")


def contracts(installation: Installation) -> Iterator[Finding]:
    """Whether all contracts can be used."""
    found = installation.contracts
    if isinstance(found, ContractError):
        for problem in found.problems:
            where, what = f"{problem.file}:{problem.line}", f"{problem.field}: {problem.message}"
            yield wrong("contracts", where, what, "no run starts with it", "change the contract as it says")
    else:
        yield ok("contracts", installation.settings.further_sources or "ingest/sources", f"{len(found)} contracts can be used")


def secrets(installation: Installation) -> Iterator[Finding]:
    """Variables that contracts name for secrets and that are not set; names only."""
    contracts = _contracts(installation)
    hashing = [contract.source for contract in contracts if contract.hash_key_needed]
    key = installation.settings.hash_key
    if hashing and key is None:
        why = f"{', '.join(hashing)} keeps identifiers as keyed hashes; no run starts without the key"
        yield wrong("secrets", HASH_KEY, "is not set", why, "set it to a long random text, keep it safe, and never change it")
    elif key is not None and len(key) < SHORTEST_KEY:
        why = "whoever has the hashes could find the key, and then the identifiers, by trying"
        remedy = "choose 32 random characters or more; hashes of earlier deliveries will not match the new ones"
        yield warning("secrets", HASH_KEY, f"is shorter than {SHORTEST_KEY} characters", why, remedy)
    is_live = _reads(installation) == LIVE
    missing = False
    for name, sources in _named(contracts).items():
        if not installation.environment.get(name):
            missing = True
            if is_live:
                why = f"{', '.join(sources)} cannot be fetched without it, and is held back"
                yield wrong("secrets", name, "is not set", why, "set it in the environment of the run, the daemon and the UI")
            else:
                yield ok("secrets", name, f"is not set; {', '.join(sources)} needs it once the home reads live systems")
    if not missing and not (hashing and key is None):
        yield ok("secrets", "the environment", "every secret that contracts name is set")


def alerts(installation: Installation) -> Iterator[Finding]:
    """Channels of LEVELGROUND_ALERTS that can never take a message; nothing is sent."""
    settings = installation.settings
    for name in unusable_channels(settings):
        why = "nobody is told when a run fails"
        remedy = "write the address as apprise takes it; `levelground alerts test` then tries it"
        yield wrong("alerts", f"channel {name}", "its address is none that apprise knows", why, remedy)
    if not settings.alerts:
        why = f"a blocked release or a failed run is only told in {settings.home.logs / 'alerts.log'}"
        yield warning("alerts", "LEVELGROUND_ALERTS", "is not set", why, "set it to where the team reads, as apprise's addresses")
    elif not unusable_channels(settings):
        yield ok("alerts", "LEVELGROUND_ALERTS", f"{len(settings.alerts)} channels have usable addresses")


def _contracts(installation: Installation) -> list[Contract]:
    found = installation.contracts
    return [] if isinstance(found, ContractError) else list(found)  # the check of contracts says what is wrong with them


def _named(contracts: Iterable[Contract]) -> dict[str, list[str]]:
    """The variables that contracts name for secrets, and for which sources."""
    found: dict[str, list[str]] = {}
    for contract in contracts:
        name = getattr(contract.connector, "credentials_env", None)
        if name:
            found.setdefault(name, []).append(contract.source)
    return dict(sorted(found.items()))


def _reads(installation: Installation) -> str | None:
    try:
        return reads(installation.settings)
    except ConfigurationError:
        return None
