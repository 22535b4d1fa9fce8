"""The audit counts the records behind every published median of persons, and its limits, by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.disclosure.inputs.audit_inputs import FIGURES, GRAIN
from expectations.disclosure.inputs.reader import AuditReader
from expectations.disclosure.order_statistics import forbidden_order_statistics
from orchestration.settings import SHARED_SEEDS
from warehouse.connection import attach, scratch

CITY = "5553000"
# 8 positions of two races about 60,000, 6 about 50,000, 20 of one race about 70,000; in level 2 half of those about 60,000
WORLD = f"""
create schema release.marts; create schema release.reference; create schema public.published; create schema disclosure;
create table release.reference.publication_records (
    measure_id varchar, part varchar, records varchar, universe varchar, persons_stay boolean
);
create table release.reference.publication_rules as select * from read_csv('{SHARED_SEEDS}/publication_rules.csv');
create table release.reference.order_statistics as select * from read_csv('{SHARED_SEEDS}/order_statistics.csv');
create table release.marts.dim_race_ethnicity as select * from read_csv('{SHARED_SEEDS}/race_ethnicity.csv');
create table release.marts.dim_source as select * from (values
    ('hr', 'person', 'confidential', 11, 'show', 'always'), ('letters', 'person', 'public', 11, 'show', 'always')
) as t (source, statistical_unit, classification, suppress_below, zeros, protect);
create table release.marts.dim_measure as select * from (values
    ('pay_median', 1, 'median', 'usd', 20, 'person', 'hr', null, null),
    ('engagement_days_to_answer_median', 1, 'median', 'days', 20, 'person', 'letters', null, null),
    ('tenure_median', 1, 'median', 'days', 20, 'person', 'hr', null, null)
) as t (measure_id, measure_version, kind, unit, minimum_n, statistical_unit, source, population, age_universe);
create table release.marts.fct_employees as
    select '{CITY}' as jurisdiction, date '2025-06-30' as occurred_on, race as race_ethnicity_code, level as eeo4_level_code,
        amount::decimal(18, 4) as annual_pay_usd
    from (values
        ('white', '2', 59500.00, 5), ('black', '2', 60499.99, 6), ('black', '3', 60100.00, 5), ('white', '3', 60500.00, 3),
        ('declined', '3', 60000.00, 4), ('white', '3', 69800.00, 20), ('black', '3', 50100.00, 10), ('declined', '3', 49900.00, 1)
    ) as t (race, level, amount, number) cross join range(40) as copies (copy) where copy < number;
create table release.marts.fct_engagement_inputs as
    select '{CITY}' as jurisdiction, date '2024-03-01' as occurred_on, if(n % 2 = 0, 'white', 'black') as race_ethnicity_code,
        'en' as language_code, n::varchar as engagement_input_key from range(30) as t (n);
create table release.marts.fct_engagement_responses as
    select n::varchar as engagement_input_key, date '2024-03-01' + case when n < 12 then 30 else 50 + n::integer end as told_on
    from range(28) as t (n);
