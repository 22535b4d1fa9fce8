"""Find a city by its name, its GEOID or "City, State" among the places of the national tables.

The places are rows of the seed `place_populations`, with the county and the time zone that `start` suggests. A county is the one
with the most postal codes of the city.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from ingest.city import read_layer_city
from ingest.layers import CITIES, city_layer, layer_names, seed_rows
from orchestration.settings import SHARED_SEEDS, ConfigurationError

MOST_SUGGESTED = 5
SYNTHETIC_STATE = "99"
_SHORT = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt"}
_OTHER_NAME = "Census Bureau: "  # of a note: the name that the publisher has


class Place(BaseModel, frozen=True):
    """A city of the gazetteer: a row of the seed. `note` may contain another name of it."""

    geoid: str
    name: str
    state: str
    population: int
    state_abbreviation: str
    county_geoid: str
    county: str
    time_zone: str
    note: str = ""

    @property
    def title(self) -> str:
        """The name that readers see."""
        return f"{self.name}, {self.state}"

    def is_called(self, text: str) -> bool:
        """Whether a text is the name, with or without the state."""
        other_name = self.note.partition(_OTHER_NAME)[2]
        names = {_folded(name) for name in (self.name, other_name, *re.split(r"[/-]", self.name)[:1]) if name}
        states = {"", *(f" {_folded(state)}" for state in (self.state, self.state_abbreviation))}
        return _folded(text) in {f"{name}{state}" for name in names for state in states}


def places() -> list[Place]:
    """All real places, the largest first."""
    found = map(Place.model_validate, seed_rows("place_populations", SHARED_SEEDS, ()))
    real = (place for place in found if not place.geoid.startswith(SYNTHETIC_STATE))
    return sorted(real, key=lambda place: (-place.population, place.geoid))


def find_place(text: str, known: Iterable[Place] | None = None) -> Place:
    """The place of this name, GEOID or "City, State"; `ConfigurationError` with suggestions if none or several have it."""
    known = list(places() if known is None else known)
    wanted = text.strip()
    if not wanted:
        raise ConfigurationError('name a city, like "Saint Paul, Minnesota", "St. Paul, MN" or its GEOID 2758000')
    if re.fullmatch(r"\d+", wanted):
        found = [place for place in known if place.geoid == wanted]
    else:
        # one whole name before the first part of another, as Lexington of Lexington-Fayette
        called = [place for place in known if place.is_called(wanted)]
        called = called or [place for place in known if place.is_called(re.sub(r" city\b", "", wanted, flags=re.IGNORECASE))]
        found = [place for place in called if _folded(place.name) in (_folded(wanted), _folded(wanted.split(",")[0]))] or called
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigurationError(f"{len(found)} cities are called {wanted!r}: {_listed(found)}; name the state or the GEOID")
    close = list(_similar(wanted, known))
    suggested = f"Did you mean {_listed(close)}? " if close else ""
    raise ConfigurationError(
        f"no city of the gazetteer is called {wanted!r}. {suggested}It has the {len(known)} cities of the national tables "
        "(seed place_populations); `levelground cities new NAME --place GEOID` writes the layer of any other city"
    )


def city_name(place: Place, known: Iterable[Place] | None = None) -> str:
    """The name of a city in paths: of the layer that Levelground ships, else its own, with the state if several have it."""
    for name in layer_names():
        if (layer := city_layer(name)) and read_layer_city(layer).place_geoid == place.geoid:
            return name
    same = [other for other in (places() if known is None else known) if _identifier(other.name) == _identifier(place.name)]
    taken = len(same) > 1 or (CITIES / _identifier(place.name)).exists()
    return _identifier(place.title if taken else place.name)


def _identifier(name: str) -> str:
    words = re.sub(r"\bSt\.(?= )", "Saint", _plain(name))
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"['.]", "", words.lower())).strip("_")


def _similar(text: str, known: Iterable[Place]) -> Iterator[Place]:
    """The places with the most similar names, with and without state."""
    by_text: dict[str, list[Place]] = {}
    for place in known:
        for name in (_folded(place.name), _folded(f"{place.name} {place.state}"), place.geoid):
            by_text.setdefault(name, []).append(place)
    close = difflib.get_close_matches(_folded(text), by_text, n=MOST_SUGGESTED, cutoff=0.75)
    containing = [name for name in by_text if len(_folded(text)) > 2 and _folded(text) in name]
    found = dict.fromkeys(place for name in (close or containing) for place in by_text[name])
    yield from list(found)[:MOST_SUGGESTED]


def _listed(found: Iterable[Place]) -> str:
    return ", ".join(f"{place.title} ({place.geoid})" for place in list(found)[: MOST_SUGGESTED * 2])


def _plain(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def _folded(text: str) -> str:
    """A text as names are compared: without case, accents and punctuation, and with short forms of Saint, Fort and Mount."""
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’.]", "", _plain(text).casefold())).split()
    return " ".join(_SHORT.get(word, word) for word in words).removeprefix("city of ")
