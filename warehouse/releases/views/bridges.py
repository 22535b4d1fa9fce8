"""Create the schema `maps` of a file: a view per pair of maps, with the weights by which counts move from one to the other.

Both maps are in the name of the view and of its columns, so that no join mixes two maps of the same places.
"""

from __future__ import annotations

from collections.abc import Iterator

from duckdb import DuckDBPyConnection

from warehouse.sql import identifier, literal, quoted

MAPS_SCHEMA, BRIDGE = "maps", "marts.bridge_geography"
_EXISTS = "select 1 from duckdb_tables() where database_name = ? and schema_name || '.' || table_name = ?"
_PAIRS = f"""
    select from_type, from_vintage, to_type, to_vintage from {BRIDGE}
    where 'city' not in (from_type, to_type) group by all order by all
"""


def create_bridge_views(con: DuckDBPyConnection, alias: str) -> None:
    """Create the schema in an attached file that has a bridge between maps; the whole city needs none."""
    if con.execute(_EXISTS, [alias, BRIDGE]).fetchone() is None:
        return
    with con.cursor() as own:  # a search path of its own
        own.execute(f"use {identifier(alias)}")
        scripts = [line for pair in own.execute(_PAIRS).fetchall() for line in _statements(*pair)]
        own.execute(";\n".join(["begin", f"create schema {MAPS_SCHEMA}", *scripts, "commit"]))


def _statements(from_type: str, from_vintage: str, to_type: str, to_vintage: str) -> Iterator[str]:
    from_map, to_map = _map(from_type, from_vintage), _map(to_type, to_vintage)
    view = f"{MAPS_SCHEMA}.{quoted(f'{from_map}_to_{to_map}')}"
    columns = {
        f"{from_map}_geoid": ("from_geoid", "The place whose counts are moved"),
        f"{to_map}_geoid": ("to_geoid", "The place that they are moved to; outside for what is beyond the city"),
        "weight": ("weight", "The share of the first place that is in the second; sums to 1 per first place"),
        "weight_basis": ("weight_basis", "What the weight is a share of: population, address or area"),
        "fit_quality": ("fit_quality", "poor < fair < good < exact: min() is the worst"),
    }
    chosen = ", ".join(f"{of} as {quoted(column)}" for column, (of, _) in columns.items())
    of_maps = {"from_type": from_type, "from_vintage": from_vintage, "to_type": to_type, "to_vintage": to_vintage}
    where = " and ".join(f"{column} = {literal(value)}" for column, value in of_maps.items())
    yield f"create view {view} as select {chosen} from {BRIDGE} where {where}"
    yield f"comment on view {view} is 'Moves counts from one map to another: join, multiply by weight, sum. Never move rates'"
    for column, (_, text) in columns.items():
        yield f"comment on column {view}.{quoted(column)} is {literal(text)}"


def _map(kind: str, vintage: str) -> str:
    return kind if vintage == "current" else f"{kind}_{vintage}"
