"""Plan the removal of records or of a source as a person asks for it, and check what the home needs for it.

See `ingest.erasure` for the removal itself and `orchestration.cli.sources.erase` for the commands.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.contract import Contract
from ingest.contract.registry import Registry
from ingest.delivery import DeliveryStore
from ingest.delivery.removals import JOINED, read_removals, record_hash, sources_with_removals
from ingest.erasure import Selection, by_conditions, by_keys
from orchestration.runs.hash_key import NEW_KEY, check_erased, is_weak
from orchestration.settings import ConfigurationError, Settings
from warehouse.paths import Home

_PERSON = "person"


def parse_keys(contract: Contract, values: Sequence[str]) -> list[tuple[str, ...]]:
    """The given values as keys of the contract's key columns, in their order; several records follow each other."""
    columns = contract.load.key
    if not columns:
        raise ConfigurationError(
            f"{contract.source} has no key (load.key of its contract), so no value names one record; "
            "select its rows by their columns: --where COLUMN=VALUE, once per column"
        )
    if not values or len(values) % len(columns):
        raise ConfigurationError(
            f"the key of {contract.source} is {', '.join(columns)}: give {len(columns)} values per record in this order, "
            f"like --key {' '.join(name.upper() for name in columns)}; found {len(values)}"
        )
    return [tuple(values[at : at + len(columns)]) for at in range(0, len(values), len(columns))]


def parse_conditions(contract: Contract, texts: Sequence[str]) -> list[tuple[str, str]]:
    """`column=value` texts as columns that the contract keeps, and their values."""
    names = [column.name for column in contract.kept_columns]
    found = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in names:
            raise ConfigurationError(
                f"--where takes COLUMN=VALUE with a column of {contract.source}, one of {', '.join(names)}; {name!r} is none"
            )
        found.append((name, value))
    return found


def same_key_sources(registry: Registry, contract: Contract) -> list[Contract]:
    """The other sources of the department that have a record per person under the same key, such as the answer to an input."""
    return [
        other
        for other in registry
        if other.source != contract.source
        and other.department == contract.department
        and other.load.key == contract.load.key
        and {other.statistical_unit, contract.statistical_unit} == {_PERSON}
    ]


def find_records(
    settings: Settings, registry: Registry, contract: Contract, keys: Sequence[str], conditions: Sequence[str], city_zone: str
) -> list[Selection]:
    """The rows of the records, of the source first; none if all were erased before.

    `ConfigurationError` if a record is in no kept delivery.
    """
    home, hash_key = settings.home, required_hash_key(settings)
    if conditions:
        found = by_conditions(contract, _store(home, contract), parse_conditions(contract, conditions), city_zone)
        if not found.rows:
            raise ConfigurationError(f"no kept delivery of {contract.source} has a row with these values; nothing was removed")
        return [found]
    parsed = parse_keys(contract, keys)
    found, missing = by_keys(contract, _store(home, contract), parsed, city_zone, hash_key)
    removals = read_removals(home.deliveries / contract.source)
    erased_before = {hashed for keys in removals.erased for hashed in keys.hashes}
    columns = contract.load.key or ()
    joined = {key: JOINED.join(value.strip() for value in key) for key in missing}
    unknown = [key for key in missing if record_hash(hash_key, contract.first_name, columns, joined[key]) not in erased_before]
    if unknown:
        raise ConfigurationError(
            f"no kept delivery of {contract.source} has {len(unknown)} of the {len(parsed)} records; check the values of "
            f"{', '.join(columns)}. Nothing was removed"
        )
    if not found.rows:
        return []
    linked = [
        by_keys(other, _store(home, other), parsed, city_zone, hash_key)[0] for other in same_key_sources(registry, contract)
    ]
    return [found, *(other for other in linked if other.rows)]


def required_hash_key(settings: Settings) -> bytes:
    """The key of the hashes by which later deliveries lack erased records; `ConfigurationError` if it is unset or another."""
    check_erased(settings.hash_key, sources_with_removals(settings.home.deliveries))
    if settings.hash_key is None:
        raise ConfigurationError(
            "LEVELGROUND_HASH_KEY is not set, but an erased record is recognised in later deliveries by a keyed hash of its key; "
            "set it to a long random text and keep it safe: every later run needs it"
        )
    if is_weak(settings.hash_key):
        raise ConfigurationError(f"LEVELGROUND_HASH_KEY can be found by trying; set a long random text; {NEW_KEY}")
    return settings.hash_key


def _store(home: Home, contract: Contract) -> DeliveryStore:
    return DeliveryStore(home.deliveries, contract.source)
