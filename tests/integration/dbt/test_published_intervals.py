"""Intervals of published figures against independent arithmetic: margins of error become intervals, published ones stay."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from tests.integration.dbt.test_measure_figures import Row, rows_of_model
from tests.support.empty_warehouse import EmptyWarehouse

pytestmark = pytest.mark.xdist_group("dbt")

FIGURE: Row = {
    "measure_id": "m", "source": "s", "jurisdiction": "55079", "period_type": "5_year", "period_start": dt.date(2019, 1, 1),
    "period_end": dt.date(2023, 12, 31), "geography_type": "county", "geography_vintage": "current", "geoid": "55079",
    "race_standard": "spd15_1997", "race_ethnicity_code": "black", "tabulation": "exclusive", "stratum_type": "all",
    "stratum_code": "all", "part": "value", "bound_kind": "margin_90", "is_crude": False, "is_reporting_change": False,
}  # fmt: skip
Z = 1.959963984540054


def counted(warehouse: EmptyWarehouse, *figures: dict[str, Any]) -> Row:
    rules = [{"rule": "min_denominator_survey", "value": 100.0}, {"rule": "z_95", "value": Z}]
    (row,) = rows_of_model(
        warehouse,
        "int_published_estimates__counts",
        int_published_estimates__windowed=[FIGURE | figure for figure in figures],
        measure_rules=rules,
    )
    return row


def test_a_margin_of_a_median_becomes_an_interval(empty_warehouse: EmptyWarehouse) -> None:
    row = counted(empty_warehouse, {"value": 38_375.0, "moe": 1_399.0})
    half = Z * 1_399 / 1.645
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((38_375 - half, 38_375 + half))
    assert row["interval_method"] == "as_delivered_moe"


def test_margins_of_a_share_become_an_interval(empty_warehouse: EmptyWarehouse) -> None:
    """Census Bureau (2018), Understanding and Using ACS Data, chapter 8: the margin of a proportion of two sums."""
    poor = [{"part": "numerator", "value": 300.0, "moe": 30.0}, {"part": "numerator", "value": 200.0, "moe": 40.0}]
    row = counted(empty_warehouse, *poor, {"part": "denominator", "value": 500.0, "moe": 60.0})
    of_poor, of_all = math.hypot(30, 40), math.sqrt(30**2 + 40**2 + 60**2)
    half = 100 * Z * math.sqrt(of_poor**2 - (0.5 * of_all) ** 2) / 1_000 / 1.645
    assert (row["value"], row["ci_low"], row["ci_high"]) == pytest.approx((50, 50 - half, 50 + half))
    assert row["interval_method"] == "as_delivered_moe"


def test_a_published_interval_stays_and_none_is_invented(empty_warehouse: EmptyWarehouse) -> None:
    published = {"value": 83.8, "bound_low": 72.2, "bound_high": 95.3}
    row = counted(empty_warehouse, published | {"bound_kind": "confidence_95"})
    assert (row["ci_low"], row["ci_high"], row["interval_method"]) == (72.2, 95.3, None)
    for kind in ("range", "none"):
        row = counted(empty_warehouse, published | {"bound_kind": kind})
        assert (row["ci_low"], row["ci_high"]) == (None, None)
