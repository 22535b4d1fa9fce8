"""The profile of a city, names and streets. No real person is meant, and no real place but by the name and codes of its profile.

Add here what more than one department's delivery mentions. The module of a source has the form in which its department writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from ingest.city import SAMPLE_CITY

AS_OF = datetime(2026, 1, 1)
GROUPS = ("hisp", "white", "black", "aian", "asian", "nhpi", "other", "two")


@dataclass(frozen=True)
class Profile:
    """What the deliveries of a city take from it; `shares` is the composition of its residents, in the order of GROUPS."""

    key: str
    title: str
    name: str
    place_geoid: str
    county_geoid: str
    time_zone: str
    state: str
    residents: int
    shares: tuple[float, ...]
    short: str = ""  # how the police write the city; empty: its name
    own_districts: int = 0

    @property
    def districts(self) -> int:
        """Council districts: a fiftieth of the root of the residents, as Milwaukee (15) and New York (51) have, in whole rows."""
        wanted = self.own_districts or sqrt(self.residents) / 50
        across = 3 if wanted < 24 else 5
        return across * min(max(round(wanted / across), 2), 10)

    def scaled(self, number: float) -> int:
        """A number of Sampleton in proportion to the residents; at least 1."""
        return max(1, round(number * self.residents / SAMPLETON.residents))

    def times(self, group: str) -> float:
        """How many times Sampleton's share a group has."""
        at = GROUPS.index(group)
        return self.shares[at] / SAMPLETON.shares[at]

    def tilted(self, planted: Mapping[str, float], groups: Mapping[str, str]) -> dict[str, float]:
        """A planted composition of Sampleton for the groups here; labels of no group keep their share."""
        if self.shares == SAMPLETON.shares:
            return dict(planted)
        tilted = {label: share * self.times(groups[label]) for label, share in planted.items() if label in groups}
        known = sum(planted[label] for label in tilted) / sum(tilted.values())
        return {label: tilted[label] * known if label in tilted else share for label, share in planted.items()}

    def own(self, geoid: str) -> str:
        """The code here of a place of Sampleton."""
        if geoid.startswith(SAMPLETON.county_geoid):
            return self.county_geoid + geoid.removeprefix(SAMPLETON.county_geoid)
        return self.place_geoid if geoid == SAMPLETON.place_geoid else geoid


# State 99 is no state, and ZZ no postal abbreviation.
SAMPLETON = Profile(
    SAMPLE_CITY, "Sampleton (a synthetic city)", "Sampleton", "9900001", "99001", "America/Chicago", "ZZ", 229_000,
    (0.20, 0.33, 0.37, 0.008, 0.052, 0.001, 0.005, 0.034), short="SMP", own_districts=15,
)  # fmt: skip
PLACE_GEOID, COUNTY_GEOID, STATE = SAMPLETON.place_geoid, SAMPLETON.county_geoid, SAMPLETON.state

NAMES = (
    "SAMPLE", "EXAMPLE", "SPECIMEN", "PLACEHOLDER", "MODEL", "PROTOTYPE", "TEMPLATE", "FIXTURE", "DUMMY", "SYNTHETIC", "FICTION",
    "INVENTION", "IMAGINARY", "PRETEND", "MOCKUP", "PATTERN", "SKETCH", "DRAFT", "OUTLINE", "REPLICA",
)  # fmt: skip

FIRST_NAMES = ("Alex", "Pat", "Sam", "Robin", "Chris", "Jo", "Kim", "Lee")  # always with a surname from NAMES: Pat Example


def _streets() -> tuple[str, ...]:
    endings = {number: {1: "ST", 2: "ND", 3: "RD"}.get(number % 10, "TH") for number in range(1, 81)}
    endings |= dict.fromkeys(range(10, 21), "TH")
    numbered = [f"{side} {number}{ending} ST" for side in ("N", "S") for number, ending in endings.items()]
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
