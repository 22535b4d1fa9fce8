"""The real deliveries: every delivered row and cell, and what is private.

Deselected without LEVELGROUND_REAL_DELIVERIES.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.e2e.conftest import status_of

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

# delivered, staged, rejected, blank, duplicate, superseded; counted independently (csv and pyarrow over the files as found)
ACCOUNTS = {
    "assessor__property_sales": (60_743, 60_490, 12, 2, 102, 137),
    "census__acs_race_tract": (298, 298, 0, 0, 0, 0),
    "census__blocks_2020": (7_458, 7_458, 0, 0, 0, 0),
    "census__tracts_2010": (297, 297, 0, 0, 0, 0),
    "census__tracts_2020": (301, 301, 0, 0, 0, 0),
    "census__zcta_2010": (36, 36, 0, 0, 0, 0),
    "city__addresses": (331_949, 331_949, 0, 0, 0, 0),
    "city__aldermanic_districts_2012": (15, 15, 0, 0, 0, 0),
    "city__aldermanic_districts_2022": (15, 15, 0, 0, 0, 0),
    "city__limits": (1, 1, 0, 0, 0, 0),
    "city__neighborhoods": (190, 190, 0, 0, 0, 0),
    "city__police_districts": (7, 7, 0, 0, 0, 0),
    "comptroller__checkbook": (369_312, 369_312, 0, 0, 0, 0),
    "dcd__foreclosures": (5_205, 5_205, 0, 0, 0, 0),
    "der__employees": (6_304, 6_304, 0, 0, 0, 0),
    "dpi__absenteeism": (25_528, 25_528, 0, 0, 0, 0),
    "dpi__act": (10_167, 10_167, 0, 0, 0, 0),
    "dpi__completion": (7_437, 7_437, 0, 0, 0, 0),
    "dpi__enrollment": (26_105, 26_105, 0, 0, 0, 0),
    "dpi__forward_exam": (41_404, 41_404, 0, 0, 0, 0),
    "dpi__removals": (33_246, 33_246, 0, 0, 0, 0),
    "dpw__lead_service_lines": (77_191, 77_189, 0, 2, 0, 0),
    "fpc__police_stops": (51_920, 51_920, 0, 0, 0, 0),
    "mhd__chronic_disease": (4_326, 4_326, 0, 0, 0, 0),
    "mhd__lead_orders_abated": (632, 631, 0, 0, 1, 0),
    "mhd__lead_orders_open": (229, 229, 0, 0, 0, 0),
    "mmc__court_cases": (65_528, 65_524, 4, 0, 0, 0),
    "mpd__dispatched_calls": (615_342, 101_101, 0, 11_773, 470_085, 32_383),
    "mpd__incidents": (20_246, 20_246, 0, 0, 0, 0),
    "oei__resident_survey": (1_033, 1_033, 0, 0, 0, 0),
    "ucc__service_requests": (9_725, 9_725, 0, 0, 0, 0),
    # cells of columns that became rows
    "census__acs_county": (8_674, 8_674, 0, 0, 0, 0),
    "chr__county_health": (29_492, 29_492, 0, 0, 0, 0),
    "urban__debt_collections": (216, 216, 0, 0, 0, 0),
    "urban__digital_access": (7_280, 7_280, 0, 0, 0, 0),
    "urban__employment": (12_150, 12_150, 0, 0, 0, 0),
    "urban__household_income": (12_150, 12_150, 0, 0, 0, 0),
    "urban__hs_diploma": (12_150, 12_150, 0, 0, 0, 0),
    "urban__juvenile_arrests": (8_748, 8_748, 0, 0, 0, 0),
    "urban__low_birth_weight": (1_368, 1_368, 0, 0, 0, 0),
    "urban__poverty_exposure": (12_140, 12_140, 0, 0, 0, 0),
    "urban__preschool": (12_150, 12_150, 0, 0, 0, 0),
    "urban__student_homelessness": (7_290, 7_290, 0, 0, 0, 0),
}
# Rows and cells that are refused, by column; docs/data_issues.md describes each (ASR-03, ASR-04, DPI-07, MMC-01).
REFUSED_ROWS = {
    ("assessor__property_sales", "price"): 10,
    ("assessor__property_sales", "sold_on"): 2,
    ("mmc__court_cases", "violated_at"): 4,
}
# Percentages of school years in which all are 100.0 (DPI-07).
REFUSED_CELLS = {
    ("assessor__property_sales", "built_year"): 7,
    ("dpi__forward_exam", "proficient_pct"): 23_344,
    ("dpi__forward_exam", "below_pct"): 23_344,
}
COUNTS = ("delivered", "staged", "rejected", "blank", "duplicate", "superseded")


def test_every_row_is_accounted_for(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    _, report = milwaukee
    assert report["outcome"] == "released"
    for source, account in ACCOUNTS.items():
        row = status_of(report, source)
        assert tuple(row[f"rows_{count}"] for count in COUNTS) == account, source
        assert row["verdict"] in ("fresh", "landed_only")


def test_what_is_refused_is_known(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    levelground, _ = milwaukee
    for table, expected in (("rejected_rows", REFUSED_ROWS), ("rejected_values", REFUSED_CELLS)):
        rows = levelground.ask(f'select source, "column", count(*) as n from quality.{table} group by all')
        assert {(row["source"], row["column"]): row["n"] for row in rows} == expected, table


def test_maps_are_not_graded_by_race(milwaukee: tuple[CommandLine, dict[str, Any]]) -> None:
    _, report = milwaukee
    for source in ("city__limits", "city__addresses", "census__tracts_2010"):
        row = status_of(report, source)
        assert (row["readiness_grade"], row["readiness_reasons"]) == ("A", "reference_data")


def test_free_text_and_payees_stay_private(milwaukee: tuple[CommandLine, dict[str, Any]], real_deliveries: Path) -> None:
    """A phrase of a caller's text is nowhere in the home; a payee's name is nowhere in what the public reads or logs hold."""
    levelground, _ = milwaukee
    phrase = b"fear for my safety"
    assert phrase in next((real_deliveries / "ucc__service_requests").glob("*")).read_bytes()
    for path in levelground.home.rglob("*"):
        if path.is_file():
            assert phrase not in path.read_bytes(), path
    columns = levelground.ask("select table_name from information_schema.columns where column_name = 'caller_text'")
    assert columns == []
