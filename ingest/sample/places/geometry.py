"""The geometry of maps: outlines of places made of blocks, and degrees from the state plane's feet, on this ground only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ingest.sample.places.ground import BLOCK_FEET, HEIGHT, SOUTH, WEST, WIDTH, Grid

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
