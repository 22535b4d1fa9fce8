"""The macro and the columns that the seeds of a city make of its types of place."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from orchestration.settings import DBT_PROJECT
from orchestration.transform.macros.place_types import (
    INTERFACE,
    further_columns,
    read_place_types,
    with_further_columns,
    write_place_types,
)

TYPES = """\
geography_type,label,named_by,fact_columns,equivalent_to,code_form,note
city,City,,none,,\\d{7},
council_district,Council district,label,geoid_and_vintage,aldermanic_district,\\d,
community_planning_area,Community planning area,code,geoid_and_vintage,neighborhood,,
zcta,ZIP code area,label,none,zcta,\\d{5},
"""
VINTAGES = """\
geography_type,geography_vintage,valid_from,valid_to,is_city_only,boundary_source,boundary_code,block_code,note
council_district,2013,,2023-07-31,true,dpt__districts_2013,district,,
council_district,2023,2023-08-01,,true,dpt__districts_2023,district,,
zcta,2020,,,false,dpt__zip_codes,zip,,
"""
MACROS = DBT_PROJECT / "macros" / "conform"


@pytest.fixture
def seeds(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "place_types.csv", tmp_path / "geography_vintages.csv"
    for file, text in zip(files, (TYPES, VINTAGES), strict=True):
        file.write_text(text, encoding="utf-8")
    return files


class Returned(Exception):
    """The value of a macro that calls `return`, as dbt passes it."""


def rendered(template: str, place_types: Path) -> str:
    """A template with the macros of places."""
    files = (place_types, *(MACROS / f"{name}.sql" for name in ("place_types", "place_columns", "place_conformed", "map_spans")))
    macros = "".join(file.read_text(encoding="utf-8") for file in files)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {"return": _return, "ref": lambda name: name}
    names = re.findall(r"macro (\w+)\(", macros)
    modules: list[Any] = []
    called = {name: functools.partial(_value, modules, f"our_{name}") for name in names}
    modules.append(environment.from_string(macros.replace("{% macro ", "{% macro our_")).make_module(called))
    return environment.from_string(template).render(called)


def _return(value: object) -> None:
    raise Returned(value)


def _value(modules: list[Any], name: str, *args: object, **kwargs: object) -> object:
    try:
        return getattr(modules[0], name)(*args, **kwargs)
    except Returned as returned:
        return returned.args[0]


def test_the_columns_of_tables_md_come_first_and_stay(seeds: tuple[Path, Path], tmp_path: Path) -> None:
    types = read_place_types(*seeds, sources={"dpt__districts_2023"})
    assert [each["geography_type"] for each in types][: len(INTERFACE)] == list(INTERFACE)
    assert [each["vintage"] for each in types][: len(INTERFACE)] == [""] * len(INTERFACE)  # no map of this city
    write_place_types(types, tmp_path / "place_types.sql")
    columns = rendered("{{ piece_columns(of='facts') }}", tmp_path / "place_types.sql")
    assert [column.strip() for column in columns.split(",")] == [
        f"facts.{name}"
        for name in (
            *("tract_geoid", "aldermanic_district_geoid", "aldermanic_district_vintage", "police_district_geoid"),
            *("neighborhood_geoid", "council_district_geoid", "council_district_vintage"),
            *("community_planning_area_geoid", "community_planning_area_vintage"),
        )
    ]


def test_only_delivered_maps_have_a_source(seeds: tuple[Path, Path]) -> None:
    types = {each["geography_type"]: each for each in read_place_types(*seeds, sources={"dpt__districts_2023"})}
    district = types["council_district"]
    assert (district["vintage"], district["is_city_only"]) == ("2023", True)
    assert [(each["vintage"], each["source"]) for each in district["maps"]] == [("2013", ""), ("2023", "dpt__districts_2023")]
    assert types["zcta"]["maps"][0]["source"] == ""


def test_a_type_has_the_measures_and_plan_of_its_equivalent(seeds: tuple[Path, Path], tmp_path: Path) -> None:
    write_place_types(read_place_types(*seeds, sources=()), tmp_path / "place_types.sql")
    template = (
        "{{ council_place_type() }}|{{ equivalent_type_names(['city', 'neighborhood']) }}|{{ planned_type('t') }}|"
        "{{ types_equivalent_to('t') }}|{{ type_names(dated_place_types()) }}"
    )
    council, names, planned, types, dated = rendered(template, tmp_path / "place_types.sql").split("|")
    assert council == "council_district"
    assert names == "'city', 'neighborhood', 'community_planning_area'"
    assert "when 'council_district' then 'aldermanic_district'" in planned
    assert "when 'neighborhood' then ['neighborhood', 'community_planning_area']" in types
    assert dated == "'aldermanic_district', 'council_district', 'community_planning_area'"


def test_a_delivered_code_is_of_the_equivalent_type(seeds: tuple[Path, Path], tmp_path: Path) -> None:
    write_place_types(read_place_types(*seeds, sources=()), tmp_path / "place_types.sql")
    template = "{{ place_conformed('calls', on_date='calls.day', %s='calls.area') }}"
    by_district = " ".join(rendered(template % "aldermanic_district", tmp_path / "place_types.sql").split())
    assert "council_districts.geoid = calls.area" in by_district
    assert "council_districts.geography_vintage as council_district_vintage" in by_district
    assert "cast(null as varchar) as aldermanic_district_geoid" in by_district
    by_police = rendered(template % "police_district", tmp_path / "place_types.sql")
    assert "'none' as geocode_quality" in by_police, "this city has no police districts, and a case needs a condition"
    assert "calls.area" not in by_police


def test_milwaukees_types_add_the_map_of_a_police_district(tmp_path: Path) -> None:
    seeds = DBT_PROJECT / "seeds" / "reference"
    types = read_place_types(seeds / "place_types.csv", seeds / "geography_vintages.csv", sources=())
    assert list(further_columns(types)) == ["police_district_vintage"]
    write_place_types(types, tmp_path / "place_types.sql")
    template = "{{ council_place_type() }} {{ located_place_type() }} {{ planned_type('t') }} {{ types_equivalent_to('t') }}"
    assert rendered(template, tmp_path / "place_types.sql") == "aldermanic_district tract t [t]"


def test_tables_declare_further_columns(seeds: tuple[Path, Path]) -> None:
    columns = further_columns(read_place_types(*seeds, sources=()))
    assert list(columns) == [
        "council_district_geoid", "council_district_vintage", "community_planning_area_geoid", "community_planning_area_vintage",
    ]  # fmt: skip
    text = (DBT_PROJECT / "models" / "marts" / "facts" / "services" / "_services__models.yml").read_text(encoding="utf-8")
    before, after = (yaml.safe_load(each)["models"][0]["columns"] for each in (text, with_further_columns(text, columns)))
    added = [column["name"] for column in after if column not in before]
    assert added == list(columns)
    assert [column for column in after if column in before] == before


def test_an_unchanged_macro_is_not_written_again(seeds: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "registrations" / "place_types.sql"
    types = read_place_types(*seeds, sources=())
    write_place_types(types, path)
    written = path.stat().st_mtime_ns
    write_place_types(types, path)
    assert path.stat().st_mtime_ns == written
