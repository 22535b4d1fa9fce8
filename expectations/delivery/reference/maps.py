"""Check that a delivered map is the one in force: a redrawn map is given a vintage, or a person accepts it as a correction.

A map of other lines under the same name would move records to other places while residents stay with the codes of their blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from expectations.engine.checks import Check, measure
from ingest.contract import Contract
from ingest.landing import Batch
from ingest.typing import typed_expression
from warehouse.connection import load_extension
from warehouse.printable import first_names
from warehouse.sql import quoted

MAP_CHANGED = "map_changed"
SHOWN_PLACES = 10
# Two exports of one map differ by rounded coordinates: less than a ten-thousandth of what two outlines of a place cover together.
SAME_OUTLINE = 0.9999


def map_checks(contract: Contract, vintage: str, moved: Sequence[str]) -> Iterator[Check]:
    """The check of a map that the seed `geography_vintages` names, with its type and vintage. `moved`: see `moved_places`."""
    if not vintage:
        return
    message = (
        f"{contract.source}: {first_names(moved, SHOWN_PLACES)} have other lines than on the map in force "
        f"({vintage}). A new map gets a vintage and its first day: `levelground maps new {contract.source}`. If the "
        "file corrects the map, accept its load: residents are then counted by its lines, no longer by the codes of their blocks"
    )
    yield measure(MAP_CHANGED, "critical", message if moved else "", expression=str(len(moved)), at_most=0)


def moved_places(batch: Batch) -> tuple[str, ...]:
    """The places of a delivered map whose outline differs from the landed one, or that only one of the two has."""
    contract = batch.contract
    shape = next((column.name for column in contract.kept_columns if column.role == "geometry"), None)
    if shape is None or contract.load.mode != "replace" or not batch.columns.issuperset((shape, *(contract.load.key or ()))):
        return ()
    load_extension(batch.con, "spatial")
    key = [typed_expression(contract.column(name), batch.city_zone) for name in contract.load.key or ()]
    place = f"concat_ws('/', {', '.join(key)})" if key else "'the city'"
    outline = f"st_union_agg(st_makevalid(try(st_geomfromgeojson({quoted(shape)}))))"
    rows = f"select {place} as place, {outline} as outline from"
    found = batch.con.execute(
        f"""
        with
        given as ({rows} {batch.rows} group by 1),
        landed as ({rows} landing.{quoted(contract.source)} where _load_id <> ? group by 1)
        select place
        from given
        full join landed using (place)
        where
            exists (select 1 from landed)
            and coalesce(
                st_area(st_intersection(given.outline, landed.outline)) < ? * st_area(st_union(given.outline, landed.outline)),
                true
            )
        order by all
        """,
        [batch.delivery.load_id, SAME_OUTLINE],
    ).fetchall()
    return tuple(place for (place,) in found)
