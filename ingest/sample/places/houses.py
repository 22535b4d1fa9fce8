"""The houses of Sampleton: the streets of `city` with coordinates, and the place of each house on every map.

A hundred house numbers are 500 feet. Numbered streets run north and south from the base line, one every 500 feet west of the base
meridian; streets with names run west and east of the meridian (AV, BL), or north and south in the east of it (DR, CT). Even
numbers are on one side and odd ones on the other. Every tenth block has an empty lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.sample.city import NAMES, STREETS
from ingest.sample.places.ground import BLOCK_FEET, CITY_NORTH, CITY_SOUTH, SOUTH, WEST, Grid, city

Numbers = NDArray[np.int64]
Feet = NDArray[np.float64]

_MERIDIAN, _BASE_LINE = WEST + 44 * BLOCK_FEET, SOUTH + 24 * BLOCK_FEET
_STREET_FEET = 500
_NUMBER_FEET = 5
_ACROSS_FEET = 40  # from the middle of the street to the middle of a house
_AVENUE_FEET = (CITY_NORTH - CITY_SOUTH) * BLOCK_FEET // len(NAMES)
_EACH_WAY = 49  # hundreds of house numbers from the base line to the city limits
_WESTWARD, _EASTWARD = 79, 19

_LONG_TYPES = {"ST": "Street", "AV": "Avenue", "BL": "Boulevard", "DR": "Drive", "CT": "Court"}
_LONG_DIRECTIONS = {"N": "North", "S": "South", "E": "East", "W": "West"}


@dataclass(frozen=True)
class Houses:
    """One element a house: its number, its street as a position in STREETS, and its place in feet (EPSG:32054)."""

    number: Numbers
    street: Numbers
    x: Feet
    y: Feet

    def __len__(self) -> int:
        return len(self.number)

    def on(self, grid: Grid) -> Numbers:
        """The area of a map that contains each house."""
        return label_at(grid, self.x, self.y)


def label_at(grid: Grid, x: Feet, y: Feet) -> Numbers:
    """The label of the block that contains each point; points are in the county."""
    label: Numbers = grid[((x - WEST) // BLOCK_FEET).astype(np.int64), ((y - SOUTH) // BLOCK_FEET).astype(np.int64)]
    return label


def _middle(street: int) -> tuple[str, float]:
    """The directional of a street, and where it crosses the base line or the meridian."""
    direction, name, kind = STREETS[street].split()
    if name not in NAMES:
        return direction, _MERIDIAN - _STREET_FEET * (int(name[:-2]) - 0.5)
    at = NAMES.index(name)
    if kind in ("DR", "CT"):
        return direction, _MERIDIAN + _STREET_FEET * (at + 0.5)
    return direction, SOUTH + CITY_SOUTH * BLOCK_FEET + _AVENUE_FEET * (at + 0.5) + (0 if kind == "AV" else _STREET_FEET)


def place_of(street: int, number: int | Numbers) -> tuple[Feet, Feet]:
    """The point of a house number of a street, whether or not there is such a house."""
    direction, middle = _middle(street)
    numbers = np.asarray(number)
    along = _NUMBER_FEET * (numbers + 0.5)
    across = middle + np.where(numbers % 2, -_ACROSS_FEET, _ACROSS_FEET)
    match direction:
        case "N":
            return across, _BASE_LINE + along
        case "S":
            return across, _BASE_LINE - along
        case "E":
            return _MERIDIAN + along, across
    return _MERIDIAN - along, across


def crossing(street: int, other: int) -> tuple[Feet, Feet]:
    """Where a street that runs north or south meets one that runs west or east."""
    (_, x), (_, y) = _middle(street), _middle(other)
    return np.asarray(x), np.asarray(y)


@cache
def houses() -> Houses:
    """Every house, street by street in ascending order; the same for every seed, as the maps are."""
    columns = []
    for street, name in enumerate(STREETS):
        block = np.arange(1, {"W": _WESTWARD, "E": _EASTWARD}.get(name[0], _EACH_WAY) + 1)
        even = 100 * block + 2 * (1 + (7 * street + 3 * block) % 24)
        odd = 100 * block + 51 + 2 * ((5 * street + 11 * block) % 24)
        number = np.sort(np.concatenate([even[(13 * street + 7 * block) % 10 > 0], odd]))
        x, y = place_of(street, number)
        x, y = np.broadcast_to(x, number.shape), np.broadcast_to(y, number.shape)
        columns.append((number, np.full(len(number), street), x, y))
    number, street_at, x, y = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    inside = label_at(city(), x, y) > 0
    return Houses(number[inside], street_at[inside], x[inside], y[inside])


@cache
def addresses() -> tuple[str, ...]:
    """The address of every house as the index writes it: 5951 N 68TH ST."""
    points = houses()
    return tuple(
        f"{number} {STREETS[street]}" for number, street in zip(points.number.tolist(), points.street.tolist(), strict=True)
    )


def long_form(address: str) -> str:
    """An address written out: 5951 North 68th Street."""
    number, direction, name, kind = address.split()
    return f"{number} {_LONG_DIRECTIONS[direction]} {name.capitalize()} {_LONG_TYPES[kind]}"
