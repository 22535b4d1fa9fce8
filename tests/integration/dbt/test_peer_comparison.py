"""The gaps of cities, their intervals and ranks, against an independent implementation over cities that a test makes up."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from tests.integration.dbt.test_measure_figures import rows_of_model
from tests.support.empty_warehouse import EmptyWarehouse

pytestmark = pytest.mark.xdist_group("dbt")

Row = dict[str, Any]
Z = norm.ppf(0.975)
OWN = "1"
SHOWN: Row = {
    "measure_id": "m", "measure_version": 1, "period_type": "5_year", "period_start": dt.date(2019, 1, 1),
    "period_end": dt.date(2023, 12, 31), "geography_type": "city", "stratum_type": "all", "race_ethnicity_code": "black",
    "reference_code": "white", "value": 1.0, "rate_ratio": 1.0,
}  # fmt: skip
ESTIMATE: Row = {
    "source": "s", "published_measure": "p", "period_end": dt.date(2023, 12, 31), "geography_type": "city", "stratum_type": "all",
    "bound_kind": "confidence_95", "is_reporting_change": False,
}  # fmt: skip
Limits = tuple[float, float | None, float | None]


def compared(
    warehouse: EmptyWarehouse,
    cities: dict[str, tuple[Limits, Limits]],
    direction: str = "higher",
    bounds: str = "confidence_95",
    unit: str = "percent",
) -> dict[str, Row]:
    """The comparison of cities by the limits of their group and reference group: GEOID → row."""
    rules = [
        {"rule": rule, "value": value}
        for rule, value in (
            ("z_95", Z),
            ("z_90", norm.ppf(0.95)),
            ("peers_least", 5.0),
            ("peer_test_level", 5.0),
            ("peer_rank_widest", 100 / 3),
        )
    ]
    estimates = [
        ESTIMATE
        | {
            "geoid": geoid,
            "race_ethnicity_code": race,
            "value": value,
            "bound_low": low,
            "bound_high": high,
            "bound_kind": bounds,
        }
        for geoid, (group, reference) in cities.items()
        for race, (value, low, high) in (("black", group), ("white", reference))
    ]
    gaps = rows_of_model(
        warehouse,
        "int_peer_comparison__gaps",
        int_equity_measures__compared=[SHOWN],
        published_measures=[{"source": "s", "published_measure": "p", "measure_id": "m", "part": "value"}],
        dim_peer_city=[{"geoid": geoid} for geoid in cities if geoid != OWN],
        stg_receipts__settings=[{"city_geoid": OWN}],
        measure_rules=rules,
        fct_published_estimates=estimates,
    )
    rows = rows_of_model(
        warehouse,
        "fct_peer_comparison",
        int_peer_comparison__gaps=gaps,
        dim_measure=[{"measure_id": "m", "measure_version": 1, "unit": unit, "favourable_direction": direction}],
        stg_receipts__settings=[{"city_geoid": OWN, "city_title": "Own City"}],
        measure_rules=rules,
    )
    return {row["geoid"]: row for row in rows}


def exact(value: float) -> Limits:
    """A figure with hardly any range: one from a figure to itself is none."""
    return value, value - 1e-12, value + 1e-12


def test_the_interval_of_a_gap(empty_warehouse: EmptyWarehouse) -> None:
    """Newcombe (1998, Statistics in Medicine 17:873): 56 of 70 less 48 of 80 is 0.2, from 0.0524 to 0.3339."""
    cities = {str(at): (exact(0.7), exact(0.5)) for at in range(2, 7)}
    cities[OWN] = (0.8, 0.691834, 0.876953), (0.6, 0.490455, 0.700382)
    own = compared(empty_warehouse, cities)[OWN]
    assert [own["gap"], own["gap_ci_low"], own["gap_ci_high"]] == pytest.approx([0.2, 0.0524, 0.3339], abs=1e-4)
    assert own["peers_median_gap"] == pytest.approx(0.2)


def test_a_range_from_a_figure_to_itself_is_none(empty_warehouse: EmptyWarehouse) -> None:
    cities = {str(at): (exact(0.7), exact(0.5)) for at in range(2, 7)}
    cities |= {"7": ((1.0, 1.0, 1.0), exact(0.5)), OWN: ((0.8, 0.7, 0.9), (1.0, 1.0, 1.0))}
    rows = compared(empty_warehouse, cities)
    for geoid in (OWN, "7"):
        assert rows[geoid]["gap"] is not None and rows[geoid]["gap_ci_low"] is None and rows[geoid]["rank_low"] is None
    assert rows["2"]["rank_low"] == 1, "no city is clearly better: the gap of 0.5 of the seventh has no range"


def test_margins_of_90_percent_are_widened(empty_warehouse: EmptyWarehouse) -> None:
    cities = {str(at): (exact(0.7), exact(0.5)) for at in range(2, 7)}
    cities[OWN] = (0.8, 0.8 - norm.ppf(0.95) * 0.1, 0.8 + norm.ppf(0.95) * 0.1), exact(0.6)
    own = compared(empty_warehouse, cities, bounds="margin_90")[OWN]
    assert own["gap_ci_high"] == pytest.approx(0.2 + Z * 0.1, abs=1e-9)


def test_money_is_compared_as_ratio(empty_warehouse: EmptyWarehouse) -> None:
    """40 to 70, limits 30 to 44 and 63 to 77. Peers: 160 to 200 is 0.8.

    As in the city's own figures: ln(44 / 30) / 2 is 0.1915, ln(77 / 63) / 2 is 0.1003, the root of the sum of squares 0.2162.
    """
    cities: dict[str, tuple[Limits, Limits]] = {str(at): (exact(160.0), exact(200.0)) for at in range(2, 7)}
    cities[OWN] = (40.0, 30.0, 44.0), (70.0, 63.0, 77.0)
    own = compared(empty_warehouse, cities, unit="usd")[OWN]
    assert (own["gap"], own["peers_median_gap"], own["gap_kind"]) == (-30.0, -40.0, "ratio")
    assert [own["gap_ratio"], own["peers_median_ratio"]] == pytest.approx([0.5714286, 0.8])
    assert [own["gap_ratio_ci_low"], own["gap_ratio_ci_high"]] == pytest.approx([0.4603, 0.7093], abs=1e-4)
    assert (own["peers_narrower"], own["peers_wider"], own["rank_low"]) == (5, 0, 6), "narrower as ratio, wider in dollars"


@pytest.mark.parametrize("bounds", ["none", "range"])
def test_figures_without_intervals_have_no_ranks(empty_warehouse: EmptyWarehouse, bounds: str) -> None:
    cities = {str(at): ((0.7, 0.6, 0.8), (0.1 * at, 0.1, 0.9)) for at in range(1, 7)}
    rows = compared(empty_warehouse, cities, bounds=bounds)
    assert len(rows) == 6
    assert {(row["rank_low"], row["rank_high"], row["gap_ci_low"], row["gap_ci_high"]) for row in rows.values()} == {(None,) * 4}


def test_a_measure_without_a_favourable_direction_has_no_ranks(empty_warehouse: EmptyWarehouse) -> None:
    cities = {str(at): ((0.7, 0.6, 0.8), (0.1 * at, 0.1 * at - 0.05, 0.1 * at + 0.05)) for at in range(1, 7)}
    rows = compared(empty_warehouse, cities, direction="none")
    assert len(rows) == 6
    assert {(row["rank_low"], row["rank_high"]) for row in rows.values()} == {(None, None)}


def test_fewer_than_five_peers_give_no_comparison(empty_warehouse: EmptyWarehouse) -> None:
    assert not compared(empty_warehouse, {str(at): (exact(0.7), exact(0.5)) for at in range(1, 6)})


def test_only_groups_that_the_city_compares_are_compared(empty_warehouse: EmptyWarehouse) -> None:
    """Not everybody, no group that overlaps with its reference, and no figure that agencies report otherwise than before."""
    published = [SHOWN, SHOWN | {"race_ethnicity_code": "all"}, SHOWN | {"race_ethnicity_code": "hispanic", "rate_ratio": None}]
    figures = [
        ESTIMATE
        | {"geoid": geoid, "race_ethnicity_code": race, "value": 1.0, "is_reporting_change": (geoid, race) == ("3", "black")}
        for geoid in (OWN, "2", "3")
        for race in ("all", "black", "hispanic", "white")
    ]
    gaps = rows_of_model(
        empty_warehouse,
        "int_peer_comparison__gaps",
        int_equity_measures__compared=published,
        published_measures=[{"source": "s", "published_measure": "p", "measure_id": "m", "part": "value"}],
        dim_peer_city=[{"geoid": "2"}, {"geoid": "3"}],
        stg_receipts__settings=[{"city_geoid": OWN}],
        measure_rules=[],
        fct_published_estimates=figures,
    )
    assert {(row["geoid"], row["race_ethnicity_code"]) for row in gaps} == {(OWN, "black"), ("2", "black")}


def test_figures_of_another_window_stratum_or_kind_of_place_are_not_compared(empty_warehouse: EmptyWarehouse) -> None:
    others: tuple[Row, ...] = ({}, {"period_end": dt.date(2018, 12, 31)}, {"stratum_type": "sex"}, {"geography_type": "county"})
    figures = [
        ESTIMATE | {"geoid": geoid, "race_ethnicity_code": race, "value": 1.0} | other
        for geoid in (OWN, "2")
        for race in ("black", "white")
        for other in others
    ]
    gaps = rows_of_model(
        empty_warehouse,
        "int_peer_comparison__gaps",
        int_equity_measures__compared=[SHOWN, SHOWN | {"geography_type": "county"}, SHOWN | {"stratum_type": "sex"}],
        published_measures=[{"source": "s", "published_measure": "p", "measure_id": "m", "part": "value"}],
        dim_peer_city=[{"geoid": "2"}],
        stg_receipts__settings=[{"city_geoid": OWN}],
        measure_rules=[],
        fct_published_estimates=figures,
    )
    assert sorted(row["geoid"] for row in gaps) == [OWN, "2"]


def independent_ranks(gaps: np.ndarray, below: np.ndarray, above: np.ndarray, direction: str) -> list[tuple[int, int]]:
    """Rank bounds by a loop over cities: two-sided normal tests, Holm's step-down procedure among the others of a city."""
    ranks = []
    for own in range(len(gaps)):
        others = [other for other in range(len(gaps)) if other != own]
        p_values = {}
        for other in others:
            higher, lower = (own, other) if gaps[own] > gaps[other] else (other, own)
            error = np.hypot(below[higher], above[lower]) / Z
            p_values[other] = 2 * norm.sf(abs(gaps[own] - gaps[other]) / error)
        significant = []
        for step, other in enumerate(sorted(others, key=p_values.__getitem__)):
            if p_values[other] > 0.05 / (len(others) - step):
                break
            significant.append(other)
        sign = 1 if direction == "higher" else -1
        better = sum(sign * gaps[other] > sign * gaps[own] for other in significant)
        ranks.append((1 + better, len(others) + 1 - (len(significant) - better)))
    return ranks


@pytest.mark.parametrize(("seed", "direction"), [(1, "higher"), (2, "lower"), (3, "higher"), (4, "lower")])
def test_ranks_of_cities(empty_warehouse: EmptyWarehouse, seed: int, direction: str) -> None:
    rng = np.random.default_rng(seed)
    cities, gaps, below, above = {}, [], [], []
    for at in range(1, 14):
        (group, fixed), widths = rng.normal(50, 10, 2), rng.uniform(0.5, 12, 4)
        cities[str(at)] = (group, group - widths[0], group + widths[1]), (fixed, fixed - widths[2], fixed + widths[3])
        gaps.append(group - fixed)
        below.append(np.hypot(widths[0], widths[3]))
        above.append(np.hypot(widths[1], widths[2]))
    rows = compared(empty_warehouse, cities, direction)
    expected = independent_ranks(np.array(gaps), np.array(below), np.array(above), direction)
    assert [(rows[geoid]["rank_low"], rows[geoid]["rank_high"]) for geoid in cities] == expected
    assert len(set(expected)) > 3
    assert rows[OWN]["peers_median_gap"] == pytest.approx(np.median(gaps[1:]))
