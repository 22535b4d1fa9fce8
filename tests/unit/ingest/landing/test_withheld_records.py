"""A withdrawn record whose absence would read as zero is typed without values, until it comes again or its cell is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.landing import ensure_tables

MakeContract = Callable[..., Contract]
ZONE = "America/Chicago"
HIDES = {"type": "integer", "role": "count", "null_tokens": {"": "suppressed_at_source"}}
COLUMNS: list[dict[str, Any]] = [
    {"name": "year", "type": "integer", "required": True, "role": "period"},
    {"name": "school", "required": True, "role": "category"},
    {"name": "grp", "required": True, "role": "category"},
    {"name": "county", "role": "category"},
    {"name": "students"} | HIDES,
    {"name": "remark", "role": "text"},
]
LOAD = {"mode": "replace_partition", "partition_by": ["year"], "key": ["school", "grp"]}
FIRST = ["2024,A,x,C,10,r", "2024,A,y,C,20,r", "2024,B,x,C,30,r", "2024,B,y,C,40,r", "2025,A,x,C,11,r"]
# a table that lists only what is not zero
NOT_ZERO: list[dict[str, Any]] = [
    {"name": "year", "type": "integer", "required": True, "role": "period"},
    {"name": "tract", "required": True, "role": "geoid"},
    {"name": "parcels", "type": "integer", "required": True, "role": "count"},
    {"name": "foreclosures", "type": "integer", "required": True, "role": "count"},
]
HIDDEN = (2024, "B", "y", None, None, "suppressed_at_source", None)


def csv_of(*records: str) -> str:
    return "\n".join(["year,school,grp,county,students,remark", *records, ""])


@pytest.fixture
def contract(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, load=LOAD)


def hidden(warehouse: Any) -> list[Any]:
    columns = "year, school, grp, county, students, students_missing_reason, remark"
    rows: list[Any] = warehouse.con.execute(
        f"select {columns} from typed.dpt__visits where students is null order by all"
    ).fetchall()
    return rows


def test_a_withdrawn_record_has_no_value_and_is_not_zero(warehouse: Any, contract: Contract) -> None:
    warehouse.take(contract, {"f.csv": csv_of(*FIRST)})
    assert hidden(warehouse) == []
    warehouse.take(contract, {"f.csv": csv_of(*FIRST[:3])})
    assert hidden(warehouse) == [HIDDEN]
    assert len(warehouse.rows()) == 4, "landing holds what was delivered"
    warehouse.take(contract, {"f.csv": csv_of("2025,A,x,C,12,r")})
    assert hidden(warehouse) == [HIDDEN], "a release of another year does not cover it"
    warehouse.take(contract, {"f.csv": csv_of(*FIRST[:4])})
    assert hidden(warehouse) == [], "it was listed again"


@pytest.mark.parametrize(
    "release",
    [["2024,A,x,C,10,r", "2024,A,y,C,20,r"], ["2024,A,x,C,10,r", "2024,A,z,C,20,r", "2024,B,x,C,30,r", "2024,B,z,C,40,r"]],
    ids=["the school is gone", "the group was renamed"],
)
def test_where_a_school_or_a_group_is_missing_there_is_no_cell(warehouse: Any, contract: Contract, release: list[str]) -> None:
    warehouse.take(contract, {"f.csv": csv_of(*FIRST)})
    warehouse.take(contract, {"f.csv": csv_of(*release)})
    assert hidden(warehouse) == []


@pytest.mark.parametrize(
    ("second", "remaining"),
    [
        (["2024,A,White,C,10,r", "2024,B,White,C,30,r"], [("A", "BLACK"), ("B", "BLACK")]),
        (["2024,A,White,C,10,r", "2024,B,White,C,30,r", "2024,B,Chinese,C,5,r"], [("A", "BLACK"), ("B", "BLACK")]),
        (["2024,A,White,C,10,r", "2024,A,Black or African American (Not Hispanic or Latino),C,20,r"], []),
        (["2024,A,White,C,10,r"], [("A", "BLACK")]),
    ],
    ids=["the race is gone", "and another is new", "the race was renamed", "and a school is gone"],
)
def test_a_race_that_every_school_lost_is_hidden(
    make_contract: MakeContract, warehouse: Any, second: list[str], remaining: list[tuple[str, str]]
) -> None:
    """A race that the contract offers is zero where no record has it (`int_equity_measures__groups_filled`)."""
    race = {"name": "grp", "required": True, "role": "race", "vocabulary": "eeo4_hr", "offered": ["WHITE", "BLACK", "HISPANIC"]}
    contract = make_contract(columns=[race if column["name"] == "grp" else column for column in COLUMNS], load=LOAD)
    first = ["2024,A,White,C,10,r", "2024,A,BLACK,C,20,r", "2024,B,White,C,30,r", "2024,B,BLACK,C,40,r"]
    warehouse.take(contract, {"f.csv": csv_of(*first)})
    warehouse.take(contract, {"f.csv": csv_of(*second)})
    assert [(row[1], row[2]) for row in hidden(warehouse)] == remaining
    warehouse.take(contract, {"f.csv": csv_of(*first)})
    assert "BLACK" not in {row[2] for row in hidden(warehouse)}, "it was listed again"


def test_a_withdrawn_record_of_what_is_zero_where_absent_has_no_value(make_contract: MakeContract, warehouse: Any) -> None:
    load = {"mode": "replace_partition", "partition_by": ["year"], "key": ["year", "tract"], "absent": "zero"}
    contract, header = make_contract(columns=NOT_ZERO, load=load), "year,tract,parcels,foreclosures"
    query = "select tract, parcels, foreclosures from typed.dpt__visits order by all"
    warehouse.take(contract, {"f.csv": f"{header}\n2024,1,300,2\n2024,2,400,1\n"})
    warehouse.take(contract, {"f.csv": f"{header}\n2024,1,300,3\n"})
    assert warehouse.con.execute(query).fetchall() == [("1", 300, 3), ("2", None, None)]
    warehouse.take(contract, {"f.csv": f"{header}\n2024,1,300,3\n2024,2,400,5\n"})
    assert warehouse.con.execute(query).fetchall() == [("1", 300, 3), ("2", 400, 5)]


def test_an_older_release_in_the_same_folder_withholds_as_well(make_contract: MakeContract, warehouse: Any) -> None:
    contract = make_contract(columns=COLUMNS, load=LOAD | {"release": {"file_name": r"(\d+)"}})
    warehouse.take(contract, {"1.csv": csv_of(*FIRST), "2.csv": csv_of(*FIRST[:3])})
    assert hidden(warehouse) == [HIDDEN]
    assert len(warehouse.rows()) == 4


def test_a_publisher_that_hides_nothing_withholds_nothing(make_contract: MakeContract, warehouse: Any) -> None:
    plain = make_contract(columns=[{**column, "null_tokens": {}} for column in COLUMNS], load=LOAD)
    warehouse.take(plain, {"f.csv": csv_of(*FIRST)})
    warehouse.take(plain, {"f.csv": csv_of(*FIRST[:3])})
    assert hidden(warehouse) == []


def test_withheld_records_outlive_the_warehouse(warehouse: Any, contract: Contract) -> None:
    for records in (FIRST, [*FIRST[:3], FIRST[4]], [*FIRST[:3][::-1], FIRST[4]]):
        warehouse.take(contract, {"f.csv": csv_of(*records)})
    first = warehouse.store.records()[0].load_id
    warehouse.store.batch(first).unlink()
    warehouse.con.execute("drop schema typed cascade; drop schema withheld cascade; drop schema landing cascade")
    warehouse.con.execute("delete from intake.loads; delete from intake.marks; create schema typed; create schema landing")
    ensure_tables(warehouse.con, contract, ZONE)
    warehouse.landing(contract).restore()
    assert hidden(warehouse) == [HIDDEN]
