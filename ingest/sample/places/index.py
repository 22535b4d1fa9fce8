"""`city__addresses`: the city's address index, gzipped, in feet.

Irregularities: one row for a house and more for its units (`#A`), all at the same point; a few houses without a point; no key
but the text.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from ingest.sample.places.houses import addresses, houses
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "city__addresses"
UNITS_EVERY, UNITS = 12, ("#A", "#B", "#CCA")
NO_POINT_EVERY = 211


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write the index into `folder`; returns what was planted."""
    points = houses()
    lines = ["x,y,address_string\n"]
    without = 0
    for at, (address, x, y) in enumerate(zip(addresses(), points.x.tolist(), points.y.tolist(), strict=True)):
        point = f"{x},{y}" if at % NO_POINT_EVERY else "NA,NA"
        rows = [address, *(f"{address} {unit}" for unit in UNITS)] if at % UNITS_EVERY == 0 else [address]
        without += len(rows) if point == "NA,NA" else 0
        lines += [f"{point},{row}\n" for row in rows]
    # no file name and no time in the archive, so that its bytes depend on neither time nor place
    text = gzip.compress("".join(lines).encode("ascii"), compresslevel=1, mtime=0)
    (folder / "addresses-with-coords.csv.gz").write_bytes(text)
    return PlantedCounts(delivered=len(lines) - 1, facts={"houses": len(points), "without_point": without})
