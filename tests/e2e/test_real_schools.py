"""The real deliveries: removals and exams, as their files have them. Deselected without LEVELGROUND_REAL_DELIVERIES."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest

from tests.conftest import CommandLine

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real")]

Milwaukee = tuple[CommandLine, dict[str, Any]]
# Numerator and denominator of groups in Milwaukee's schools, 2024-25; read from the delivered files with csv,
# without the cells of one to four students that the state writes as 0.
COUNTS: dict[str, dict[str, tuple[int, int]]] = {
    "suspensions_per_100_students": {
        "all": (22_364, 65_138), "black": (17_155, 31_662), "hispanic": (3_616, 18_904), "white": (455, 5_580),
    },
    "act_ela_proficient_share": {"all": (843, 3_748), "black": (195, 1_491), "hispanic": (222, 891), "white": (165, 270)},
    "forward_ela_proficient_share": {
        "all": (6_039, 24_150), "black": (840, 5_536), "hispanic": (1_315, 5_301), "white": (1_210, 1_769),
    },
}  # fmt: skip
# Share of the district's students in the rows by race.
COVERED = {"act_ela_proficient_share": 100 * 2_916 / 3_748, "forward_ela_proficient_share": 100 * 14_478 / 24_150}


def rows_of(milwaukee: Milwaukee, measure: str, columns: str) -> dict[str, dict[str, Any]]:
    rows = milwaukee[0].ask(
        f"select race_ethnicity_code as code, {columns} from marts.fct_equity_measures where measure_id = '{measure}' "
        "and geoid = 'MILWAUKEE' and period_start = date '2024-07-01' and period_type = 'school_year' and stratum_type = 'all'"
    )
    return {row["code"]: row for row in rows}


@pytest.mark.parametrize("measure", COUNTS)
def test_counts_are_those_of_the_files(milwaukee: Milwaukee, measure: str) -> None:
    found = rows_of(milwaukee, measure, "numerator, denominator")
    assert {code: (found[code]["numerator"], found[code]["denominator"]) for code in COUNTS[measure]} == COUNTS[measure]


@pytest.mark.parametrize("measure", COVERED)
def test_figures_by_race_hold_for_a_share_of_the_students(milwaukee: Milwaukee, measure: str) -> None:
    found = rows_of(
        milwaukee, measure, "place_coverage_pct, rate_ratio, status_reason, reliability, value_status, known_race_pct"
    )
    black = found["black"]
    assert black["place_coverage_pct"] == pytest.approx(COVERED[measure])
    assert (black["reliability"], black["known_race_pct"]) == ("use_with_caution", None)
    if measure.startswith("act"):
        assert black["rate_ratio"] == pytest.approx((195 / 1_491) / (165 / 270))
    else:
        assert (black["rate_ratio"], black["status_reason"]) == (None, "partly_shown")
    # hidden everywhere: neither zero nor absent
    assert {found[code]["value_status"] for code in ("aian", "nhpi")} == {"suppressed_at_source"}


def test_years_without_a_measurement_have_no_percentage(milwaukee: Milwaukee) -> None:
    ask = milwaukee[0].ask
    rows = ask(
        "select school_year, count(*) as n, count(proficient_pct) as given, min(gap_reason) as gap "
        "from marts.fct_school_assessments where exam = 'forward' group by all order by all"
    )
    assert [(row["school_year"], row["given"] > 0, row["gap"]) for row in rows] == [
        *((year, False, "invalid") for year in ("2018-19", "2020-21", "2021-22", "2022-23")),
        ("2023-24", True, None), ("2024-25", True, None),
    ]  # fmt: skip
    assert sum(row["n"] for row in rows) == 41_404
    (reading,) = ask(
        "select count(*) as n, count(proficient_pct) as given, count(average_score) > 0 as has_scores "
        "from marts.fct_school_assessments where subject = 'reading' and value_status = 'not_collected' "
        "and gap_reason = 'not_collected'"
    )
    assert (reading["given"], reading["has_scores"]) == (0, True) and reading["n"] > 3_000
    (statuses,) = ask(
        "select list(distinct value_status) as statuses from marts.fct_equity_measures where measure_id like 'forward%' "
        "and period_start < date '2023-07-01'"
    )
    assert statuses["statuses"] == ["not_collected"]
    gates = ask(
        "select \"column\", success, severity from quality.gate_results where expectation = 'varying_values' order by all"
    )
    assert {(row["column"], row["success"], row["severity"]) for row in gates} == {
        ("proficient_pct", False, "warning"), ("below_pct", False, "warning"), ("proficient_pct", False, "info"),
        ("below_pct", False, "info"),
    }  # fmt: skip


def test_small_groups_are_in_no_public_file(milwaukee: Milwaukee) -> None:
    """Groups with fewer than 20 students or removals; expulsions, which one measure would leave of the other, of no place."""
    public = milwaukee[0].home / "published" / "levelground_public.duckdb"
    with duckdb.connect(str(public), read_only=True) as con:
        rows = con.execute(
            "select measure_id, geoid, period_type, period_start, race_ethnicity_code, numerator, denominator, "
            "publication_status from published.equity_measures "
            "where measure_id in ('discipline_removals_per_1000', 'suspensions_per_100_students')"
        ).fetchall()
    published = [row for row in rows if row[7] == "published"]
    assert not [row for row in published if row[6] < 20 or 0 < row[5] < 20]
    assert any(row[7] == "suppressed" for row in rows)
    both: dict[tuple[Any, ...], list[float]] = {}
    for row in published:
        both.setdefault(row[1:5], []).append(row[5])
    assert max(map(len, both.values())) == 1
    for measure, place in (("suspensions_per_100_students", "MILWAUKEE"), ("discipline_removals_per_1000", "55079")):
        years = {row[3] for row in published if row[:2] == (measure, place)}
        for year in years - {dt.date(2020, 7, 1)}:
            by_race = {row[4] for row in published if row[:2] == (measure, place) and row[3] == year}
            # suspensions of districts are among the removals of the county, which would leave the small districts of 2023-24
            has_asian = year >= dt.date(2022, 7, 1) and (place, year) != ("MILWAUKEE", dt.date(2023, 7, 1))
            wanted = {"all", "black", "hispanic", "white"} | ({"asian"} if has_asian else set())
            assert wanted <= by_race, (measure, year)


def test_a_zero_of_few_students_is_no_student_and_schools_differ(milwaukee: Milwaukee) -> None:
    """Recomputed from the delivered file with numpy: 17,155 suspensions of 31,662 students, linearized over 153 schools."""
    rows = milwaukee[0].ask(
        "select race_ethnicity_code as code, numerator, denominator, round(place_coverage_pct, 2) as shown, ci_low, ci_high, "
        "rate_ratio_ci_low as ratio_low, rate_ratio_ci_high as ratio_high, status_reason from marts.fct_equity_measures "
        "where measure_id = 'suspensions_per_100_students' and geoid = 'MILWAUKEE' and period_start = date '2024-07-01'"
    )
    found = {row["code"]: row for row in rows}
    black = found["black"]
    assert (black["numerator"], black["denominator"], black["shown"]) == (17_155, 31_662, 99.99)
    # exact limits: 44.04 to 66.67, and 2.489 to 4.871
    assert (black["ci_low"], black["ci_high"]) == pytest.approx((44, 67))
    assert (black["ratio_low"], black["ratio_high"]) == pytest.approx((2.4, 4.9))
    assert (found["aian"]["denominator"], found["aian"]["shown"], found["aian"]["status_reason"]) == (74, 32.6, "partly_shown")
    assert found["nhpi"]["numerator"] is None
