"""The planted mechanisms, one module a source; a new module is taken up by itself.

A module names its MEASURES and has `plant(rng, seeds, switches) -> World`: facts of so many seeds side by side, and the values
that they were drawn from. TIMES of a module whose facts are few: so many times the seeds. What the measures' SQL makes of them is
judged by `judge`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

import tests.support.truth.worlds

# Measures of which no world plants facts, and why. Of counts, tests/support/truth/counted plants those behind their counted
# model.
UNPLANTED: dict[str, str] = {}


def worlds() -> dict[str, ModuleType]:
    """Every module of this folder by its name."""
    names = sorted(found.name for found in pkgutil.iter_modules(tests.support.truth.worlds.__path__))
    return {name: import_module(f"tests.support.truth.worlds.{name}") for name in names}
