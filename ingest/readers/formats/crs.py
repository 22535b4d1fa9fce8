"""Choose the coordinate reference system (CRS) of a map from its file and its contract, and check it against the coordinates.

dbt transforms coordinates into another CRS, from the CRS in the delivery record.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.readers.reader_types import Fail

GEOMETRY = "geometry"
# RFC 7946: longitude and latitude on WGS 84 if nothing else is declared.
WGS84 = "EPSG:4326"
# The CRS in degrees that a file of a city in the United States may declare: WGS 84 and four realisations of NAD.
IN_DEGREES = frozenset({WGS84, "EPSG:4269", "EPSG:4267", "EPSG:4759", "EPSG:6318"})
# The same systems under OGC's names; in GeoJSON x always precedes y, so that the order of axes makes no difference.
SAME_AS = {"OGC:CRS84": WGS84, "OGC:CRS83": "EPSG:4269", "OGC:CRS27": "EPSG:4267"}


def choose_crs(declared: str | None, named: str | None, positions: Sequence[tuple[float, float]], fail: Fail) -> str:
    """The CRS of the coordinates: the file's, else the contract's; a declaration that the coordinates contradict is ignored."""
    contract = SAME_AS.get(named or "", named)
    could_be_degrees = all(abs(x) <= 180 and abs(y) <= 90 for x, y in positions)
    if declared in IN_DEGREES and not could_be_degrees:
        declared = None
    if declared and contract and declared != contract:
        raise fail(
            f"it declares {declared}, but the contract has {contract}",
            "ask the steward which is right; correct format.crs if it changed",
        )
    if declared:
        return declared
    if not could_be_degrees and (contract is None or contract in IN_DEGREES):
        problem = "its coordinates are not degrees, and it declares no coordinate reference system"
        raise fail(problem, "ask the steward for the coordinate reference system, and name it in format.crs, like EPSG:32054")
    if positions and could_be_degrees and contract and contract not in IN_DEGREES:
        problem = f"the contract has {contract}, but its coordinates look like degrees"
        raise fail(problem, f"ask the steward whether it is now in {WGS84}, and correct format.crs")
    return contract or WGS84
