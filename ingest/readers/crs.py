"""Which coordinate reference system (CRS) a map is in, where its file and its contract both may say so.

Here: the choice between the two, held against the numbers. Not here: what a file declares (`geojson`, `shapes`), moving
coordinates into another CRS (dbt does, from the CRS in the receipt).
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.readers.reader_types import Fail

GEOMETRY = "geometry"
# RFC 7946: longitude and latitude on WGS 84, where nothing else is said.
WGS84 = "EPSG:4326"
# What is in degrees of what a file of a city in the United States may declare: WGS 84 and the four realisations of NAD.
IN_DEGREES = frozenset({WGS84, "EPSG:4269", "EPSG:4267", "EPSG:4759", "EPSG:6318"})
# The same systems under OGC's names; in GeoJSON x always comes before y, so that the order of axes makes no difference.
SAME_AS = {"OGC:CRS84": WGS84, "OGC:CRS83": "EPSG:4269", "OGC:CRS27": "EPSG:4267"}


def choose_crs(declared: str | None, named: str | None, positions: Sequence[tuple[float, float]], fail: Fail) -> str:
    """The CRS that the numbers are in: as the file declares, else the contract; what they contradict counts for nothing."""
    contract = SAME_AS.get(named or "", named)
    could_be_degrees = all(abs(x) <= 180 and abs(y) <= 90 for x, y in positions)
    if declared in IN_DEGREES and not could_be_degrees:
        declared = None
    if declared and contract and declared != contract:
        raise fail(
            f"it declares {declared}, the contract says {contract}",
            "ask the steward which is right; mend format.crs if it changed",
        )
    if declared:
        return declared
    if not could_be_degrees and (contract is None or contract in IN_DEGREES):
        problem = "its coordinates are no degrees, and it does not say what else they are"
        raise fail(problem, "ask the steward for the coordinate reference system, and name it in format.crs, like EPSG:32054")
    if positions and could_be_degrees and contract and contract not in IN_DEGREES:
        problem = f"the contract says {contract}, but its coordinates read like degrees"
        raise fail(problem, f"ask the steward whether it is now in {WGS84}, and mend format.crs")
    return contract or WGS84
