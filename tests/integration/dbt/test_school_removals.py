"""Removals by school, district and county: each counted once, a vanished group unknown, hidden cells never zero."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.integration.dbt.test_measure_figures import Row, rows_of_model
from tests.support.empty_warehouse import EmptyWarehouse

pytestmark = pytest.mark.xdist_group("dbt")

BLACK: Row = {
    "source": "s", "jurisdiction": "55079", "school_district_geoid": "D", "school_geoid": "D/A",
    "period_start": dt.date(2023, 7, 1), "period_end": dt.date(2024, 6, 30), "race_ethnicity_code": "black",
    "stratum_type": "all", "stratum_code": "all", "category": "all", "removals_count": 30, "students_count": 50,
    "value_status": "computed",
}  # fmt: skip
WHITE = BLACK | {"race_ethnicity_code": "white", "removals_count": 1, "students_count": 20}
HIDDEN = {"removals_count": None, "value_status": "suppressed_at_source"}
NEXT_YEAR = {"period_start": dt.date(2024, 7, 1), "period_end": dt.date(2025, 6, 30)}


def counted(
    warehouse: EmptyWarehouse, *cells: dict[str, Any], year: int = 2023, measure: str = "discipline_removals_per_1000"
) -> dict[tuple[str, str, str], Row]:
    """The counts of a measure in a school year, by place, group and stratum."""
    rows = rows_of_model(
        warehouse,
        "int_school_removals__counts",
        fct_school_removals=[BLACK | cell for cell in cells],
        stg_receipts__agreements=[{"source": "s", "race_standard": "spd15_1997"}],
        measure_rules=[{"rule": "min_denominator_records", "value": 20.0}],
    )
    return {
        (row["geoid"], row["race_ethnicity_code"], row["stratum_code"]): row
        for row in rows
        if row["period_start"].year == year and row["measure_id"] == measure
    }


def parts(row: Row) -> tuple[float | None, float | None, str]:
    return row["numerator"], row["denominator"], row["value_status"]


def test_each_removal_counts_once_in_each_place(empty_warehouse: EmptyWarehouse) -> None:
    cells = (
        BLACK, BLACK | {"category": "suspension", "removals_count": 28}, BLACK | {"category": "expulsion", "removals_count": 2},
        BLACK | {"school_geoid": "D/B", "removals_count": 5}, WHITE,
    )  # fmt: skip
    found = counted(empty_warehouse, *cells)
    for place in ("D", "55079"):
        assert parts(found[place, "black", "all"]) == (35, 100, "computed")
        assert parts(found[place, "all", "all"]) == (36, 120, "computed")
    assert parts(found["D/A", "all", "all"]) == (31, 70, "computed")
    assert {row["geography_type"] for row in found.values()} == {"school", "school_district", "county"}
    assert {row["race_standard"] for row in found.values()} == {"spd15_1997"}
    suspended = counted(empty_warehouse, *cells, measure="suspensions_per_100_students")
    assert parts(suspended["D", "black", "all"]) == (28, 50, "computed")


def test_a_hidden_cell_hides_its_group_and_the_total(empty_warehouse: EmptyWarehouse) -> None:
    found = counted(empty_warehouse, BLACK | HIDDEN, WHITE)
    assert parts(found["D", "black", "all"]) == parts(found["D", "all", "all"]) == (None, None, "suppressed_at_source")
    assert parts(found["D", "white", "all"]) == (1, 20, "computed")


def test_a_cell_that_does_not_read_is_not_collected(empty_warehouse: EmptyWarehouse) -> None:
    found = counted(empty_warehouse, BLACK | {"removals_count": None, "value_status": "not_collected"}, WHITE)
    assert parts(found["D", "black", "all"]) == parts(found["D", "all", "all"]) == (None, None, "not_collected")


def test_a_label_without_a_group_may_hide_any(empty_warehouse: EmptyWarehouse) -> None:
    label = HIDDEN | {"race_ethnicity_code": "suppressed_at_source", "students_count": None}
    found = counted(empty_warehouse, label, WHITE, BLACK | {"school_district_geoid": "E", "school_geoid": "E/A"})
    assert found["D", "white", "all"]["value_status"] == "suppressed_at_source"
    assert found["E", "black", "all"]["value_status"] == "computed"
    assert ("D", "suppressed_at_source", "all") not in found


def test_a_group_that_vanished_has_no_value_and_is_not_zero(empty_warehouse: EmptyWarehouse) -> None:
    small = WHITE | {"race_ethnicity_code": "asian", "students_count": 19}
    cells = (BLACK, WHITE, small, BLACK | NEXT_YEAR)
    assert parts(counted(empty_warehouse, *cells)["D", "white", "all"]) == (1, 20, "computed")
    found = counted(empty_warehouse, *cells, year=2024)
    assert parts(found["D", "white", "all"]) == (None, None, "suppressed_at_source")
    assert ("D", "asian", "all") not in found  # so few may have left


def test_other_dimensions_are_strata_and_enter_no_total(empty_warehouse: EmptyWarehouse) -> None:
    men = {"race_ethnicity_code": "all", "stratum_type": "sex", "stratum_code": "male", "removals_count": 20}
    everybody = {"race_ethnicity_code": "all", "removals_count": 99}
    found = counted(empty_warehouse, BLACK, BLACK | men, BLACK | everybody, BLACK | {"stratum_code": "not_mapped"})
    assert parts(found["D", "all", "all"]) == (30, 50, "computed")
    assert parts(found["D", "all", "male"]) == (20, 50, "computed")
    assert not [key for key in found if key[2] == "not_mapped"]
