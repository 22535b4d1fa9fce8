"""Check the keys that a run needs before it uses them: that of hashed identifiers, and those of encrypted files.

The key of hashes is set, hard to guess, and the key that the home was filled with.

A fingerprint of the key is in `home.json`, never the key. See `ingest.delivery.reading` for where identifiers are
hashed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.city import City
from ingest.contract import FIGURES
from ingest.delivery.removals import SourceRemovals
from orchestration.settings import ConfigurationError
from warehouse.audiences.keys import is_key_set
from warehouse.connection import check_extension

NAME = "LEVELGROUND_HASH_KEY"
SHORTEST_KEY = 16  # bytes; shorter keys can be found by trying
FEWEST_DIFFERENT = 8  # different bytes; `aaaaaaaaaaaaaaaa` is long and can be found by trying
NEW_KEY = "`python3 -c 'import secrets; print(secrets.token_urlsafe(32))'` prints one"


def is_weak(key: bytes) -> bool:
    """Whether an attacker who has the hashes could find the key by trying."""
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_DIFFERENT


def checked_fingerprint(key: bytes | None, recorded: str | None, hashed: Sequence[str], deliveries: Path) -> str | None:
    """The fingerprint to record for the key; None if no source needs it.

    recorded: the fingerprint in home.json
    hashed: the sources that keep identifiers as keyed hashes

    `ConfigurationError` if the key is unset or weak, or if kept deliveries contain hashes of another key.
    """
    if not hashed:
        return recorded
    names = ", ".join(hashed)
    if key is None:
        raise ConfigurationError(
            f"{NAME} is not set, but {names} stores identifiers as keyed hashes; "
            f"set it to a long random text and keep it safe; {NEW_KEY}"
        )
    if is_weak(key):
        raise ConfigurationError(
            f"{NAME} can be found by trying: it has fewer than {SHORTEST_KEY} bytes, or fewer than {FEWEST_DIFFERENT} different "
            f"ones. {names} stores identifiers as hashes with it. Set a long random text; {NEW_KEY}. A home that holds hashes of "
            "the weak key keeps them: fill a new one (LEVELGROUND_HOME)"
        )
    fingerprint = hmac.digest(key, b"fingerprint of the levelground hash key", "sha256").hex()[:32]
    if recorded not in (None, fingerprint) and any(any((deliveries / source).glob("*")) for source in hashed):
        raise ConfigurationError(
            f"{NAME} is not the key that this home was filled with: {names} would hash the same identifier to another value, and "
            "records would no longer match. Set the earlier key. If it is lost, or must be replaced, fill a new home with the "
            "new key (LEVELGROUND_HOME), and delete this one"
        )
    return fingerprint


def check_keys(city: City) -> None:
    """`ConfigurationError` if city.yml encrypts the file of an audience, and its key is not set or DuckDB cannot encrypt."""
    named = {name: city.audience(name).key_env for name in (FIGURES, *city.all_audiences)}
    encrypted = {name: variable for name, variable in named.items() if variable}
    for name, variable in encrypted.items():
        if not is_key_set(variable):
            raise ConfigurationError(
                f"{variable} is not set, or has fewer than {SHORTEST_KEY} characters, but city.yml encrypts the file of {name} "
                f"with it; set it to a long random text and keep it safe; {NEW_KEY}"
            )
    if encrypted:
        try:
            check_extension("httpfs")
        except ModuleNotFoundError:
            raise ConfigurationError(
                f"city.yml encrypts the file of {', '.join(encrypted)}, and DuckDB does so with its extension httpfs; install "
                "levelground[encryption], or leave key_env out"
            ) from None


def check_erased(key: bytes | None, removals: Mapping[str, SourceRemovals]) -> None:
    """`ConfigurationError` if records were erased and the key of their hashes is not set, or is another one."""
    for source, found in removals.items():
        if found.records and (key is None or not found.fits(key)):
            problem = "is not set, but" if key is None else "is not the one with which"
            raise ConfigurationError(
                f"{NAME} {problem} records of {source} were erased, so that later deliveries bring them back; set it to the text "
                "with which they were erased"
            )
