"""Intervals of events that repeat: over clusters, jointly for groups that share them, against independent computations."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import jinja2
import numpy as np
import pytest
from numpy.typing import NDArray

from orchestration.settings import DBT_PROJECT
from tests.integration.dbt.test_measure_figures import SLICE, Row, Z, figure_row, rows_of_model
from tests.support.empty_warehouse import EmptyWarehouse

pytestmark = pytest.mark.xdist_group("dbt")

MEASURE = "suspensions_per_100_students"
AT = {"measure_id": MEASURE, "geography_type": "city", "geoid": "1", "stratum_type": "all", "stratum_code": "all"}
RULES = [
    {"rule": "min_clusters", "value": 10.0}, {"rule": "limit_digits", "value": 2.0}, {"rule": "confidence", "value": 0.95},
    {"rule": "z_95", "value": Z}, {"rule": "max_cv", "value": 30.0}, {"rule": "min_group_residents", "value": 100.0},
    {"rule": "partly_shown_for_reliable", "value": 90.0}, {"rule": "partly_shown_for_ratio", "value": 70.0},
    {"rule": "known_race_for_reliable", "value": 90.0}, {"rule": "min_geocoded", "value": 90.0},
    {"rule": "max_understated", "value": 10.0}, {"rule": "known_race_for_ratio", "value": 70.0},
    {"rule": "min_reference_share", "value": 5.0},
]  # fmt: skip
REPEATED = [{"measure_id": MEASURE, "clusters_are": "school"}]
# Populations of ten cities, 1920 and 1930: Davison and Hinkley (1997), Bootstrap Methods and Their Application, table 2.1.
CITIES = np.array([[138, 93, 61, 179, 48, 37, 29, 23, 30, 2], [143, 104, 69, 260, 75, 63, 50, 48, 111, 50]], dtype=float)


def figures(events: dict[str, NDArray[np.float64]], students: dict[str, NDArray[np.float64]]) -> list[Row]:
    """Rows of groups with their sums, and with those of everyone else."""
    rows = []
    for code, own in events.items():
        others = [other for other in events if other != code]
        rows.append(
            figure_row(
                **AT, race_ethnicity_code=code, kind="rate", unit="per_100", method="aggregate",
                interval_basis="super_population",
                numerator=own.sum(), denominator=students[code].sum(),
                rest_numerator=sum(events[other].sum() for other in others) if others else None,
                rest_denominator=sum(students[other].sum() for other in others) if others else None,
                reference_rule="rest", minimum_n=20, is_known_once=True,
            )
        )  # fmt: skip
    return rows


def errors(
    warehouse: EmptyWarehouse, events: dict[str, NDArray[np.float64]], students: dict[str, NDArray[np.float64]]
) -> dict[str, Row]:
    clusters = [
        SLICE | AT | {"race_ethnicity_code": code, "cluster_id": f"school {at}", "numerator": x, "denominator": n}
        for code in events
        for at, (x, n) in enumerate(zip(events[code], students[code], strict=True))
        if n > 0
    ]
    names = ("measure_id", "measure_version", "period_start", "period_end", "geography_type", "geoid", "race_ethnicity_code",
             "stratum_type", "stratum_code", "cluster_id", "numerator", "denominator")  # fmt: skip
    residuals = rows_of_model(
        warehouse,
        "int_equity_measures__cluster_residuals",
        int_equity_measures__with_known_race=figures(events, students),
        int_equity_measures__clusters=[{name: row[name] for name in names} for row in clusters],
        repeated_events=REPEATED,
    )
    rows = rows_of_model(
        warehouse,
        "int_equity_measures__cluster_errors",
        int_equity_measures__cluster_residuals=residuals,
        measure_rules=RULES[:1],
    )
    return {row["race_ethnicity_code"]: row for row in rows}


def test_the_variance_of_a_ratio_is_that_of_the_textbook(empty_warehouse: EmptyWarehouse) -> None:
    """R's package boot documents var.linear of these data as 0.03248701: (C - 1) / C of the variance between clusters."""
    (row,) = errors(empty_warehouse, {"black": CITIES[1]}, {"black": CITIES[0]}).values()
    assert row["variance"] * 9 / 10 == pytest.approx(0.03248701, rel=1e-4)
    assert row["clusters"] == 10


