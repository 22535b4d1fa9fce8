"""Reported race in every form, and the SQL that dbt makes of the conforming macros, for tests of race."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import jinja2

from orchestration.settings import DBT_PROJECT

LABELS = {
    "aian": "American Indian or Alaska Native",
    "asian": "Asian",
    "black": "Black or African American",
    "hispanic": "Hispanic or Latino",
    "mena": "Middle Eastern or North African",
    "nhpi": "Native Hawaiian or Pacific Islander",
    "white": "White",
}
COLUMNS = {
    "aian": "AmIndAKNative",
    "asian": "Asian",
    "black": "BlackAfAmerican",
    "hispanic": "HispanicLatinaeo",
    "mena": "MidEastNAfrican",
    "nhpi": "NativeHIPacific",
    "white": "White",
}
SELECTIONS = [frozenset(chosen) for size in range(1, 8) for chosen in combinations(sorted(LABELS), size)]


class Race(NamedTuple):
    """The reported race of a record."""

    selection: tuple[str, ...] | None
    code: str
    code_1997: str


Conform = Callable[..., list[Race]]


@cache
def _environment() -> jinja2.Environment:
    """All macros, compiled once, with every ref a table of that name."""
    files = [path for folder in ("conform", "measures") for path in sorted((DBT_PROJECT / "macros" / folder).glob("*.sql"))]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])  # as dbt does
    environment.globals.update(
        {"ref": lambda name: name, "source": lambda _, name: name, "config": lambda **_: "", "return": lambda value: value}
    )
    macros = environment.from_string("\n".join(path.read_text(encoding="utf-8") for path in files)).module
    environment.globals.update({name: value for name, value in vars(macros).items() if not name.startswith("_")})
    return environment


def render(text: str, **names: Any) -> str:
    """The SQL that dbt makes of the text."""
    return _environment().from_string(text).render(**names).strip()


def expected(selection: frozenset[str]) -> Race:
    chosen = tuple(sorted(selection))
    old = {"white" if category == "mena" else category for category in selection}
    code_1997 = "hispanic" if "hispanic" in old else "multiracial" if len(old) > 1 else old.pop()
    return Race(chosen, "multiracial" if len(chosen) > 1 else chosen[0], code_1997)