create table public.published.goals as select 'fair' as goal_id, 'pay_median' as measure_id;
create table public.published.goal_progress as select 'fair' as goal_id, 60000.0 as value, 50000.0 as comparison_value;
"""
PAY = {
    "measure_id": "pay_median", "measure_version": 1, "period_type": "snapshot", "period_start": "2025-06-30",
    "period_end": "2025-06-30", "geography_type": "city", "geography_vintage": "current", "geoid": CITY,
    "race_standard": "spd15_1997", "race_ethnicity_code": "black", "tabulation": "exclusive", "method": "individual",
    "stratum_type": "all", "stratum_code": "all", "publication_status": "published",
}  # fmt: skip
DAYS = PAY | {
    "measure_id": "engagement_days_to_answer_median", "period_type": "year", "period_start": "2024-01-01",
    "period_end": "2024-12-31",
}  # fmt: skip


@pytest.fixture
def con(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        attach(connection, tmp_path / "release.duckdb", "release")
        attach(connection, tmp_path / "public.duckdb", "public")
        connection.execute(WORLD)
        types = dict.fromkeys((*GRAIN, "publication_status", "reference_code"), "varchar") | dict.fromkeys(FIGURES, "double")
        types |= {"measure_version": "integer", "period_start": "date", "period_end": "date"}
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        connection.execute(f"create table public.published.equity_measures ({columns})")
        yield connection


def _found(con: DuckDBPyConnection, *rows: dict[str, object], ledger: Path | None = None) -> list[str]:
    con.execute("delete from public.published.equity_measures")
    for row in rows:
        places = ", ".join("?" for _ in row)
        con.execute(f"insert into public.published.equity_measures ({', '.join(row)}) values ({places})", list(row.values()))
    return sorted(found.what for found in forbidden_order_statistics(AuditReader(con, ledger=ledger)))


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        # 59,500 to 60,499.99: 5 + 6 + 5 + 4 positions of black and white
        ({"value": 60_000.0}, []),
        ({"value": 60_100.0}, ["value that is no point of the grid"]),
        ({"value": 60_000.0, "ci_low": 60_000.0, "ci_high": 61_000.0}, []),
        # above 60,000 and up to 61,000 are 6 + 5 + 3; of 60,000 and more 4 more
        ({"value": 60_000.0, "ci_low": 59_000.0}, ["ci_low that few records share, or records of one race"]),
        ({"value": 60_000.0, "ci_high": 60_900.0}, ["ci_high that is no point of the grid"]),
        # 69,500 to 70,499.99: 20 positions of white alone
        ({"value": 70_000.0}, ["value that few records share, or records of one race"]),
        # 49,500 to 50,499.99: 11 positions, of black and of unknown race
        ({"value": 50_000.0}, ["value that few records share, or records of one race"]),
        ({"value": 80_000.0}, ["value that few records share, or records of one race"]),
        # at level 2 there are 5 + 6 positions, at level 3 there are 5 of black and 4 of unknown race
        ({"value": 60_000.0, "stratum_type": "eeo4_level", "stratum_code": "2"}, []),
        (
            {"value": 60_000.0, "stratum_type": "eeo4_level", "stratum_code": "3"},
            ["value that few records share, or records of one race"],
        ),
        (
            {"value": 60_000.0, "stratum_type": "job", "stratum_code": "3"},
            ["a median of persons of a stratum whose column no row of order_statistics names"],
        ),
        (
            {"value": 60_000.0, "period_start": "2025-03-31", "period_end": "2025-03-31"},
            ["value that few records share, or records of one race"],
        ),
        ({"value": 60_000.0, "measure_id": "tenure_median"}, ["a median of persons without a grid"]),
        ({"publication_status": "suppressed"}, []),
    ],
)  # fmt: skip
def test_a_median_of_pay_is_a_point_that_many_records_share(
    con: DuckDBPyConnection, shown: dict[str, object], found: list[str]
) -> None:
    assert _found(con, PAY | shown) == found


def test_a_day_of_a_persons_case_is_a_week_that_many_share(con: DuckDBPyConnection) -> None:
    """12 letters were answered after 30 days, one each after 62 to 77 days: 66.5 to 73.4 holds 7."""
    assert _found(con, DAYS | {"value": 28.0}) == []
    assert _found(con, DAYS | {"value": 30.0}) == ["value that is no point of the grid"]
    assert _found(con, DAYS | {"value": 70.0}) == ["value that few records share, or records of one race"]
    assert _found(con, DAYS | {"value": 28.0, "geography_type": "ward"}) == [
        "a median of persons over a column that fct_engagement_inputs lacks: ward_geoid"
    ]


def test_a_comparison_follows_from_the_rounded_figures(con: DuckDBPyConnection) -> None:
    """With 61,480 and 60,480 the exact ratio would be 1.0165, and 60,000 over 60,000 is 1."""
    white = PAY | {"race_ethnicity_code": "white", "value": 60_000.0, "ci_low": 60_000.0, "ci_high": 61_000.0}
    of_white = {"reference_code": "white", "reference_value": 60_000.0}
    black = PAY | {"value": 60_000.0, **of_white, "rate_ratio": 1.0, "rate_difference": 0.0}
    assert _found(con, white, black) == []
    assert _found(con, white, black | {"rate_ratio": 1.0165}) == ["rate_ratio that does not follow from the rounded figures"]
    assert _found(con, white, black | {"rate_difference": 812.6}) == [
        "rate_difference that does not follow from the rounded figures"
    ]
    # limits need the limits of both; with 60,000 to 61,000 twice, √2 · ln(61/60) / 2 = 0.011688
    limits = {"rate_ratio_ci_low": 0.988380, "rate_ratio_ci_high": 1.011757}
    missing = [f"{name} that does not follow from the rounded figures" for name in sorted(limits, reverse=True)]
    assert _found(con, white, black | limits) == sorted(missing)
    both = {"ci_low": 60_000.0, "ci_high": 61_000.0}
    assert _found(con, white, black | both | {"rate_ratio_ci_low": 0.98838004, "rate_ratio_ci_high": 1.01175656}) == []
    assert _found(con, black) == sorted(
        f"{name} that does not follow from the rounded figures" for name in ("rate_ratio", "rate_difference")
    )


def test_goals_and_history_repeat_no_exact_median(con: DuckDBPyConnection) -> None:
    con.execute("update public.published.goal_progress set comparison_value = 50100.5")
    grain = ", ".join(f"{value!r} as {name}" for name, value in PAY.items() if name in GRAIN)
    con.execute(f"create table public.published.as_reported_history as select {grain}, 61480.37 as first_value")
    con.execute(f"create table public.published.as_reported_editions as select {grain}, 61480.37 as edition_value")
    earlier = "an earlier value that is no point of the grid"
    assert _found(con) == ["a value of goal fair that is no point of the grid", earlier, earlier]


def test_what_readers_have_is_not_counted_again(con: DuckDBPyConnection, tmp_path: Path) -> None:
    """A record that left since does not block every release after it; the grid still holds."""
    frozen = PAY | {"value": 80_000.0}
    ledger = tmp_path / "ledger.parquet"
    assert _found(con, frozen) != []
    con.execute(f"copy public.published.equity_measures to '{ledger}' (format parquet)")
    assert _found(con, frozen, ledger=ledger) == []
    assert _found(con, frozen | {"value": 90_000.0}, ledger=ledger) == ["value that few records share, or records of one race"]
