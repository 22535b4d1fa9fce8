"""Questions that an analyst would ask first, each by a natural query that gave another number from the scorecard or the facts.

The truth is counted from the deliveries, or from the rows of marts with every filter in full.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import CommandLine
from tests.support.kept_readers import kept_reader
from warehouse.paths import Home


@dataclass(frozen=True)
class Asked:
    """The published files of a home, and the deliveries that they are made from."""

    home: Home
    deliveries: Path

    def rows(self, sql: str, *, public: bool = False) -> list[dict[str, Any]]:
        reader = kept_reader(self.home.root, self.home.published_public if public else self.home.published_analyst)
        assert reader is not None
        found: list[dict[str, Any]] = reader.execute(sql).to_arrow_table().to_pylist()
        return found

    def answer(self, sql: str, *, public: bool = False) -> str:
        (row,) = self.rows(f"select cast(answer as varchar) as answer from ({sql}) as asked (answer)", public=public)
        return str(row["answer"])

    def delivered(self, sql: str) -> Any:
        with duckdb.connect() as con:
            found = con.execute(sql.replace("$at", str(self.deliveries))).fetchone()
        assert found is not None
        return found[0]


@pytest.fixture(params=["sample", pytest.param("real", marks=[pytest.mark.real, pytest.mark.xdist_group("real")])])
def asked(request: pytest.FixtureRequest) -> Asked:
    if request.param == "sample":
        return Asked(Home(request.getfixturevalue("first_release")[0]), request.getfixturevalue("sample_city"))
    levelground: CommandLine = request.getfixturevalue("milwaukee")[0]
    return Asked(Home(levelground.home), Path(os.environ["LEVELGROUND_REAL_DELIVERIES"]))


NEWEST_RELEASE = "where filename = (select max(filename) from read_csv('{0}', all_varchar = true, filename = true))"
REMOVALS, ENROLLMENT = "$at/dpi__removals/*.csv", "$at/dpi__enrollment/*.csv"
OF_TRACTS = (
    "geography_type = 'tract' and geography_vintage = '2020' and population_scheme = 'pl_2020' and race_ethnicity_code = 'all' "
    "and age_universe = 'total'"
)
RESIDENTS = "select sum(cast(pop as integer)) from read_csv('$at/census__blocks_2020/*.csv', all_varchar = true)"
# By trap: the natural query, and the number in the deliveries.
DELIVERED = {
    "places, periods and groups of one measure": (
        "select sum(numerator) from figures.by_year where measure_id = 'service_requests_per_1000'",
        "select count(*) from read_csv('$at/ucc__service_requests/*.csv', all_varchar = true)",
    ),
    "a total next to its strata": (
        "select sum(value) from figures.by_year where measure_id = 'payments' and period = '2024'",
        "select sum(amount) from read_parquet('$at/comptroller__checkbook/*.parquet') where year(date) = 2024",
    ),
    "the row of everyone next to groups": (
        "select sum(numerator_of_group) from figures.by_group where measure_id = 'population_by_race'", RESIDENTS,
    ),
    "two maps of tracts lead to each district": (
        "select sum(population * weight) from marts.fct_population inner join maps.tract_2020_to_aldermanic_district_2022 on "
        f"tract_2020_geoid = geoid where {OF_TRACTS}",
        RESIDENTS,
    ),
    "all removals next to suspensions and expulsions": (
        "select sum(removals_count) from analysis.school_removals where school_year = '2023-24'",
        f"select sum(try_cast(count as double)) from read_csv('{REMOVALS}', all_varchar = true, filename = true) "
        f"{NEWEST_RELEASE.format(REMOVALS)} and year = '2023-24' and dimension = 'Race/Ethnicity' and category <> 'all'",
    ),
    "a student is in a row per dimension": (
        "select sum(students_count) from analysis.student_outcomes where metric = 'enrollment' and school_year = '2023-24'",
        f"select sum(try_cast(value as double)) from read_csv('{ENROLLMENT}', all_varchar = true, filename = true) "
        f"{NEWEST_RELEASE.format(ENROLLMENT)} and year = '2023-24' and dimension = 'Race/Ethnicity'",
    ),
}  # fmt: skip
# By trap: the natural query, and one over the rows of marts.
RELEASED = {
    "a month, a quarter and a year are each the latest": (
        "select count(*) from figures.latest where measure_id = 'police_calls_per_1000'", "select 1",
    ),
    "a measure has a row per version": ("select count(*) from figures.latest where measure_id = 'completion_rate'", "select 1"),
    "pooled years next to years": ("select max(period_end - period_start) from figures.by_year", "select 365"),
    "districts of two maps": (
        "select count(*) from figures.by_district where measure_id = 'population_by_race'",
        "select count(*) from marts.dim_geography where is_council_district and valid_to is null and geoid <> 'outside'",
    ),
    "one name for a district on two maps": (
        "select count(distinct aldermanic_district_name) from analysis.police_calls",
        "select count(distinct (aldermanic_district_geoid, aldermanic_district_vintage)) from marts.fct_police_calls "
        "where aldermanic_district_geoid is not null",
    ),
    "figures of another city": (
        "select count(*) from figures.by_year where measure_id = 'stops_searched_share'",
        "select count(*) from marts.scorecard where measure_id = 'stops_searched_share' and period_type = 'year' "
        "and geography_type = 'city' and race_ethnicity_code = 'all' and not is_stand_in",
    ),
    "records of another city": (
        "select count(*) from analysis.police_stops where not is_stand_in",
        "select count(*) from marts.fct_police_stops inner join marts.dim_geography on jurisdiction = geoid "
        "where geography_type = 'city' and scorecard_order = 1",
    ),
    "a stock is counted on each day": (
        "select count(distinct period) from figures.by_neighborhood where measure_id = 'lead_service_lines_per_1000_addresses'",
        "select 1",
    ),
    "records of a stock in each delivery": (
        "select count(*) from analysis.lead_service_lines",
        "select count(*) from marts.fct_lead_service_lines where is_latest_snapshot",
    ),
    "sums up to the end of each report": (
        "select sum(spent_usd) from analysis.arpa_projects", "select sum(spent_in_period_usd) from marts.fct_arpa_projects",
    ),
    "the least of words is the first in the alphabet": (
        "select min(fit_quality)::varchar from marts.bridge_geography",
        "select ['poor', 'fair', 'good', 'exact'][min(list_position(['poor', 'fair', 'good', 'exact'], fit_quality::varchar))] "
        "from marts.bridge_geography",
    ),
}  # fmt: skip
# By trap: a query that gave nothing, or the wrong rows, silently.
REFUSED = {
    "records without a day": "select year(occurred_on), count(*) from analysis.incidents group by all",
    "records without a place": "select neighborhood_geoid, sum(amount_usd) from analysis.payments group by all",
    "a stock summed over its days": "select sum(numerator) from figures.by_snapshot",
    "windows that overlap": "select sum(numerator) from figures.by_window",
    "groups that leave out unknown race": "select sum(numerator) from figures.by_group",
    "a group in a view of everyone": "select value from figures.by_year where group_name = 'Black'",
}


@pytest.mark.parametrize("trap", DELIVERED)
def test_the_natural_query_gives_the_delivered_number(asked: Asked, trap: str) -> None:
    natural, truth = DELIVERED[trap]
    assert float(asked.answer(natural)) == pytest.approx(float(asked.delivered(truth)), rel=1e-9)


@pytest.mark.parametrize("trap", RELEASED)
def test_the_natural_query_gives_the_right_number(asked: Asked, trap: str) -> None:
    natural, truth = RELEASED[trap]
    assert asked.answer(natural) == asked.answer(truth)


@pytest.mark.parametrize("trap", REFUSED)
def test_what_cannot_be_asked_is_refused(asked: Asked, trap: str) -> None:
    with pytest.raises(duckdb.BinderException):
        asked.rows(REFUSED[trap])


def columns(asked: Asked, schema: str, *, public: bool = False) -> dict[str, set[str]]:
    """The columns of each table or view of a schema."""
    listed = f"select table_name, list(column_name) as names from duckdb_columns() where schema_name = '{schema}' group by 1"
    return {row["table_name"]: {*row["names"]} for row in asked.rows(listed, public=public)}


@pytest.mark.parametrize("public", [False, True])
def test_a_view_has_one_row_per_measure_and_what_its_name_lists(asked: Asked, public: bool) -> None:
    views = columns(asked, "figures", public=public)
    assert {"latest", "by_year", "by_quarter", "by_district", "by_neighborhood", "by_group"} <= views.keys()
    for view in views:
        key = ["measure_id", "place", "period"] + ["group_name"] * view.endswith("group")
        once = f"select {', '.join(key)}, population_scheme from figures.{view}"
        repeated = f"select count(*) - count(distinct ({', '.join(key)})) from once"
        bases = "select count(distinct population_scheme) as bases from once group by measure_id, period"
        sql = f"with once as materialized ({once}) select [({repeated}), (select coalesce(max(bases), 0) from ({bases}))]"
        assert asked.answer(sql, public=public) in ("[0, 0]", "[0, 1]"), f"{view}: no row twice, and one denominator"


def test_only_columns_without_a_value_are_left_out(asked: Asked) -> None:
    """By contract, not by content: a column that a source can have stays, if it is empty, too."""
    facts = columns(asked, "marts")
    left_out: dict[str, set[str]] = {}
    for view, names in columns(asked, "analysis").items():
        fact = re.sub("_(total|by_stratum|by_snapshot|by_period)$", "", f"fct_{view}")
        left_out[fact] = left_out.get(fact, set()) | (facts[fact] - names)
    for fact, names in left_out.items():
        counts = ", ".join(f"count({name}) as {name}" for name in sorted(names))
        (row,) = asked.rows(f"select {counts} from marts.{fact}") if names else ({},)
        assert [name for name, count in row.items() if count] == [], fact
