"""The planted town: tracts, districts, residents and addresses. All seeds share it; only the events differ.

This module makes the inputs of place and population for the measure engine. See ingest/sample for real maps and a census.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.truth.planted import Numbers, Whole, World, chosen

GEOID = "9900001"
COUNTY = "99001"
RACES = ("white", "black", "hispanic", "asian")
TRACTS, DISTRICTS = 24, 4
_ADDRESSES = 160  # houses of each part
_UNITS = 3  # addresses of every fourth house, each a unit; the others have one

# A part is the intersection of one tract and one district: the first tract is in two.
TRACT: Whole = np.array([0, *range(TRACTS)])
DISTRICT: Whole = np.array([1, *(tract * DISTRICTS // TRACTS for tract in range(TRACTS))])
PIECES = len(TRACT)
TRACT_GEOID = np.array([f"{COUNTY}{100 * (tract + 1):06d}" for tract in TRACT])
DISTRICT_GEOID = np.array([str(district + 1) for district in DISTRICT])
POLICE_GEOID = np.array([str(1 + district // 2) for district in DISTRICT])
NEIGHBORHOOD_GEOID = np.array([f"QUARTER {tract // 3}" for tract in TRACT])

# The share of each group in each tract, from the first to the last: the groups live apart.
_along = np.linspace(0, 1, TRACTS)
_LIVES = np.stack([1.6 * _along + 0.2, 1.7 - 1.5 * _along, 0.3 + 2.4 * _along * (1 - _along), np.full(TRACTS, 0.15)], axis=1)
PEOPLE: Whole = np.rint(1_000 * _LIVES[TRACT] * np.where(TRACT == 0, 0.5, 1)[:, None]).astype(np.int64)  # part × race
RESIDENTS: Whole = PEOPLE.sum(axis=1)

# The types of place of counted rows: type, vintage, and the geoid of each part.
PLACES = {
    "city": ("current", np.full(PIECES, GEOID)),
    "tract": ("2020", TRACT_GEOID),
    "aldermanic_district": ("2022", DISTRICT_GEOID),
    "police_district": ("2009", POLICE_GEOID),
    "neighborhood": ("current", NEIGHBORHOOD_GEOID),
}


def placed(piece: Whole) -> dict[str, Any]:
    """The place columns of facts in these parts."""
    return {
        "jurisdiction": GEOID,
        "tract_geoid": chosen(TRACT_GEOID, piece),
        "aldermanic_district_geoid": chosen(DISTRICT_GEOID, piece),
        "aldermanic_district_vintage": "2022",
        "police_district_geoid": chosen(POLICE_GEOID, piece),
        "police_district_vintage": "2009",
        "neighborhood_geoid": chosen(NEIGHBORHOOD_GEOID, piece),
    }


def sums(by_piece: Numbers, geography_type: str) -> tuple[Any, Numbers]:
    """The geoids of a type, and a figure of parts (on the last axis) added up to them."""
    geoids, at = np.unique(PLACES[geography_type][1], return_inverse=True)
    out = np.zeros((*np.shape(by_piece)[:-1], len(geoids)))
    for piece, place in enumerate(at):
        out[..., place] += np.asarray(by_piece)[..., piece]
    return geoids, out


def weighted(values: Numbers, geography_type: str, people: Numbers = PEOPLE) -> tuple[Any, Numbers]:
    """The estimand of place-weighting: the mean of parts' values over where each group and all people (last) live; place × race.

    In the city a part is a whole tract: pass the values of tracts.
    """
    residents = np.column_stack([people, people.sum(axis=1)])
    geoids, total = sums(residents.T, geography_type)
    return geoids, sums((residents * np.asarray(values)[:, None]).T, geography_type)[1].T / total.T


def plant() -> World:
    """Residents of every map, the bridge from tracts, the index of addresses."""
    world = World()
    residents = np.column_stack([PEOPLE, RESIDENTS]).astype(float)
    for universe, share in (("total", 1.0), ("18_and_over", 0.75)):
        common = {"population_scheme": "pl_2020", "race_standard": "spd15_1997", "age_universe": universe}
        for kind, (vintage, _) in PLACES.items():
            geoids, people = sums(residents.T, kind)
            world.fact(
                "fct_population", **common, source="census__blocks_2020", geography_type=kind, geography_vintage=vintage,
                geoid=np.tile(geoids, len(RACES) + 1), race_ethnicity_code=np.repeat([*RACES, "all"], len(geoids)),
                population=share * people.ravel(), fit_quality="exact",
            )  # fmt: skip
        for kind, of_tracts in (("city", "2020"), ("city", "2010"), ("aldermanic_district", "2020")):
            vintage, geoids = PLACES[kind]
            place, tract, race = (np.repeat(geoids, 5), np.repeat(TRACT_GEOID, 5), np.tile([*RACES, "all"], PIECES))
            _, first, at = np.unique(
                [f"{a}|{b}|{c}" for a, b, c in zip(place, tract, race, strict=True)], return_index=True, return_inverse=True
            )
            world.fact(
                "int_population__by_intersection", **common, geography_type=kind, geography_vintage=vintage, geoid=place[first],
                tract_vintage=of_tracts, tract_geoid=tract[first], race_ethnicity_code=race[first],
                population=share * np.bincount(at, residents.ravel()),
            )  # fmt: skip
    for kind in ("city", "aldermanic_district", "police_district"):
        vintage, geoids = PLACES[kind]
        pairs: dict[tuple[str, str], float] = {}
        for piece in range(PIECES):
            pair = (str(TRACT_GEOID[piece]), str(geoids[piece]))
            pairs[pair] = pairs.get(pair, 0.0) + (0.5 if TRACT[piece] == 0 else 1.0)
        world.fact(
            "bridge_geography", from_type="tract", from_vintage="2020", from_geoid=[pair[0] for pair in pairs], to_type=kind,
            to_vintage=vintage, to_geoid=[pair[1] for pair in pairs], weight_basis="population", weight=list(pairs.values()),
            fit_quality="exact",
        )  # fmt: skip
    _index(world)
    return world


def addresses() -> tuple[Any, Whole]:
    """Every house of the index, and its part."""
    piece = np.repeat(np.arange(PIECES), _ADDRESSES)
    return np.array([f"{number} N PLANTED ST" for number in range(len(piece))]), piece


def units() -> Whole:
    """How many addresses of the index each house of `addresses` has."""
    return np.where(np.arange(PIECES * _ADDRESSES) % 4 == 0, _UNITS, 1)


def _index(world: World) -> None:
    address, piece = addresses()
    points = {"longitude": np.arange(len(piece)) / 1e4, "latitude": 43.0}
    valid = {"valid_from": np.datetime64("2022-05-14"), "valid_to": np.datetime64(f"{9_000}-12-31")}
    places = {key: value for key, value in placed(piece).items() if key != "jurisdiction"}
    world.fact("dim_address", address_key=address, address_standard=address, index_rows_count=units(), **points, **places)
    world.fact("int_points__geocoded", **points, **places, **valid)
    world.fact("int_addresses__geocoded", address=address, address_standard=address, geocode_quality="address", **places, **valid)
