"""The figures of the measures' SQL against independent implementations, over rows that a test makes up.

Here: what dbt's unit tests, which compare exactly, cannot check: intervals, Kaplan-Meier, place-weighted variances. Not here: the
rules, which are unit tests next to the models, and the formulas of the schema `stats` (tests/unit/stats).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm

from orchestration.settings import DBT_PROJECT
from tests.support.empty_warehouse import EmptyWarehouse
from tests.support.fuzzing import number_of_examples

pytestmark = pytest.mark.xdist_group("dbt")

Row = dict[str, Any]
Z = 1.959963984540054
SLICE: Row = {
    "measure_id": "m", "measure_version": 1, "source": "s", "jurisdiction": "1", "period_type": "year",
    "period_start": dt.date(2025, 1, 1), "period_end": dt.date(2025, 12, 31), "geography_type": "city",
    "geography_vintage": "current", "geoid": "1", "race_standard": "spd15_1997", "race_ethnicity_code": "all",
    "tabulation": "exclusive", "method": "individual", "stratum_type": "all", "stratum_code": "all",
}  # fmt: skip


def rows_of_model(warehouse: EmptyWarehouse, model: str, **inputs: list[Row]) -> list[Row]:
    """The rows that a model makes of the rows that are given for what it reads; a relation that is not given is empty."""
    (file,) = [path for path in (warehouse.home.dbt / "compiled").rglob(f"{model}.sql") if "__unit_tests.yml" not in str(path)]
    sql = file.read_text(encoding="utf-8")
    cursor = warehouse.con.cursor()
    cursor.execute("use warehouse")
    for name, rows in inputs.items():
        relation = next(
            f'"{database}"."{schema}"."{name}"'
            for database, schema in (
                ("warehouse", "intermediate"),
                ("warehouse", "staging"),
                ("release", "marts"),
                ("release", "reference"),
            )
            if f'"{database}"."{schema}"."{name}"' in sql
        )
        cursor.execute(f"create or replace temp table given_{name} as select * from {relation} limit 0")
        for row in rows:
            columns = ", ".join(row)
            cursor.execute(f"insert into given_{name} ({columns}) values ({', '.join('?' * len(row))})", list(row.values()))
        sql = sql.replace(relation, f"given_{name}")
    found = cursor.execute(sql)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def figure_row(**changes: Any) -> Row:
    return SLICE | {
        "kind": "proportion", "unit": "percent", "race_kind": "category", "value_status": "computed", "is_computable": True,
        "hides_a_race": False, "is_incomplete": False, "is_estimate": False, "minimum_n": 20,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("row", "low", "high"),
    [
        (figure_row(numerator=65, denominator=100), 55.25444, 73.63575),  # Newcombe 1998a
        (figure_row(kind="rate", unit="per_1000", numerator=5, denominator=1000), 1.6234864, 11.6683321),  # Garwood 1936
        (figure_row(kind="rate", unit="per_1000", numerator=65, denominator=1000), 50.163188, 82.849139),  # Breslow and Day 1987
        (figure_row(kind="count", unit="count", numerator=65), 50.163188, 82.849139),
        # a population of 1,000 with a standard error of 100: exp(± z·√(1/100 + 0.1²))
        (
            figure_row(kind="rate", unit="per_1000", numerator=100, denominator=1000, population_moe=164.5),
            100 * np.exp(-Z * np.sqrt(0.02)),
            100 * np.exp(Z * np.sqrt(0.02)),
        ),
        (
            figure_row(method="place_weighted", value=38.0, variance=0.0004, records_count=30),
            38 - 100 * Z * 0.02,
            38 + 100 * Z * 0.02,
        ),
        (figure_row(method="place_weighted", value=99.0, variance=0.0004, records_count=30), 99 - 100 * Z * 0.02, 100),
    ],
)
def test_intervals_of_values(empty_warehouse: EmptyWarehouse, row: Row, low: float, high: float) -> None:
    (found,) = rows_of_model(empty_warehouse, "int_equity_measures__with_intervals", int_equity_measures__with_known_race=[row])
    assert (found["ci_low"], found["ci_high"]) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


PAIR = figure_row(
    is_delivered=False, confidence=0.95, z=Z, factor=100.0, value=50.0, ci_low=40.0, ci_high=60.0, reference_rule="best",
    reference_code="white", reference_value=25.0, reference_ci_low=20.0, reference_ci_high=30.0, numerator=50, denominator=100,
    reference_numerator=100, reference_denominator=400, is_reference_usable=True, is_reference_hidden=False, known_race_pct=95.0,
    has_few_events=False, is_interpolated=False,
)  # fmt: skip
SHARED = {"method": "place_weighted", "variance": 0.0004, "reference_variance": 0.0003, "reference_covariance": 0.0002}


@pytest.mark.parametrize(
    ("changes", "ratio_error", "low", "high"),
    [
        ({}, np.sqrt(1 / 50 - 1 / 100 + 1 / 100 - 1 / 400), None, None),  # Katz
        # MOVER: 25 - √(10² + 5²), 25 + √(10² + 5²)
        ({"kind": "rate"}, np.sqrt(1 / 50 + 1 / 100), 25 - np.sqrt(125), 25 + np.sqrt(125)),
        (
            {"kind": "rate", "denominator_cv": 0.1},
            np.sqrt(1 / 50 + 1 / 100 + 0.01),
            25 - np.sqrt(125),
            25 + np.sqrt(125),
        ),
        (
            {"kind": "median", "is_delivered": True},
            np.sqrt(np.log(60 / 40) ** 2 + np.log(30 / 20) ** 2) / 2 / Z,
            25 - np.sqrt(125),
            25 + np.sqrt(125),
        ),
        # both share their tracts: what they have in common counts once
        (
            SHARED | {"is_delivered": True},
            np.sqrt(0.0004 / 0.5**2 + 0.0003 / 0.25**2 - 2 * 0.0002 / 0.5 / 0.25),
            25 - 100 * Z * np.sqrt(0.0003),
            25 + 100 * Z * np.sqrt(0.0003),
        ),
        # a share of moved people is no sample of them
        ({"is_interpolated": True}, None, None, None),
        ({"reference_rule": "overall"}, None, None, None),
        ({"interval_basis": "none"}, None, None, None),
        ({"tabulation": "alone_or_in_combination"}, None, None, None),
    ],
    ids=[
        "proportion",
        "rate",
        "rate_with_margin",
        "median",
        "place_weighted",
        "interpolated",
        "overall",
        "census",
        "in_combination",
    ],
)
def test_intervals_of_comparisons(
    empty_warehouse: EmptyWarehouse, changes: Row, ratio_error: float | None, low: float | None, high: float | None
) -> None:
    (found,) = rows_of_model(
        empty_warehouse,
        "int_equity_measures__compared",
        int_equity_measures__with_reference=[PAIR | changes],
        stg_receipts__settings=[{"city_geoid": "1"}],
    )
    assert (found["rate_ratio"], found["rate_difference"]) == (2.0, 25.0)
    if ratio_error is None:
        assert found["rate_ratio_ci_low"] is None
        assert found["rate_difference_ci_low"] is None
        return
    assert found["rate_ratio_ci_low"] == pytest.approx(2 * np.exp(-Z * ratio_error))
    assert found["rate_ratio_ci_high"] == pytest.approx(2 * np.exp(Z * ratio_error))
    if low is not None:
        assert (found["rate_difference_ci_low"], found["rate_difference_ci_high"]) == (pytest.approx(low), pytest.approx(high))


def test_everyone_else_has_an_interval_of_a_rate_too(empty_warehouse: EmptyWarehouse) -> None:
    """Without it the difference of a rate from the rest would have none."""
    row = figure_row(
        kind="rate", unit="per_1000", factor=1000.0, confidence=0.95, reference_rule="rest", numerator=30, denominator=1000,
        rest_numerator=65, rest_denominator=1000, is_delivered=False,
    )  # fmt: skip
    (found,) = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_reference",
        int_equity_measures__with_intervals=[row],
        stg_receipts__settings=[{"city_geoid": "1"}],
    )
    assert found["reference_value"] == 65.0
    limits = (found["reference_ci_low"], found["reference_ci_high"])
    assert limits == (pytest.approx(50.163188), pytest.approx(82.849139))  # Breslow and Day 1987


# Benjamini and Hochberg (1995) JRSS B 57:289, section 4: fifteen p values of one trial, of which four are rejected at 5 %.
TRIAL = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0)


def ratio_of(p_value: float, number: int, error: float = 0.1) -> Row:
    """A ratio whose interval has this two-sided p value."""
    log_ratio = float(norm.isf(p_value / 2)) * error * (-1) ** number
    limits = {"rate_ratio_ci_low": np.exp(log_ratio - Z * error), "rate_ratio_ci_high": np.exp(log_ratio + Z * error)}
    return SLICE | {"geoid": str(number), "rate_ratio": np.exp(log_ratio)} | limits


def significant(warehouse: EmptyWarehouse, rows: list[Row]) -> list[bool | None]:
    found = rows_of_model(warehouse, "int_equity_measures__with_significance", int_equity_measures__compared=rows)
    return [row["is_significant_fdr"] for row in sorted(found, key=lambda row: int(row["geoid"]))]


def test_ratios_are_tested_together_as_benjamini_and_hochberg_do(empty_warehouse: EmptyWarehouse) -> None:
    rows = [ratio_of(p_value, number) for number, p_value in enumerate(TRIAL)]
    alone = [ratio_of(0.0459, 98) | {"period_start": dt.date(2024, 1, 1)}]
    without = [SLICE | {"geoid": "99", "rate_ratio": 0.0}]
    assert significant(empty_warehouse, rows + alone + without) == [True] * 4 + [False] * 11 + [True, None]


def test_schools_that_are_added_do_not_change_the_word_of_the_city(empty_warehouse: EmptyWarehouse) -> None:
    """p = 0.04 is rejected alone; among 21 ratios the smallest p value is to be at most 0.05 / 21 = 0.0024."""
    schools = [ratio_of(0.9, number) | {"geography_type": "school"} for number in range(1, 21)]
    assert significant(empty_warehouse, [ratio_of(0.04, 0), *schools]) == [True] + [False] * 20


@settings(deadline=None, max_examples=number_of_examples(15))
@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=40))
def test_ratios_are_tested_together_as_scipy_does(empty_warehouse: EmptyWarehouse, p_values: list[float]) -> None:
    adjusted = false_discovery_control(p_values)
    found = significant(empty_warehouse, [ratio_of(p_value, number) for number, p_value in enumerate(p_values)])
    clear = np.abs(adjusted - 0.05) > 1e-6  # a p value within the error of the fit may fall on either side
    assert [bool(rejected) for rejected in np.array(found)[clear]] == [bool(p <= 0.05) for p in adjusted[clear]]


def test_a_ratio_is_bounded_by_what_unknown_race_could_change(empty_warehouse: EmptyWarehouse) -> None:
    """Searches of stopped persons, worked by hand: 3,267 of 17,408 against 954 of 11,703, with 99 of 9,219 of unknown race."""
    unknown: Row = {"unknown_records": 9_219, "unknown_numerator": 99, "reference_rule": "fixed", "fixed_reference_code": "white"}
    rows = [
        figure_row(race_ethnicity_code=code, numerator=x, denominator=n, known_race_pct=78.9) | unknown
        for code, x, n in (("black", 3_267, 17_408), ("white", 954, 11_703))
    ]
    estimated = rows_of_model(empty_warehouse, "int_equity_measures__with_intervals", int_equity_measures__with_known_race=rows)
    city = {"stg_receipts__settings": [{"city_geoid": "1"}]}
    referenced = rows_of_model(
        empty_warehouse,
        "int_equity_measures__with_reference",
        int_equity_measures__with_intervals=estimated,
        **city,
    )
    found = rows_of_model(
        empty_warehouse, "int_equity_measures__compared", int_equity_measures__with_reference=referenced, **city
    )
    (black,) = (row for row in found if row["race_ethnicity_code"] == "black")
    low, high = 3_267 / (17_408 + 9_120) / ((954 + 99) / (11_703 + 99)), (3_267 + 99) / (17_408 + 99) / (954 / (11_703 + 9_120))
    assert (round(black["rate_ratio"], 3), round(low, 3), round(high, 3)) == (2.302, 1.38, 4.197)
    assert (black["rate_ratio_bound_low"], black["rate_ratio_bound_high"]) == (pytest.approx(low), pytest.approx(high))


def requests(durations: list[tuple[int, bool]]) -> list[Row]:
    place = {
        "tract_geoid": "1",
        "race_standard": "spd15_1997",
        "race_ethnicity_code": "all",
        "stratum_type": "all",
        "stratum_code": "all",
    }
    return [
        {"source": "s", "jurisdiction": "1", "occurred_on": dt.date(2025, 1, 1)}
        | place
        | {"observed_days": days, "is_closed": closed, "requests_count": 1}
        for days, closed in durations
    ]


@settings(deadline=None, max_examples=number_of_examples(40))
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60))
def test_medians_of_durations_are_lifelines(empty_warehouse: EmptyWarehouse, durations: list[tuple[int, bool]]) -> None:
    from lifelines import KaplanMeierFitter  # noqa: PLC0415 - a second to import, on each worker
    from lifelines.utils import median_survival_times  # noqa: PLC0415

    (found,) = rows_of_model(
        empty_warehouse,
        "int_request_days_to_close_median__counts",
        int_service_requests__aggregated=requests(durations),
        int_equity_measures__reporting_grain=[
            {
                "measure_id": "request_days_to_close_median",
                "method": "individual",
                "geography_type": "city",
                "period_type": "year",
            }
        ],
    )
    fitted = KaplanMeierFitter().fit([days for days, _ in durations], [closed for _, closed in durations])
    curve = fitted.survival_function_["KM_estimate"]
    # the first time at which half or less remain; lifelines' own median misses a half of 0.5000000000000001
    below = curve[curve <= 0.5 + 1e-9]
    if below.empty:
        assert (found["value_status"], found["status_reason"], found["value"]) == ("not_observable", "follow_up", None)
        return
    assert found["value"] == below.index[0]
    limits = median_survival_times(fitted.confidence_interval_)
    low, high = float(limits.iloc[0, 0]), float(limits.iloc[0, 1])
    if np.isfinite(high):
        assert (found["ci_low"], found["ci_high"]) == (low, high)
    else:
        assert (found["ci_low"], found["ci_high"]) == (None, None)


def tract(number: int, events: int, residents: int) -> Row:
    return SLICE | {
        "method": "place_weighted", "piece_tract_geoid": str(number), "value_status": "computed", "numerator": events,
        "denominator": residents, "kind": "rate", "population_scheme": "pl_2020", "age_universe": "total", "is_incomplete": False,
    }  # fmt: skip


BASE: Row = {
    "population": "residents", "age_universe": "total", "geography_type": "city", "race_standard": "spd15_1997",
    "population_scheme": "pl_2020", "nearest_from": dt.date(1900, 1, 1), "nearest_to": dt.date(9999, 12, 31),
}  # fmt: skip


def residents_of(number: int, code: str, people: float) -> Row:
    return {
        "population_scheme": "pl_2020", "geography_type": "city", "geography_vintage": "current", "geoid": "1",
        "tract_vintage": "2020", "tract_geoid": str(number), "race_standard": "spd15_1997", "race_ethnicity_code": code,
        "age_universe": "total", "population": people,
    }  # fmt: skip


@settings(deadline=None, max_examples=number_of_examples(15))
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 900), st.integers(1, 900)), min_size=2, max_size=8))
def test_place_weighted_values_are_means_over_where_groups_live(
    empty_warehouse: EmptyWarehouse, tracts: list[tuple[int, int, int]]
) -> None:
    events, black, white = (np.array(part, dtype=float) for part in zip(*tracts, strict=True))
    pieces = [tract(i, int(x), int(b + w)) for i, (x, b, w) in enumerate(zip(events, black, white, strict=True))]
    people = [
        residents_of(i, code, float(part[i]))
        for code, part in (("black", black), ("white", white), ("all", black + white))
        for i in range(len(tracts))
    ]
    measure: list[Row] = [{"measure_id": "m", "measure_version": 1, "unit": "per_1000"}]
    shared = rows_of_model(
        empty_warehouse,
        "int_equity_measures__tract_weights",
        int_equity_measures__with_population=pieces,
        int_population__by_intersection=people,
        dim_measure=measure,
        int_population__bases=[BASE],
    )
    found = {
        row["race_ethnicity_code"]: row
        for row in rows_of_model(
            empty_warehouse, "int_equity_measures__place_weighted", int_equity_measures__tract_weights=shared
        )
    }
    rates, variances = events / (black + white), events / (black + white) ** 2
    weights = {"black": black / black.sum(), "white": white / white.sum()}
    for code, weight in weights.items():
        assert found[code]["value"] == pytest.approx(1000 * (weight * rates).sum())
        assert found[code]["variance"] == pytest.approx((weight**2 * variances).sum())
        assert found[code]["place_coverage_pct"] == 100
    assert found["all"]["value"] == pytest.approx(1000 * events.sum() / (black + white).sum())
    difference = (
        found["black"]["variance"] + found["white"]["variance"] - 2 * found["black"]["covariances"]["white"]
    )  # as int_equity_measures__compared has it
    assert difference == pytest.approx(((weights["black"] - weights["white"]) ** 2 * variances).sum(), abs=1e-15)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.75, 1.0])
def test_errors_of_modelled_estimates_are_correlated(empty_warehouse: EmptyWarehouse, correlation: float) -> None:
    """As the covariance matrix of all tracts has it: σ_s·σ_t times the correlation, and σ² on its diagonal."""
    errors = np.array([0.02, 0.01, 0.03])
    weights = {"black": np.array([0.7, 0.2, 0.1]), "white": np.array([0.1, 0.3, 0.6])}
    shared = [
        SLICE | {
            "method": "place_weighted", "kind": "estimate", "race_ethnicity_code": code, "piece_tract_geoid": str(at),
            "factor": 100.0, "piece_value": 0.1 * (at + 1), "piece_variance": errors[at] ** 2, "weight": weight[at],
            "covered_population": 10.0, "group_population": 10.0, "place_population": 20.0, "is_incomplete": False,
        }
        for code, weight in weights.items()
        for at in range(len(errors))
    ]  # fmt: skip
    rules: list[Row] = [{"rule": "estimate_year_correlation", "value": correlation}, {"rule": "min_place_coverage", "value": 90}]
    inputs: dict[str, Any] = {"int_equity_measures__tract_weights": shared, "measure_rules": rules}
    rows = rows_of_model(empty_warehouse, "int_equity_measures__place_weighted", **inputs)
    found = {row["race_ethnicity_code"]: row for row in rows}
    matrix = np.outer(errors, errors) * np.where(np.eye(len(errors)), 1, correlation)
    for code, weight in weights.items():
        assert found[code]["variance"] == pytest.approx(weight @ matrix @ weight)
    assert found["black"]["covariances"]["white"] == pytest.approx(weights["black"] @ matrix @ weights["white"])


def test_counts_of_2024_codes_are_bridged_to_a_population_of_1997() -> None:
    """MENA counts as white, Hispanic with another comes first, and the row records it; 1997 codes stay."""
    macro = (DBT_PROJECT / "macros" / "measures" / "bridge_to_spd15_1997.sql").read_text(encoding="utf-8")
    sql = (
        jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(macro + "{{ bridge_to_spd15_1997('counts') }}").render()
    )
    with duckdb.connect() as con:
        con.execute(
            "create table counts as from (values ('spd15_2024', 'mena', 'white', 3), "
            "('spd15_2024', 'multiracial', 'hispanic', 2), ('spd15_1997', 'other_race', 'other_race', 4)) "
            "as t (race_standard, race_ethnicity_code, race_ethnicity_code_1997, n)"
        )
        rows = con.execute(f"select race_standard, race_ethnicity_code, bridged, n from ({sql}) order by n").fetchall()
    assert rows == [
        ("spd15_1997", "hispanic", True, 2),
        ("spd15_1997", "white", True, 3),
        ("spd15_1997", "other_race", False, 4),
    ]
