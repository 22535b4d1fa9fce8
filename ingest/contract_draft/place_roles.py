"""Leave one column per kind of place: models geocode by a role that one column has.

Portals repeat places: ArcGIS adds X and Y to latitude and longitude, and an address may be given twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.contract_draft.column_profiles import ColumnProfile

# The name by which the better of two columns is known.
BY_NAME = {
    role: re.compile(word) for role, word in (("latitude", "lat"), ("longitude", "lon|lng"), ("address", "addr"), ("zip", "zip"))
}


def settle_places(kept: list[tuple[dict[str, Any], ColumnProfile]]) -> Iterator[str]:
    """Take the role of a place from all columns but one; the open decisions."""
    for role, own_name in BY_NAME.items():
        same = [(column, profile) for column, profile in kept if column.get("role") == role]
        if len(same) < 2:
            continue
        chosen = max(same, key=lambda each: (bool(own_name.search(each[0]["name"])), each[1].filled))[0]
        others = [column for column, _ in same if column is not chosen]
        for column in others:
            del column["role"]
        names = ", ".join(column["name"] for column in others)
        yield f"{names}: the draft geocodes by the {role} of {chosen['name']}; is that the better one? one column has the role"
