"""The planted mechanisms, one module per source; a new module is found automatically.

A module names its MEASURES and has `plant(rng, seeds, switches) -> World`: the facts of all seeds together, and the values
from which they were drawn. TIMES multiplies the seeds of a module with few facts. See `evaluation` for the comparison.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

import tests.support.truth.worlds

# Measures without a world, with the reason. tests/support/truth/counted plants their counts after the counts model.
_NEWEST = "shows the newest window alone, because amounts are in the dollars of their window: one seed is no average"
_IN_FILES = "counted and computed again from the files by pandas and scipy (tests/e2e/test_real_deaths.py)"
UNPLANTED: dict[str, str] = {
    "median_household_income": _NEWEST, "median_household_income_county": _NEWEST, "homicide_deaths_yearly": _IN_FILES,
    "drug_deaths_yearly": _IN_FILES,
}  # fmt: skip


def worlds() -> dict[str, ModuleType]:
    """Every module of this folder by its name."""
    names = sorted(found.name for found in pkgutil.iter_modules(tests.support.truth.worlds.__path__))
    return {name: import_module(f"tests.support.truth.worlds.{name}") for name in names}
