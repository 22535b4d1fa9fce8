"""The ground of Sampleton: a county of square blocks, and for each map which place every block belongs to.

Here: blocks and labels, as small grids of numbers `[from the west, from the south]`; 0 is no place. Every map is made of whole
blocks, so that a code and a polygon can never disagree. Not here: outlines (`outlines`), streets and houses (`houses`), files
(`maps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.int64]

BLOCK_FEET = 1_250
WIDTH, HEIGHT = 52, 48  # blocks of the county
# The county's south-west corner in EPSG:32054 (Wisconsin South on NAD 27, US survey feet): in the middle of Lake Michigan.
WEST, SOUTH = 2_765_000, 640_000

# The city reaches from the county's twelfth column to its eastern edge, but for a corner in the north-west that stayed a village.
CITY_WEST, CITY_SOUTH, CITY_NORTH = 12, 4, 44
_VILLAGE = (slice(12, 16), slice(39, 44))
_HARBOR = (slice(51, 52), slice(22, 25))  # in no police district, as 0.2 % of the real city

_TRACT_COLUMNS = (0, 6, 12, 17, 22, 27, 32, 37, 42, 47, 52)
_TRACT_ROWS = (0, 4, 9, 14, 19, 24, 29, 34, 39, 44, 48)
# What changed between the tracts of 2010 and of 2020, by the number of the tract: cut in two, made one of two, and tracts that
# kept their number while the border to the next one in the east moved by a column of blocks.
SPLIT, MERGED, MOVED = (23, 57, 75), (34, 68), (14, 26, 45, 62, 84)


def _numbered(columns: Sequence[int], rows: Sequence[int], first: int = 1) -> Grid:
    """Rectangles between the given edges, numbered from the south-west, row by row."""
    grid = np.zeros((WIDTH, HEIGHT), dtype=np.int64)
    number = first
    for south, north in pairwise(rows):
        for west, east in pairwise(columns):
            grid[west:east, south:north] = number
            number += 1
    return grid


@cache
def city() -> Grid:
    """1 in the city."""
    grid = np.zeros((WIDTH, HEIGHT), dtype=np.int64)
    grid[CITY_WEST:, CITY_SOUTH:CITY_NORTH] = 1
    grid[_VILLAGE] = 0
    return grid


@cache
def tracts(vintage: int) -> Grid:
    """The six digits of the tract, 2010 or 2020, in the whole county: 002301 is 2301."""
    lattice = _numbered(_TRACT_COLUMNS, _TRACT_ROWS)
    grid = 100 * lattice
    for number in SPLIT if vintage == 2020 else MERGED:
        columns, rows = np.nonzero(lattice == number)
        middle = rows.min() + (rows.max() + 1 - rows.min()) // 2
        grid[columns, rows] += np.where(rows < middle, 1, 2)  # the code 01 behind the number in the south, 02 in the north
    if vintage == 2010:
        for number in MOVED:
            east = np.nonzero((lattice == number + 1).any(axis=1))[0][0]
            rows = (lattice == number).any(axis=0)
            grid[east, rows] = 100 * number
    return grid


def tract_codes(vintage: int) -> list[int]:
    """The tracts of the county, in the order of their six digits."""
    codes: list[int] = np.unique(tracts(vintage)).tolist()
    return codes


@cache
def aldermanic_districts(map_year: int, districts: int = 15) -> Grid:
    """District 1 to 15, or so many as a profile has, on the map of 2012 or 2022.

    The new map gives a column of blocks to the west, and moves two borders.
    """
    across = 3 if districts < 24 else 5
    columns = np.rint(np.linspace(CITY_WEST, WIDTH, across + 1)).astype(int).tolist()
    rows = np.rint(np.linspace(CITY_SOUTH, CITY_NORTH, districts // across + 1)).astype(int).tolist()
    if map_year == 2012:
        return _numbered((columns[0], columns[1] + 1, *columns[2:]), rows) * city()
    grid = _numbered(columns, rows)
    grid[columns[1] : columns[2], rows[1]] = 2  # was 5, of 15
    if len(rows) > 3:
        grid[columns[-3] : columns[-2], rows[-2] - 1] = districts - 1  # was 11, of 15
    return grid * city()


@cache
def wards(year: int, districts_count: int = 15) -> Grid:
    """Four wards to a district: those of 2012 in the districts of 2012, those of 2021 in the districts of 2022."""
    districts = aldermanic_districts(2012 if year == 2012 else 2022, districts_count)
    grid = np.zeros_like(districts)
    for district in range(1, districts_count + 1):
        in_district = districts == district
        columns, rows = (np.nonzero(in_district.any(axis=axis))[0] for axis in (1, 0))
        east = np.arange(WIDTH)[:, None] >= columns[len(columns) // 2]
        north = np.arange(HEIGHT)[None, :] >= rows[len(rows) // 2]
        grid[in_district] = (4 * district - 3 + east + 2 * north)[in_district]
    return grid


@cache
def police_districts() -> Grid:
    """Police district 1 to 7."""
    grid = np.zeros((WIDTH, HEIGHT), dtype=np.int64)
    for first, columns, rows in ((1, (12, 32, 52), (4, 17)), (3, (12, 25, 39, 52), (17, 31)), (6, (12, 32, 52), (31, 44))):
        grid += _numbered(columns, rows, first)
    grid[_HARBOR] = 0
    return grid * city()


@cache
def neighborhoods() -> Grid:
    """Neighborhood 1 to 60, in the order of their names in `city`."""
    return _numbered(tuple(range(12, 53, 4)), (4, 11, 18, 24, 31, 38, 44)) * city()


@cache
def zip_areas() -> Grid:
    """ZIP code area 1 to 20, in the whole county."""
    return _numbered((0, 12, 22, 32, 42, 52), (0, 12, 24, 36, 48))
