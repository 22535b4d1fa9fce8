"""Write what the seeds `place_types` and `geography_vintages` of a home contain into macros and into the YAML of models.

dbt renders a model before it has a database to ask, so the lists that decide a model's columns must be known when dbt parses.
A type beyond those of docs/tables.md adds columns to every fact: their YAML declares the columns, or dbt refuses the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.layers import Content, rows_of_seed
from orchestration.transform.dbt_sources import write_if_changed
from orchestration.transform.macros.registrations import macro

# the columns that every fact has, whatever a city delivers (docs/tables.md, Facts)
INTERFACE = {"tract": "geoid", "aldermanic_district": "geoid_and_vintage", "police_district": "geoid", "neighborhood": "geoid"}
PLACE_TYPES = Path("registrations", "place_types.sql")  # in the dbt project of a home
_HEAD = "{# From the seeds place_types and geography_vintages. Levelground writes this file: do not edit. #}\n"
_LAST_INTERFACE_COLUMN = re.compile(r"^( *)- \{name: neighborhood_geoid, data_type: varchar, .*\}\n", re.MULTILINE)

PlaceType = Mapping[str, Any]


def read_place_types(place_types: Content, vintages: Content, sources: Collection[str]) -> list[PlaceType]:
    """The types of place with their maps: first those whose columns every fact has, then the others in the seed's order.

    Only maps whose boundaries one of the `sources` delivers have a `source`.
    """
    rows = {row["geography_type"]: row for row in rows_of_seed(place_types)}
    maps = rows_of_seed(vintages)
    return [
        _place_type(name, rows.get(name), [each for each in maps if each["geography_type"] == name and name in rows], sources)
        for name in dict.fromkeys((*INTERFACE, *rows))
    ]


def write_place_types(types: Sequence[PlaceType], path: Path) -> None:
    """Write the macro `place_types`."""
    write_if_changed(path, _HEAD + macro(PLACE_TYPES.stem, map(repr, types)))


def further_columns(types: Sequence[PlaceType]) -> dict[str, str]:
    """The place columns of facts that are not in docs/tables.md, with their descriptions."""
    found = {}
    for each in types:
        name, label = each["geography_type"], each["label"]
        if each["fact_columns"] == "none":
            continue
        if name not in INTERFACE:
            found[f"{name}_geoid"] = f"{label} of the event"
        if each["fact_columns"] == "geoid_and_vintage" and INTERFACE.get(name) != "geoid_and_vintage":
            found[f"{name}_vintage"] = f"The map of the {label[:1].lower()}{label[1:]}, in force on the day of the event"
    return found


def with_further_columns(text: str, columns: Mapping[str, str]) -> str:
    """The YAML of models, with these columns next to the place columns of each table that declares them."""
    entries = [f"- {{name: {name}, data_type: varchar, description: {json.dumps(what)}}}\n" for name, what in columns.items()]
    return _LAST_INTERFACE_COLUMN.sub(lambda line: line[0] + "".join(line[1] + entry for entry in entries), text)


def _place_type(
    name: str, row: Mapping[str, str] | None, maps: Sequence[Mapping[str, str]], sources: Collection[str]
) -> PlaceType:
    newest = next((each for each in maps if not each["valid_to"]), None)
    return {
        "geography_type": name,
        "label": row["label"] if row else name.replace("_", " ").capitalize(),
        "named_by": row["named_by"] if row else "",
        "fact_columns": row["fact_columns"] if row else INTERFACE[name],
        "equivalent_to": row["equivalent_to"] if row else "",
        "is_city_only": newest is not None and newest["is_city_only"] == "true",
        "vintage": newest["geography_vintage"] if newest else "",
        "maps": [
            {
                "vintage": each["geography_vintage"],
                "source": each["boundary_source"] if each["boundary_source"] in sources else "",
                "code": each["boundary_code"],
                "block_code": each["block_code"],
            }
            for each in maps
        ],
    }
