"""Exams by school, district and county: what is shown and how much of the students that is; hidden and unmeasured cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.integration.dbt.test_measure_figures import Row, rows_of_model
from tests.support.empty_warehouse import EmptyWarehouse

pytestmark = pytest.mark.xdist_group("dbt")

ALL: Row = {
    "source": "s", "jurisdiction": "55079", "exam": "act", "subject": "ela", "school_district_geoid": "D", "school_geoid": "D/A",
    "period_start": dt.date(2024, 7, 1), "period_end": dt.date(2025, 6, 30), "dimension_reported": "All Students",
    "race_ethnicity_code": "all", "stratum_type": "all", "stratum_code": "all", "proficient_count": 40, "denominator_count": 100,
    "value_status": "computed",
}  # fmt: skip
OF_RACE = {"dimension_reported": "Race/Ethnicity"}
WHITE = ALL | OF_RACE | {"race_ethnicity_code": "white", "proficient_count": 30, "denominator_count": 50}
BLACK = ALL | OF_RACE | {"race_ethnicity_code": "black", "proficient_count": 8, "denominator_count": 30}
HIDDEN = {
    "proficient_count": None, "denominator_count": None, "value_status": "suppressed_at_source",
    "gap_reason": "suppressed_by_state",
}  # fmt: skip
INVALID = HIDDEN | {"value_status": "not_collected", "gap_reason": "invalid"}


def counted(warehouse: EmptyWarehouse, *cells: dict[str, Any]) -> dict[tuple[str, str, str], Row]:
    """The counts by place, group and stratum."""
    rows = rows_of_model(
        warehouse,
        "int_school_assessments__counts",
        fct_school_assessments=[ALL | cell for cell in cells],
        stg_receipts__agreements=[{"source": "s", "race_standard": "spd15_1997"}],
    )
    return {(row["geoid"], row["race_ethnicity_code"], row["stratum_code"]): row for row in rows}


def parts(row: Row) -> tuple[float | None, float | None, str, str | None]:
    return row["numerator"], row["denominator"], row["value_status"], row["status_reason"]


def test_a_figure_covers_the_schools_that_are_shown_and_has_their_share(empty_warehouse: EmptyWarehouse) -> None:
    second_school = {"school_geoid": "D/B", "denominator_count": 60, "proficient_count": 20}
    found = counted(
        empty_warehouse,
        ALL,
        WHITE,
        BLACK,
        ALL | second_school,
        WHITE | second_school | HIDDEN,
        BLACK | {**second_school, "denominator_count": 40},
    )
    for place in ("D", "55079"):
        assert parts(found[place, "all", "all"]) == (60, 160, "computed", None)
        assert parts(found[place, "white", "all"]) == (30, 50, "computed", None)
        assert parts(found[place, "black", "all"]) == (28, 70, "computed", None)
        assert found[place, "white", "all"]["place_coverage_pct"] == 75  # 120 of 160
        assert found[place, "black", "all"]["place_coverage_pct"] == 75
        assert found[place, "all", "all"]["place_coverage_pct"] is None
    assert found["D/A", "white", "all"]["place_coverage_pct"] == 80
    assert parts(found["D/B", "white", "all"]) == (None, None, "suppressed_at_source", "suppressed_at_source")
    assert found["D/B", "white", "all"]["place_coverage_pct"] == pytest.approx(100 * 40 / 60)
    assert {row["measure_id"] for row in found.values()} == {"act_ela_proficient_share"}
    assert {row["race_standard"] for row in found.values()} == {"spd15_1997"}


def test_a_year_without_a_measurement_is_not_collected(empty_warehouse: EmptyWarehouse) -> None:
    found = counted(empty_warehouse, ALL | INVALID, WHITE | INVALID)
    for group in ("all", "white"):
        assert parts(found["D", group, "all"]) == (None, None, "not_collected", "invalid")
        assert found["D", group, "all"]["place_coverage_pct"] is None


def test_the_fullest_dimension_gives_the_students_of_a_school(empty_warehouse: EmptyWarehouse) -> None:
    men, women = (
        ALL | {"dimension_reported": "Gender", "stratum_type": "sex", "stratum_code": sex, "denominator_count": number}
        for sex, number in (("male", 55), ("female", 35))
    )
    found = counted(empty_warehouse, ALL | HIDDEN, WHITE, BLACK, men, women)
    assert parts(found["D", "all", "all"]) == (80, 90, "computed", None)
    assert found["D", "white", "all"]["place_coverage_pct"] == pytest.approx(100 * 80 / 90)
    assert found["D", "all", "male"]["place_coverage_pct"] == 100


def test_a_hidden_label_is_no_group_and_other_subjects_are_no_measure(empty_warehouse: EmptyWarehouse) -> None:
    label = BLACK | HIDDEN | {"race_ethnicity_code": "suppressed_at_source"}
    found = counted(empty_warehouse, ALL, label, WHITE | {"subject": "reading"}, BLACK | {"period_start": None})
    assert set(found) == {(place, "all", "all") for place in ("D", "D/A", "55079")}


def test_places_of_one_group_are_its_own(empty_warehouse: EmptyWarehouse) -> None:
    other = {"school_district_geoid": "E", "school_geoid": "E/A"}
    found = counted(empty_warehouse, ALL, WHITE, ALL | other, BLACK | other)
    assert ("E", "white", "all") not in found
    assert found["E", "black", "all"]["place_coverage_pct"] == 30
    assert found["55079", "black", "all"]["place_coverage_pct"] == 40


def test_an_absent_group_of_a_partly_shown_place_is_hidden_and_not_zero(empty_warehouse: EmptyWarehouse) -> None:
    cells = list(counted(empty_warehouse, ALL, WHITE).values())
    whole = list(counted(empty_warehouse, ALL, WHITE | {"denominator_count": 100}).values())
    unmeasured = list(counted(empty_warehouse, ALL | INVALID, WHITE | INVALID).values())
    for rows, expected in ((cells, "suppressed_at_source"), (whole, "computed"), (unmeasured, "not_collected")):
        filled = rows_of_model(
            empty_warehouse,
            "int_equity_measures__groups_filled",
            int_equity_measures__unioned=[row | {"tabulation": "exclusive", "bridged": False} for row in rows],
            dim_measure=[{"measure_id": "act_ela_proficient_share", "measure_version": 1, "kind": "proportion"}],
            int_sources__race_codes=[
                {"source": "s", "race_ethnicity_code": name, "is_mapped": True, "is_offered": True} for name in ("black", "white")
            ],
            race_ethnicity=[
                {"race_ethnicity_code": name, "kind": "category", "is_in_spd15_1997": True} for name in ("black", "white")
            ],
        )
        (black,) = (row for row in filled if (row["geoid"], row["race_ethnicity_code"]) == ("D", "black"))
        assert black["value_status"] == expected
        assert (black["numerator"] is None) == (expected != "computed")
        assert black["place_coverage_pct"] is None


def test_the_rest_of_the_students_is_no_known_race(empty_warehouse: EmptyWarehouse) -> None:
    """Students in no row by race are hidden, and not of unknown race: no known share, no bounds. Everyone else: who is shown."""
    rows = [
        row | {"tabulation": "exclusive", "is_incomplete": False, "kind": "proportion"}
        for row in counted(empty_warehouse, ALL, WHITE, BLACK).values()
        if row["geoid"] == "D"
    ]
    found = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_known_race",
        int_equity_measures__with_population=rows,
        dim_measure=[
            {
                "measure_id": "act_ela_proficient_share",
                "measure_version": 1,
                "kind": "proportion",
                "unit": "percent",
                "minimum_n": 20,
            }
        ],
        dim_race_ethnicity=[
            {"race_ethnicity_code": code, "kind": "total" if code == "all" else "category"} for code in ("all", "white", "black")
        ],
    )
    assert len(found) == 3
    for row in found:
        assert row["hides_a_race"] and row["is_computable"]
        assert row["known_race_pct"] is None
        assert row["rest_numerator"] == {"all": None, "white": 8, "black": 30}[row["race_ethnicity_code"]]
        assert row["is_partly_shown"] == (row["race_ethnicity_code"] != "all")
