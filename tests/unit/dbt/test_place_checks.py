"""The check macros of place, each on rows that are good and bad: one that finds nothing is always content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import jinja2
import pytest

from orchestration.settings import DBT_PROJECT
from warehouse.connection import load_extension

BRIDGE = "from_type, from_vintage, from_geoid, to_type, to_vintage, to_geoid, weight"
GOOD_BRIDGE = (
    "('tract', 'v', 'a', 'hood', 'v', 'A', 0.5), ('tract', 'v', 'a', 'hood', 'v', 'outside', 0.5), "
    "('hood', 'v', 'A', 'tract', 'v', 'a', 1.0), ('hood', 'v', 'outside', 'tract', 'v', 'a', 1.0)"
)
PLACES = "geography_type, geography_vintage, geoid, geometry_wkb"
GOOD_PLACES = "('tract', 'v', 'a', 'wkb'), ('hood', 'v', 'A', 'wkb'), ('hood', 'v', 'outside', null), ('school', 'v', 's', null)"
NOT_FROM, NOT_TO = "the bridge does not lead from it", "the bridge does not lead to it"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture(scope="module")
def macros() -> Any:
    files = [path for folder in ("checks", "conform") for path in sorted((DBT_PROJECT / "macros" / folder).glob("*.sql"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"]).from_string(text).module


@pytest.mark.parametrize(
    ("rows", "bad"),
    [
        pytest.param(GOOD_BRIDGE, 0, id="all go somewhere"),
        pytest.param(GOOD_BRIDGE.replace("0.5)", "0.4999)", 1), 1, id="a person is lost"),
        pytest.param("('t', 'v', 'a', 'h', 'v', 'A', 1.5), ('t', 'v', 'a', 'h', 'v', 'B', -0.5)", 1, id="a negative weight"),
        pytest.param("('t', 'v', 'a', 'h', 'v', 'A', null::double)", 1, id="no weight"),
    ],
)
def test_weights_that_do_not_sum_to_one_are_found(
    connection: duckdb.DuckDBPyConnection, macros: Any, rows: str, bad: int
) -> None:
    connection.execute(f"create table bridge as select * from (values {rows}) as pair ({BRIDGE})")
    assert len(connection.execute(macros.weights_sum_to_one_check("bridge")).fetchall()) == bad


@pytest.mark.parametrize(
    ("places", "problems"),
    [
        pytest.param(GOOD_PLACES, set(), id="both sides"),
        pytest.param(GOOD_PLACES.replace("'a'", "'b'"), {"no member of dim_geography", NOT_FROM, NOT_TO}, id="another vintage"),
        pytest.param(f"{GOOD_PLACES}, ('hood', 'v', 'B', 'wkb')", {NOT_FROM, NOT_TO}, id="a place that nothing leads to"),
        pytest.param(f"{GOOD_PLACES}, ('tract', 'v', 'outside', null)", {NOT_FROM, NOT_TO}, id="a map without its outside"),
    ],
)
def test_places_on_one_side_only_are_found(
    connection: duckdb.DuckDBPyConnection, macros: Any, places: str, problems: set[str]
) -> None:
    connection.execute(f"create table bridge as select * from (values {GOOD_BRIDGE}) as pair ({BRIDGE})")
    connection.execute(f"create table places as select * from (values {places}) as place ({PLACES})")
    found = connection.execute(macros.bridge_covers_all_places_check("bridge", "places")).fetchall()
    assert {row[0] for row in found} == problems


@pytest.mark.parametrize(
    ("places", "bridge"),
    [
        pytest.param("('ward', 'v', '1', 'wkb'), ('ward', 'v', 'outside', null)", "", id="one map"),
        pytest.param(
            "('ward', 'v', '1', 'wkb'), ('ward', 'v', 'outside', null), ('zip', 'v', '2', 'wkb')",
            "('ward', 'v', '1', 'zip', 'v', '2', 1.0), ('zip', 'v', '2', 'ward', 'v', '1', 1.0)",
            id="no map reaches beyond another",
        ),
    ],
)
def test_a_city_of_few_maps_lacks_nothing(connection: duckdb.DuckDBPyConnection, macros: Any, places: str, bridge: str) -> None:
    connection.execute(f"create table places as select * from (values {places}) as place ({PLACES})")
    rows = f"values {bridge}" if bridge else f"select * from (values {GOOD_BRIDGE}) where false"
    connection.execute(f"create table bridge as select * from ({rows}) as pair ({BRIDGE})")
    assert not connection.execute(macros.bridge_covers_all_places_check("bridge", "places")).fetchall()


@pytest.mark.parametrize(
    ("counts", "bridge", "pairs"),
    [
        pytest.param("('tract', 'v', 'a', 4.0), ('hood', 'v', 'A', 1.0)", GOOD_BRIDGE, set(), id="everybody arrives"),
        pytest.param("('city', 'v', 'c', 4.0)", GOOD_BRIDGE, set(), id="a map that nothing leads from"),
        pytest.param("('tract', 'v', 'b', 0.0)", GOOD_BRIDGE, set(), id="a place without residents"),
        pytest.param("('tract', 'v', 'a', 4.0)", GOOD_BRIDGE.replace("0.5)", "0.4999)", 1), {("tract", "hood")}, id="a part"),
        pytest.param("('tract', 'v', 'a', 4.0), ('tract', 'v', 'b', 1.0)", GOOD_BRIDGE, {("tract", "hood")}, id="a place"),
        pytest.param("('hood', 'v', 'B', 1.0)", GOOD_BRIDGE, {("hood", "tract")}, id="everybody"),
        pytest.param(
            "('tract', 'w', 'a', 4.0)",
            GOOD_BRIDGE.replace("'v', 'a', 'hood'", "'w', 'x', 'hood'"),
            {("tract", "hood")},
            id="a vintage",
        ),
    ],
)
def test_people_lost_between_two_maps_are_found(
    connection: duckdb.DuckDBPyConnection, macros: Any, counts: str, bridge: str, pairs: set[tuple[str, str]]
) -> None:
    connection.execute(f"create table bridge as select * from (values {bridge}) as pair ({BRIDGE})")
    connection.execute(
        "create table counts as select 'x' as race, * "
        f"from (values {counts}) as t (geography_type, geography_vintage, geoid, people)"
    )
    relation = connection.sql(macros.bridge_conserves_counts_check("counts", "bridge", "people", ["race"]))
    found = {(row["geography_type"], row["to_type"]) for row in relation.to_arrow_table().to_pylist()}
    assert found == pairs


@pytest.mark.parametrize(
    ("rows", "bad"),
    [
        pytest.param(
            "('AVE', 'AV', 'street_type'), ('AV', 'AV', 'street_type'), ('MILW', null, 'place')", 0, id="standardised once"
        ),
        pytest.param("('MLK', 'KING', 'alias'), ('KING', 'MARTIN L KING JR', 'alias')", 1, id="an alias of an alias"),
        pytest.param("('AVE', 'AV', 'street_type'), ('AV', 'AVENUE', 'street_type')", 1, id="a standard with another standard"),
    ],
)
def test_standards_that_do_not_stay_are_found(connection: duckdb.DuckDBPyConnection, macros: Any, rows: str, bad: int) -> None:
    connection.execute(f"create table words as select * from (values {rows}) as known (word, standard, part)")
    assert len(connection.execute(macros.standard_form_is_stable_check("words")).fetchall()) == bad


@pytest.mark.parametrize(
    ("district", "bad"),
    [
        pytest.param("st_makeenvelope(-87.9, 43, -87.8, 43.1)", 0, id="in the county"),
        pytest.param("st_makeenvelope(43, -87.9, 43.1, -87.8)", 1, id="axes swapped"),
        pytest.param("st_makeenvelope(2558000, 380000, 2559000, 390000)", 1, id="feet taken for degrees"),
    ],
)
def test_a_map_in_the_wrong_coordinates_is_found(
    connection: duckdb.DuckDBPyConnection, macros: Any, district: str, bad: int
) -> None:
    load_extension(connection, "spatial")
    connection.execute(
        "create table bounded as select 'tract' as geography_type, '2020' as geography_vintage, "
        f"st_makeenvelope(-88, 42.9, -87.8, 43.2) as outline union all select 'police_district', '2009', {district}"
    )
    assert len(connection.execute(macros.maps_overlap_check("bounded")).fetchall()) == bad
