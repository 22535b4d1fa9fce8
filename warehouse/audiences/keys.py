"""Find the keys of encrypted files in the environment. Files, messages and manifests contain only the names of the variables."""

from __future__ import annotations

import os

SHORTEST_KEY = 16


class NoKey(Exception):
    """The variable with the key of a file is not set, or too short to protect anything."""

    def __init__(self, variable: str, file: str, why: str = "is not set") -> None:
        super().__init__(
            f"{file} is encrypted, and its key {variable} {why}. Set it to the key of this audience, which the data team has"
        )
        self.variable = variable


def key_of(variable: str | None, file: str) -> str | None:
    """The key in a variable; None for a file without one. `NoKey` if the variable has none."""
    if variable is None:
        return None
    key = os.environ.get(variable, "")
    if not key:
        raise NoKey(variable, file)
    if len(key) < SHORTEST_KEY:
        raise NoKey(variable, file, f"has fewer than {SHORTEST_KEY} characters")
    return key


def is_key_set(variable: str | None) -> bool:
    """Whether a file with this variable can be opened or written here."""
    return variable is None or len(os.environ.get(variable, "")) >= SHORTEST_KEY