def test_fewer_than_ten_clusters_have_no_variance(empty_warehouse: EmptyWarehouse) -> None:
    assert not errors(empty_warehouse, {"black": CITIES[1, :9]}, {"black": CITIES[0, :9]})


def drawn() -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Two groups of 40 schools that suspend often or rarely, of every group; one school has one group only."""
    rng = np.random.default_rng(35)
    habit = rng.gamma(2, 0.5, 40)
    students = {"black": rng.integers(20, 400, 40).astype(float), "white": rng.integers(20, 300, 40).astype(float)}
    students["white"][0] = 0
    events = {code: rng.poisson(students[code] * habit * rate).astype(float) for code, rate in (("black", 0.5), ("white", 0.1))}
    return events, students


def test_groups_that_share_schools_are_compared_with_their_covariance(empty_warehouse: EmptyWarehouse) -> None:
    """The sandwich of a Poisson regression on group, clustered by school: an independent form of the same variances."""
    events, students = drawn()
    found = errors(empty_warehouse, events, students)
    codes = list(events)
    rates = {code: events[code].sum() / students[code].sum() for code in codes}
    # scores of log(rate) by school, and the inverse of the information, which is diagonal: a group's events
    scores = np.column_stack([events[code] - rates[code] * students[code] for code in codes])
    bread = np.diag([1 / events[code].sum() for code in codes])
    of_logs = bread @ (scores.T @ scores) @ bread * 40 / 39
    for at, code in enumerate(codes):
        assert found[code]["variance"] == pytest.approx(of_logs[at, at] * rates[code] ** 2)
    both = dict(found["black"]["covariances"])
    expected = of_logs[0, 1] * rates["black"] * rates["white"]
    # of two groups everyone else is the other one
    assert both["white"] == pytest.approx(expected) and both["rest"] == pytest.approx(expected)
    assert found["black"]["rest_variance"] == pytest.approx(found["white"]["variance"])
    log_error = math.sqrt(of_logs[0, 0] + of_logs[1, 1] - 2 * of_logs[0, 1])
    assert log_error < 0.8 * math.sqrt(of_logs[0, 0] + of_logs[1, 1])  # what they share cancels

    with_intervals = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_intervals",
        int_equity_measures__with_known_race=figures(events, students),
        int_equity_measures__cluster_errors=list(found.values()),
        repeated_events=REPEATED,
        measure_rules=RULES,
    )
    black = next(row for row in with_intervals if row["race_ethnicity_code"] == "black")
    assert black["ci_method"] == "super_population_clustered_linearized"
    exact = [black["value"] * math.exp(sign * Z * math.sqrt(of_logs[0, 0])) for sign in (-1, 1)]
    assert black["ci_low"] <= exact[0] < black["ci_low"] + 1 and black["ci_high"] - 1 < exact[1] <= black["ci_high"]
    assert black["ci_low"] % 1 == black["ci_high"] % 1 == 0  # two digits


def test_limits_are_rounded_outward_to_two_digits(empty_warehouse: EmptyWarehouse) -> None:
    text = (DBT_PROJECT / "macros" / "measures" / "intervals.sql").read_text(encoding="utf-8")
    macros: Any = jinja2.Environment().from_string(text, globals={"rule": lambda name: "2"}).module
    for value, low, high in ((54.23, 54, 55), (0.2449, 0.24, 0.25), (-3.21, -3.3, -3.2), (5.0, 5, 5), (1182.3, 1100, 1200)):
        row = empty_warehouse.con.execute(f"select {macros.rounded_down(value)}, {macros.rounded_up(value)}").fetchone()
        assert row == pytest.approx((low, high))


def test_repeated_events_without_clusters_have_no_interval(empty_warehouse: EmptyWarehouse) -> None:
    events, students = drawn()
    rows = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_intervals",
        int_equity_measures__with_known_race=figures(events, students),
        repeated_events=REPEATED,
        measure_rules=RULES,
    )
    assert {(row["ci_low"], row["ci_method"], row["reliability"]) for row in rows} == {(None, None, "reliable")}
    assert dt.date(2025, 1, 1) in {row["period_start"] for row in rows}
