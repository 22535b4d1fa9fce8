"""Check the environment and what it names: unread variables, contracts and their licences, secrets, cities, alert channels.

Results contain names only, since a value may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import suppress

from ingest.contract import FIGURES, TEAM, Contract
from ingest.contract.registry import ContractError
from orchestration.alerts import unusable_channels
from orchestration.cities import check_runnable, read_homes
from orchestration.doctor.installation import CheckResult, Installation, error, ok, warning
from orchestration.runs.city_choice import LIVE
from orchestration.runs.delivery_location import configured_deliveries, home_city
from orchestration.runs.hash_key import SHORTEST_KEY, is_weak
from orchestration.settings import ConfigurationError, variable_names
from warehouse.audiences.access import file_of, why_unreadable
from warehouse.audiences.keys import is_key_set

PREFIX = "LEVELGROUND_"
HASH_KEY = f"{PREFIX}HASH_KEY"


def unread_variables(installation: Installation) -> Iterator[CheckResult]:
    """Find variables with the prefix of settings that nothing reads."""
    keys: set[str] = set()
    with suppress(ConfigurationError, ContractError):  # the check of deliveries names the problem
        city = home_city(installation.settings)
        keys = {city.audience(name).key_env or "" for name in (FIGURES, *city.all_audiences)}
    read = {*variable_names(), *_secret_variables(installation.contracts), *keys}
    for name in sorted(name for name in installation.environment if name.startswith(PREFIX) and name not in read):
        close = difflib.get_close_matches(name, sorted(read), 1)
        yield warning(name, "nothing reads this variable", "variables/close" if close else "", close="".join(close))


def contracts(installation: Installation) -> Iterator[CheckResult]:
    """Check that every contract can be used."""
    try:
        found = installation.contracts
    except ContractError as refused:
        for problem in refused.problems:
            yield error(f"{problem.file}:{problem.line}", f"{problem.field}: {problem.message}")
    else:
        yield ok(installation.settings.further_sources or "ingest/sources", f"{len(found)} contracts can be used")


def licences(installation: Installation) -> Iterator[CheckResult]:
    """List the sources whose figures the public file lacks until the city decides to republish them."""
    for contract in installation.contracts:
        licence = contract.agreement.licence
        if contract.agreement.republication == "undecided":
            what = f"the licence is {licence.id}, see {licence.evidence}" if licence else "the contract has republish: undecided"
            yield warning(contract.source, what)


def audiences(installation: Installation) -> Iterator[CheckResult]:
    """List contracts without an audience, audiences whose group cannot read their file, and keys that are not set."""
    home, city = installation.settings.home, home_city(installation.settings)
    for contract in installation.contracts:
        if contract.audience is None:
            who = "the data team alone reads its rows" if contract.readers == TEAM else "they go to everyone who reads figures"
            yield warning(contract.source, "its contract names no audience", "audiences/none", who=who)
    for name in (FIGURES, *city.all_audiences):
        variable = city.audience(name).key_env
        if variable and not is_key_set(variable):
            yield error(variable, "is not set, or too short", "audiences/key", name=name)
    for name in (TEAM, FIGURES, *city.all_audiences):
        group, path = city.audience(name).group, file_of(home, name)
        why_not = why_unreadable(path, group) if group and path.is_file() else None
        if why_not:
            yield warning(path, why_not)


def secrets(installation: Installation) -> Iterator[CheckResult]:
    """Find variables that contracts name for secrets and that are not set; only names are reported."""
    hashing = ", ".join(contract.source for contract in installation.contracts if contract.hash_key_needed)
    key = installation.settings.hash_key
    if hashing and key is None:
        yield error(HASH_KEY, "is not set", "secrets/hash key", sources=hashing)
    elif key is not None and is_weak(key):
        report, effect = (error, f"; no run of {hashing} starts with it") if hashing else (warning, "")
        yield report(HASH_KEY, f"is shorter than {SHORTEST_KEY} characters, or repeats a few", "secrets/weak", effect=effect)
    is_live = False
    with suppress(ConfigurationError):
        is_live = configured_deliveries(installation.settings) == LIVE
    fetched = {contract.source for contract in installation.contracts if is_live or contract.delivered_by == "live"}
    for name, sources in _secret_variables(installation.contracts).items():
        if fetched.intersection(sources) and not installation.environment.get(name):
            yield error(name, "is not set", "secrets/live", sources=", ".join(sources))


def cities(installation: Installation) -> Iterator[CheckResult]:
    """Check the file of LEVELGROUND_CITIES, and that the variables that it names for hash keys are set."""
    file = installation.settings.cities
    if file is None:
        yield ok(f"{PREFIX}CITIES", "is not set: this home has one city")
        return
    try:
        homes = read_homes(file)
        check_runnable(homes)
    except (ConfigurationError, ContractError) as refused:
        yield error(file, str(refused))
        return
    named = sorted({city.hash_key_env for city in homes if city.hash_key_env} - installation.environment.keys())
    for name in named:
        yield error(name, "is not set", "cities/hash key")
    if not named:
        yield ok(file, f"{len(homes)} cities can be run")


def alerts(installation: Installation) -> Iterator[CheckResult]:
    """Find channels in LEVELGROUND_ALERTS whose address cannot be used; nothing is sent."""
    settings = installation.settings
    for name in unusable_channels(settings):
        yield error(f"channel {name}", "apprise does not support its address")
    if not settings.alerts:
        yield warning(f"{PREFIX}ALERTS", "is not set", "alerts/no channel", log=settings.home.logs / "alerts.log")


def _secret_variables(contracts: Iterable[Contract]) -> dict[str, list[str]]:
    """Return the variables that contracts name for secrets, with their sources."""
    found: dict[str, list[str]] = {}
    for contract in contracts:
        name = getattr(contract.connector, "credentials_env", None)
        if name:
            found.setdefault(name, []).append(contract.source)
    return dict(sorted(found.items()))
