"""Names, codes and streets of Sampleton. No real place or person is meant; the codes are unassigned.

Add here what more than one department's delivery mentions. The module of a source has the form in which its department writes it.
"""

from __future__ import annotations

from datetime import datetime

from ingest.city import SAMPLE_CITY

CITY = SAMPLE_CITY
TITLE = "Sampleton (a synthetic city)"
PLACE_GEOID = "9900001"  # state 99 is no state
COUNTY_GEOID = "99001"
TIME_ZONE = "America/Chicago"
AS_OF = datetime(2026, 1, 1)
STATE = "ZZ"  # no postal abbreviation

NAMES = (
    "SAMPLE", "EXAMPLE", "SPECIMEN", "PLACEHOLDER", "MODEL", "PROTOTYPE", "TEMPLATE", "FIXTURE", "DUMMY", "SYNTHETIC", "FICTION",
    "INVENTION", "IMAGINARY", "PRETEND", "MOCKUP", "PATTERN", "SKETCH", "DRAFT", "OUTLINE", "REPLICA",
)  # fmt: skip

FIRST_NAMES = ("Alex", "Pat", "Sam", "Robin", "Chris", "Jo", "Kim", "Lee")  # always with a surname from NAMES: Pat Example


def _ordinal(number: int) -> str:
    ending = "TH" if 10 <= number % 100 <= 20 else {1: "ST", 2: "ND", 3: "RD"}.get(number % 10, "TH")
    return f"{number}{ending}"


def _streets() -> tuple[str, ...]:
    numbered = [f"{side} {_ordinal(number)} ST" for side in ("N", "S") for number in range(1, 81)]
    named = [f"{side} {name} {kind}" for name in NAMES for side, kind in (("W", "AV"), ("E", "BL"), ("N", "DR"), ("S", "CT"))]
    return tuple(numbered + named)


STREETS = _streets()

NEIGHBORHOODS = tuple(f"{name.title()} {kind}" for kind in ("Heights", "Park", "Hill - East") for name in NAMES)


def person(at: int) -> str:
    """The name of an invented person: Pat Example."""
    return f"{FIRST_NAMES[at % len(FIRST_NAMES)]} {NAMES[at % len(NAMES)].title()}"


def phone(number: int) -> str:
    """A telephone number of the range kept for fiction, under an area code that does not exist."""
    return f"999-555-{100 + number % 100:04d}"
