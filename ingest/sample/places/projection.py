"""From the state plane's feet to degrees, on the ground of Sampleton only.

A polynomial of third degree, fitted on 2026-11-25 to 196 points of the county's rectangle as DuckDB's `st_transform` (EPSG:32054
to EPSG:4326) gives them, and within 0.02 mm of all of them. So the sample is written without a database, to the same bytes
everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ingest.sample.places.ground import BLOCK_FEET, HEIGHT, SOUTH, WEST, WIDTH

# The factor of east^i · north^j, in units of 100,000 feet from the middle of the county.
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


def to_degrees(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude (WGS 84) of points in feet (EPSG:32054), rounded to 9 decimals: a tenth of a millimeter."""
    east = (np.asarray(x, dtype=np.float64) - (WEST + WIDTH * BLOCK_FEET / 2)) / 100_000
    north = (np.asarray(y, dtype=np.float64) - (SOUTH + HEIGHT * BLOCK_FEET / 2)) / 100_000
    longitude, latitude = (
        np.round(sum(factor * east**i * north**j for (i, j), factor in terms.items()), 9) for terms in (_LONGITUDE, _LATITUDE)
    )
    return longitude, latitude
