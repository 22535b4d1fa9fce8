"""The houses of Sampleton, the outlines of places made of blocks, and degrees from the state plane's feet, on this ground only.

A hundred house numbers are 500 feet. Numbered streets run north and south from the base line, one every 500 feet west of the base
meridian; streets with names run west and east of the meridian (AV, BL), or north and south in the east of it (DR, CT). Even
numbers are on one side and odd ones on the other. Every tenth block has an empty lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ingest.sample.city import NAMES, STREETS
from ingest.sample.places.ground import BLOCK_FEET, CITY_NORTH, CITY_SOUTH, HEIGHT, SOUTH, WEST, WIDTH, Grid, city

# A straight border keeps a corner every so many blocks: a line that is straight in feet is not in degrees, and with these corners
# the two stay within 6 cm of each other.
KEPT_EVERY = 4
# From feet to degrees: a polynomial of third degree, fitted on 2026-11-25 to 196 points of the county's rectangle as DuckDB's
# `st_transform` (EPSG:32054 to EPSG:4326) gives them, and within 0.02 mm of all of them. So the sample is written without a
# database, to the same bytes everywhere. The factor of east^i · north^j, in units of 100,000 feet from the middle of the county.
_LONGITUDE = {
    (0, 0): -86.97881572513352, (0, 1): 0.013719786971533629, (0, 2): 6.227684223977125e-05, (0, 3): 2.825692364657244e-07,
    (1, 0): 0.37851291148969496, (1, 1): 0.001715891470075453, (1, 2): 7.76844078360599e-06, (2, 0): -6.22771770576571e-05,
    (2, 1): -8.477106789800785e-07, (3, 0): -2.5894891809817235e-06,
}  # fmt: skip
_LATITUDE = {
    (0, 0): 43.79864514642793, (0, 1): 0.27416098238565895, (0, 2): -1.1968345528424745e-05, (0, 3): -1.0535166583995715e-06,
    (1, 0): -0.009937389610910828, (1, 1): -4.429959601452595e-05, (1, 2): -8.679823149044678e-08, (2, 0): -0.0006222514984487262,
    (2, 1): -2.770805699018488e-06, (3, 0): 1.0059670294360717e-07,
}  # fmt: skip
Corner = tuple[int, int]
Numbers = NDArray[np.int64]
Feet = NDArray[np.float64]
_MERIDIAN, _BASE_LINE = WEST + 44 * BLOCK_FEET, SOUTH + 24 * BLOCK_FEET
_STREET_FEET = 500
_NUMBER_FEET = 5
_ACROSS_FEET = 40  # from the middle of the street to the middle of a house
_AVENUE_FEET = (CITY_NORTH - CITY_SOUTH) * BLOCK_FEET // len(NAMES)
_EACH_WAY = 49  # hundreds of house numbers from the base line to the city limits
_WESTWARD, _EASTWARD = 79, 19
LONG_TYPES = {"ST": "Street", "AV": "Avenue", "BL": "Boulevard", "DR": "Drive", "CT": "Court"}
_LONG_DIRECTIONS = {"N": "North", "S": "South", "E": "East", "W": "West"}


def to_degrees(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude (WGS 84) of points in feet (EPSG:32054), rounded to 9 decimals: a tenth of a millimeter."""
    east = (np.asarray(x, dtype=np.float64) - (WEST + WIDTH * BLOCK_FEET / 2)) / 100_000
    north = (np.asarray(y, dtype=np.float64) - (SOUTH + HEIGHT * BLOCK_FEET / 2)) / 100_000
    longitude, latitude = (
        np.round(sum(factor * east**i * north**j for (i, j), factor in terms.items()), 9) for terms in (_LONGITUDE, _LATITUDE)
    )
    return longitude, latitude


def outline(grid: Grid, label: int) -> list[Corner]:
    """The corners around the blocks labelled `label`, counted in blocks, counterclockwise, the first one again at the end.

    ValueError when they are not in one piece without holes.
    """
    following = _edges(grid == label)
    ring = [min(following)]
    while (after := following.pop(ring[-1])) != ring[0]:
        ring.append(after)
    if following:
        raise ValueError(f"the blocks labelled {label} are in several pieces, or have a hole")
    neighbors = zip([ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True)
    corners = [corner for before, corner, after in neighbors if _is_kept(before, corner, after)]
    return [*corners, corners[0]]


def _edges(inside: NDArray[np.bool_]) -> dict[Corner, Corner]:
    """From each corner of the border to the next one, the inside on the left: the sides of blocks that no other block has."""
    steps = (((0, 0), (1, 0)), ((1, 0), (1, 1)), ((1, 1), (0, 1)), ((0, 1), (0, 0)))
    blocks = np.argwhere(inside).tolist()
    sides = {((x + a, y + b), (x + c, y + d)) for x, y in blocks for (a, b), (c, d) in steps}
    border = [(start, end) for start, end in sides if (end, start) not in sides]
    if len(following := dict(border)) < len(border):
        raise ValueError("two pieces touch at a corner only")
    return following


def _is_kept(before: Corner, corner: Corner, after: Corner) -> bool:
    if before[0] == after[0]:
        return corner[1] % KEPT_EVERY == 0
    return before[1] != after[1] or corner[0] % KEPT_EVERY == 0


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
    return f"{number} {_LONG_DIRECTIONS[direction]} {name.capitalize()} {LONG_TYPES[kind]}"
