"""Compare the outlines of a delivered map with those of the map in landing."""

from __future__ import annotations

from ingest.landing import Batch
from ingest.typing import typed_expression
from warehouse.connection import load_extension
from warehouse.sql import quoted

# Two exports of one map differ by rounded coordinates: less than a ten-thousandth of what two outlines of a place cover together.
SAME_OUTLINE = 0.9999


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
