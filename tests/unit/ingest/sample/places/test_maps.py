"""The sample's maps and address index: one ground under all of them, in the coordinate systems of the real files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from duckdb import DuckDBPyConnection

from ingest.sample.places import ground, maps
from ingest.sample.places.houses import addresses, crossing, houses, label_at, long_form, outline, place_of, to_degrees
from warehouse.connection import load_extension

RNG = np.random.default_rng(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    for source in (
        maps.limits, maps.police_districts, maps.neighborhoods, maps.zip_areas, maps.address_index, maps.tracts_2010,
        maps.tracts_2020, maps.districts_2012, maps.districts_2022,
    ):  # fmt: skip
        source.write(folder, RNG)
    return folder


@pytest.fixture
def spatial(con: DuckDBPyConnection) -> Iterator[DuckDBPyConnection]:
    load_extension(con, "spatial")
    yield con


def collection(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))
    return content


def area(ring: list[list[float]]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)) / 2


@pytest.mark.parametrize(
    ("name", "crs", "features", "key"),
    [
        ("CityLimits", "CRS84", 1, "city"),
        ("tracts2010", "32054", 102, "tract_2010"),
        ("tracts2020", "32054", 103, "tract_2020"),
        ("CityofSampletonAldermanicDistrict2012", "CRS84", 15, "aldermanic_2012"),
        ("CityofSampletonAldermanicDistrict2022", "CRS84", 15, "aldermanic_2022"),
        ("spd", None, 7, "POLICE"),
        ("CityNeighborhoods", "32054", 60, "neighborhood"),
        ("ZIPCODES", None, 20, "ZCTA5CE10"),
    ],
)
def test_a_map_is_as_its_real_counterpart(folder: Path, name: str, crs: str | None, features: int, key: str) -> None:
    content = collection(folder, name)
    assert ("crs" in content) == (crs is not None)
    if crs:
        assert content["crs"]["properties"]["name"].endswith(crs)
    assert len(content["features"]) == len({feature["properties"][key] for feature in content["features"]}) == features
    in_feet = name.startswith(("tracts", "spd", "CityN"))
    for feature in content["features"]:
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert len(ring) < 60
        assert area(ring) > 0  # counterclockwise, as the format wants
        assert all((abs(x) > 1_000_000) == in_feet for x, _ in ring)


def test_outlines_hold_every_block_once() -> None:
    for grid in (
        ground.tracts(2010),
        ground.tracts(2020),
        ground.aldermanic_districts(2022),
        ground.police_districts(),
        ground.city(),
    ):
        areas = {label: area([list(corner) for corner in outline(grid, label)]) for label in np.unique(grid[grid > 0]).tolist()}
        assert areas == {label: int((grid == label).sum()) for label in areas}


@pytest.mark.parametrize("holes", [[(2, 2)], [(0, 0), (1, 1)], [(2, 0), (2, 1), (2, 2), (2, 3), (2, 4)]])
def test_an_outline_of_several_pieces_is_refused(holes: list[tuple[int, int]]) -> None:
    grid = np.ones((5, 5), dtype=np.int64)
    for hole in holes:
        grid[hole] = 0
    if holes == [(0, 0), (1, 1)]:
        grid[:] = 1 - grid
    with pytest.raises(ValueError, match="pieces"):
        outline(grid, 1)


def test_tracts_keep_ids_with_other_shapes_are_split_and_merged_and_reach_beyond_the_city() -> None:
    old, new = ground.tracts(2010), ground.tracts(2020)
    shared = set(np.unique(old).tolist()) & set(np.unique(new).tolist())
    assert 0 < len(set(np.unique(new).tolist()) - shared) < 10
    assert 0 < len(set(np.unique(old).tolist()) - shared) < 10
    assert sum(((old == label) != (new == label)).any() for label in shared) == 2 * len(ground.MOVED)
    in_city = {label for label in np.unique(new).tolist() if ground.city()[new == label].any()}
    whole = {label for label in in_city if ground.city()[new == label].all()}
    assert len(whole) < len(in_city) < len(np.unique(new))


def test_both_maps_of_districts_use_the_same_codes_for_other_areas() -> None:
    old, new = ground.aldermanic_districts(2012), ground.aldermanic_districts(2022)
    assert set(np.unique(old).tolist()) == set(np.unique(new).tolist()) == set(range(16))
    assert 0.02 < (old != new).sum() / ground.city().sum() < 0.2
    assert ((old > 0) == (ground.city() > 0)).all()
    assert ((new > 0) == (ground.city() > 0)).all()


def test_degrees_are_those_of_the_spatial_extension(spatial: DuckDBPyConnection) -> None:
    east, north = np.linspace(0, ground.WIDTH, 9), np.linspace(0, ground.HEIGHT, 9)
    x, y = (
        axis.ravel() for axis in np.meshgrid(ground.WEST + east * ground.BLOCK_FEET, ground.SOUTH + north * ground.BLOCK_FEET)
    )
    longitude, latitude = to_degrees(x, y)
    for at in range(len(x)):
        moved = "st_transform(st_point(?, ?), 'EPSG:32054', 'EPSG:4326', always_xy := true)"
        found = spatial.execute(f"select st_x(p), st_y(p) from (select {moved} as p)", [x[at], y[at]]).fetchone()
        assert found == pytest.approx((longitude[at], latitude[at]), abs=2e-9)


def test_a_map_in_feet_and_one_in_degrees_share_their_borders(spatial: DuckDBPyConnection, folder: Path) -> None:
    """The police districts, read as feet and moved, are in the city limits, which are in degrees."""
    in_feet = [json.dumps(feature["geometry"]) for feature in collection(folder, "spd")["features"]]
    limits = json.dumps(collection(folder, "CityLimits")["features"][0]["geometry"])
    moved = "st_transform(st_geomfromgeojson(unnest(?)), 'EPSG:32054', 'EPSG:4326', always_xy := true)"
    inside, whole = spatial.execute(
        f"select sum(st_area(st_intersection(d, l))) / sum(st_area(d)), sum(st_area(d)) / any_value(st_area(l)) "
        f"from (select {moved} as d), (select st_geomfromgeojson(?) as l)",
        [in_feet, limits],
    ).fetchone() or (None, None)
    assert inside == pytest.approx(1, abs=1e-5)
    assert 0.997 < whole < 0.999


def test_houses_are_in_the_city_and_on_every_map() -> None:
    points = houses()
    assert 20_000 < len(points) < 30_000
    assert len(set(addresses())) == len(points)
    assert (points.on(ground.city()) == 1).all()
    for grid in (ground.tracts(2020), ground.aldermanic_districts(2022), ground.neighborhoods(), ground.zip_areas()):
        assert (points.on(grid) > 0).all()
        assert set(points.on(grid).tolist()) <= set(grid.ravel().tolist())
    assert 0 < (points.on(ground.police_districts()) == 0).mean() < 0.005


def test_streets_run_in_the_direction_of_their_names() -> None:
    points, names = houses(), addresses()
    north, south, west, east = (np.array([name.split()[1] == direction for name in names]) for direction in ("N", "S", "W", "E"))
    assert points.y[north].min() > points.y[south].max()
    assert points.x[west].max() < points.x[east].min()
    x, y = place_of(0, 1234)
    assert (float(x), float(y)) != tuple(map(float, place_of(0, 1235)))
    assert label_at(ground.city(), *crossing(0, 160)) == 1
    assert long_form("5951 N 68TH ST") == "5951 North 68th Street"
    assert long_form("12 W SAMPLE AV") == "12 West Sample Avenue"


def test_the_index_has_units_houses_without_a_point_and_no_time(folder: Path) -> None:
    raw = (folder / "addresses-with-coords.csv.gz").read_bytes()
    assert raw[4:8] == b"\0\0\0\0"
    rows = list(csv.DictReader(gzip.decompress(raw).decode("ascii").splitlines()))
    texts = [row["address_string"] for row in rows]
    assert len(set(texts)) == len(rows)
    assert {text.split(" #")[0] for text in texts} == set(addresses())
    assert 0.1 < sum("#" in text for text in texts) / len(rows) < 0.3
    assert 0.003 < sum(row["x"] == "NA" == row["y"] for row in rows) / len(rows) < 0.007
    assert all(2_765_000 < float(row["x"]) < 2_830_000 for row in rows if row["x"] != "NA")
