"""Removals by school, district and county: each counted once, a vanished group unknown, hidden cells never zero or a student."""

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
    limits = {"source": "s", "cell": "group", "valid_from": dt.date(2018, 7, 1), "valid_to": dt.date(2999, 12, 31)}
    rows = rows_of_model(
        warehouse,
        "int_school_removals__counts",
        int_school_removals__cells=rows_of_model(
            warehouse,
            "int_school_removals__cells",
            fct_school_removals=[BLACK | cell for cell in cells],
            hidden_cell_limits=[limits | {"gap_reason": "understated", "students_at_most": 19}],
        ),
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


FEW = {"removals_count": None, "value_status": "suppressed_at_source", "gap_reason": "zero_of_few", "students_count": 4}


def test_a_cell_hidden_for_its_few_students_is_no_student_without_a_removal(empty_warehouse: EmptyWarehouse) -> None:
    """30 removals of 50 students are shown; 4 Black students and all 4 Asian ones are hidden: 71 of 79 are shown."""
    asian = BLACK | FEW | {"race_ethnicity_code": "asian"}
    doubtful = WHITE | {"school_geoid": "D/C", "removals_count": 0, "students_count": 1}
    nobody = asian | {
        "school_geoid": "D/C",
        "value_status": "computed",
        "gap_reason": None,
        "students_count": 0,
        "removals_count": 0,
    }
    cells = (BLACK, BLACK | FEW | {"school_geoid": "D/B"}, WHITE, asian, nobody, doubtful)
    found = counted(empty_warehouse, *cells)
    assert parts(found["D", "black", "all"]) == (30, 50, "computed")
    assert parts(found["D", "all", "all"]) == (31, 71, "computed")
    assert parts(found["D", "asian", "all"]) == (None, None, "suppressed_at_source")
    shown = {code: found["D", code, "all"]["place_coverage_pct"] for code in ("all", "asian", "black", "white")}
    assert shown == pytest.approx({"all": 100 * 71 / 79, "asian": 0, "black": 100 * 50 / 54, "white": 100})
    assert found["D", "white", "all"]["understated_denominator"] == 1  # of 21: the school of 20 is large enough
    assert found["D", "black", "all"]["full_denominator"] == 54


def test_nothing_is_partly_shown_where_nothing_is_hidden(empty_warehouse: EmptyWarehouse) -> None:
    assert counted(empty_warehouse, BLACK, WHITE)["D", "all", "all"]["place_coverage_pct"] is None


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
