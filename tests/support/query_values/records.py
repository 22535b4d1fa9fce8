"""The values of queries about records, counted from the rows of the facts and of the deliveries."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import groupby

import pytest

from tests.support.query_values.release import Release, Row, check_equal, value_of, wilson, within

DISTRICT = "aldermanic_district"


def districts(release: Release) -> dict[str, tuple[str, str]]:
    """Vintage and code of each district by its name in the views, which has the year of the map."""
    return {
        f"{name} (map of {vintage})": (vintage, geoid)
        for (kind, vintage, geoid), name in release.place_names.items()
        if kind == DISTRICT
    }


def span(release: Release, measure: str, period: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a period of the scorecard."""
    return next(
        (row["period_start"], row["period_end"])
        for row in release.fact("scorecard")
        if (row["measure_id"], row["period"]) == (measure, period)
    )


def requests_of(release: Release, measure: str, row: Row) -> list[Row]:
    """The requests in the district and period of a row of the scorecard."""
    place, days = districts(release)[row["place"]], span(release, measure, row["period"])
    return [
        each
        for each in release.fact("fct_service_requests")
        if (each["aldermanic_district_vintage"], each["aldermanic_district_geoid"]) == place and within(each, *days)
    ]


@value_of("How quickly are requests in my district closed, by race?")
def closed_quickly(release: Release, rows: list[Row]) -> None:
    """The mean of the parts of a district, weighted by where a group lives, is within their shares."""
    measure, two_days = "requests_closed_by_second_day", dt.timedelta(days=2)
    assert len({row["group_name"] for row in rows}) == len(rows), "one row per group"
    assert {row["basis_text"] for row in rows} == {"By where people live"}
    for row in rows:
        if row["closed_pct"] is not None:
            of_tract: dict[str | None, list[bool]] = defaultdict(list)
            for each in requests_of(release, measure, row):
                until = each["service_request_at"] + two_days
                if each["followed_until_at"] >= until:
                    of_tract[each["tract_geoid"]].append(each["closed_at"] is not None and each["closed_at"] <= until)
            shares = [100 * sum(closed) / len(closed) for closed in of_tract.values()]
            assert min(shares) <= row["closed_pct"] <= max(shares), row["group_name"]
        else:
            assert row["status_text"] not in (None, "Shown")


@value_of("Which requests are most frequent in each neighborhood?")
def frequent_requests(release: Release, rows: list[Row]) -> None:
    names, counted = release.place_names, Counter[tuple[str, str | None, str]]()
    shown = {place: name for name, place in districts(release).items()}
    for each in release.fact("fct_service_requests"):
        if each["neighborhood_geoid"] is not None:
            district = shown.get((each["aldermanic_district_vintage"], each["aldermanic_district_geoid"]))
            counted[names["neighborhood", "current", each["neighborhood_geoid"]], district, each["request_type"]] += 1
    most = sorted(counted.items(), key=lambda item: -item[1])[:20]
    assert [row["requests"] for row in rows] == [count for _, count in most]
    for row in rows:
        assert counted[row["neighborhood_name"], row["aldermanic_district_name"], row["request_type"]] == row["requests"]
    delivered = {each["TITLE"] for each in release.delivered("ucc__service_requests")}
    assert {row["request_type"] for row in rows} <= delivered


@value_of("What is the median time to close a request, by district?")
def median_days(release: Release, rows: list[Row]) -> None:
    measure = "request_days_to_close_median"
    for row in rows:
        if row["median_days"] is None:
            continue
        observed = []
        for each in requests_of(release, measure, row):
            end = each["closed_at"] if each["closed_at"] and each["closed_at"] <= each["followed_until_at"] else None
            lasted = ((end or each["followed_until_at"]) - each["service_request_at"]).total_seconds() // 86_400
            if end or lasted >= 0:
                observed.append((max(lasted, 0), end is not None))
        survival, at_risk, median = 1.0, len(observed), None
        for days, same in groupby(sorted(observed), key=lambda item: item[0]):
            events = [is_closed for _, is_closed in same]
            survival *= 1 - sum(events) / at_risk
            at_risk -= len(events)
            if survival <= 0.5 + 1e-12:
                median = days
                break
        assert row["median_days"] == median, row["place"]


@value_of("Which offices employ whom?")
def offices(release: Release, rows: list[Row]) -> None:
    labels = release.labels("dim_race_ethnicity", "race_ethnicity_code")
    employees = release.fact("fct_employees")
    newest = max((each["occurred_on"] for each in employees), default=None)
    counted = Counter(
        (each["employing_department_name"], labels[each["race_ethnicity_code"]])
        for each in employees
        if each["occurred_on"] == newest
    )
    check_equal(rows, [(*key, n) for key, n in counted.items()], "employing_department_name", "group_name", "positions")


@value_of("How has a stock changed?")
def stock_over_time(release: Release, rows: list[Row]) -> None:
    counted = Counter((each["occurred_on"], each["race_ethnicity_code_1997"]) for each in release.fact("fct_employees"))
    dates = {day for day, _ in counted}
    assert {row["snapshot_on"] for row in rows} == dates
    for row in rows:
        key, group = row["snapshot_on"], row["race_ethnicity_code"]
        if group in ("all", "black", "hispanic", "white"):
            everyone = sum(n for (day, _), n in counted.items() if day == key)
            assert row["numerator"] == (everyone if group == "all" else counted[key, group])


@value_of("How sure is a figure by race?")
def searched_share(release: Release, rows: list[Row]) -> None:
    counted = stops_searched(release)
    by_key = {(row["label"], row["denominator"]): row for row in rows if row["value"] is not None}
    labels = release.labels("dim_race_ethnicity", "race_ethnicity_code")
    for (_, group), (searched, asked) in counted.items():
        if group in ("all", "black", "hispanic", "white") and asked:
            row = by_key[labels[group], float(asked)]
            assert row["numerator"] == searched
            assert row["value"] == pytest.approx(100 * searched / asked)
            assert (row["ci_low"], row["ci_high"]) == pytest.approx(wilson(searched, asked))
            assert row["bound_low"] is None or row["bound_low"] <= row["value"] <= row["bound_high"]


def stops_searched(release: Release) -> dict[tuple[int, str], tuple[int, int]]:
    """By year and group: stops with a search, and with an answer to that question."""
    found: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in release.fact("fct_police_stops"):
        for group in ("all", each["race_ethnicity_code"]):
            found[each["occurred_on"].year, group][0] += bool(each["is_person_searched"])
            found[each["occurred_on"].year, group][1] += each["is_person_searched"] is not None
    return {key: (searched, asked) for key, (searched, asked) in found.items()}


@value_of("Which groups are searched most often when stopped?")
def searched_most(release: Release, rows: list[Row]) -> None:
    counted = stops_searched(release)
    year = max(year for year, _ in counted)
    codes = {label: code for code, label in release.labels("dim_race_ethnicity", "race_ethnicity_code").items()}
    assert {row["period"] for row in rows} == {str(year)}
    for row in rows:
        searched, asked = counted.get((year, codes[row["group_name"]]), (0, 0))
        if row["searched_pct"] is not None:
            assert row["searched_pct"] == pytest.approx(100 * searched / asked), row["group_name"]
    [stops] = [each for each in release.fact("dim_source") if each["source"] == "fpc__police_stops"]
    city = {row["city_geoid"] for row in release.fact("release")}
    assert {row["is_stand_in"] for row in rows} == {stops["jurisdiction"] not in city}


@value_of("How do I get from a fact to its dimensions?")
def stops_by_label(release: Release, rows: list[Row]) -> None:
    labels = release.labels("dim_race_ethnicity", "race_ethnicity_code")
    counted = Counter(
        (labels[each["race_ethnicity_code"]], each["race_ethnicity_reported"], each["occurred_on"].weekday() >= 5)
        for each in release.fact("fct_police_stops")
    )
    columns = ("label", "race_ethnicity_reported", "is_weekend", "stop_count")
    check_equal(rows, [(*key, count) for key, count in counted.items()], *columns)


@value_of("Who chose more than one race?")
def several_races(release: Release, rows: list[Row]) -> None:
    counted = Counter(
        (tuple(each["race_ethnicity_set"]), each["race_ethnicity_code"], each["race_ethnicity_code_1997"])
        for each in release.fact("fct_engagement_participation")
        if "black" in (each["race_ethnicity_set"] or ())
    )
    found = [row | {"race_ethnicity_set": tuple(row["race_ethnicity_set"])} for row in rows]
    columns = ("race_ethnicity_set", "race_ethnicity_code", "race_ethnicity_code_1997", "people")
    check_equal(found, [(*key, count) for key, count in counted.items()], *columns)


@value_of("How many events are in each district?")
def calls_by_district(release: Release, rows: list[Row]) -> None:
    names, calls = release.place_names, release.fact("fct_police_calls")
    counted = Counter(
        (
            names.get((DISTRICT, each["aldermanic_district_vintage"], each["aldermanic_district_geoid"]), "place not known"),
            each["aldermanic_district_vintage"],
            each["geocode_quality"],
        )
        for each in calls
    )
    columns = ("district", "aldermanic_district_vintage", "geocode_quality", "call_count")
    check_equal(rows, [(*key, count) for key, count in counted.items()], *columns)
    assert sum(row["call_count"] for row in rows) == len(calls)


@value_of("What is the recovery money for?")
def recovery_money(release: Release, rows: list[Row]) -> None:
    projects = release.fact("fct_arpa_projects")
    newest = max((each["period_end"] for each in projects), default=None)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for each in projects:
        if each["period_end"] == newest:
            groups[each["category_group"], each["primary_population_impact"]].append(each)

    def money(group: list[Row], column: str = "spent_usd") -> Decimal:
        return sum((each[column] for each in group if each[column] is not None), Decimal(0))

    expected = []
    for key, group in groups.items():
        placed = [each for each in group if each["is_in_qualified_census_tract"] is not None]
        share = (
            100 * float(money([each for each in placed if each["is_in_qualified_census_tract"]]) / money(placed))
            if placed
            else None
        )
        expected.append((*key, len(group), float(money(group, "obligated_usd")), float(money(group)), share))
    numbers = ("obligated", "spent")
    found = [row | {name: float(row[name]) for name in numbers} for row in rows]
    check_equal(found, expected, "category_group", "primary_population_impact", "projects", *numbers, "qct_pct")


@value_of("How many children have lead in their blood?")
def lead_tests(release: Release, rows: list[Row]) -> None:
    groups: dict[tuple[int, str], list[float]] = defaultdict(list)
    for each in release.fact("fct_lead_tests"):
        if each["result_ug_dl"] is not None:
            groups[each["occurred_on"].year, each["race_ethnicity_code"]].append(float(each["result_ug_dl"]))
    expected = [
        (*key, len(results), 100 * sum(result >= 3.5 for result in results) / len(results), 5.0 if key[0] < 2022 else 3.5)
        for key, results in groups.items()
        if len(results) >= 20
    ]
    found = [row | {"threshold_of_the_year": float(row["threshold_of_the_year"])} for row in rows]
    check_equal(found, expected, "tested_in", "race_ethnicity_code", "children", "elevated_pct", "threshold_of_the_year")


@value_of("Which input did the city adopt or decline?")
def inputs_and_answers(release: Release, rows: list[Row]) -> None:
    answers = {each["engagement_input_key"]: each for each in release.fact("fct_engagement_responses")}
    themes = {e["stratum_code"]: e["label"] for e in release.fact("dim_stratum") if e["stratum_type"] == "engagement_theme"}
    counted: dict[str | None, Counter[str]] = defaultdict(Counter)
    for each in release.fact("fct_engagement_inputs"):
        if within(each, dt.date(2024, 1, 1), dt.date(2024, 12, 31)):
            answer = answers.get(each["engagement_input_key"], {})
            of_theme = counted[themes.get(each["theme_code"])]
            of_theme["said"] += 1
            of_theme["adopted"] += answer.get("answer_code") in ("adopted", "adapted")
            of_theme["declined"] += answer.get("answer_code") == "declined"
            of_theme["told"] += answer.get("told_on") is not None
            of_theme["in_own"] += each["language_code"] in (answer.get("told_language_codes") or ())
    words = ("said", "adopted", "declined", "told", "in_own")
    expected = [(theme, *(counts[word] for word in words)) for theme, counts in counted.items()]
    check_equal(rows, expected, "theme", "said", "adopted", "declined", "told", "told_in_own_language")


@value_of("Who takes part?")
def participants(release: Release, rows: list[Row]) -> None:
    year = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    everyone = [each for each in release.fact("fct_engagement_participation") if within(each, *year)]
    people = [each for each in everyone if each["age_band_code"] != "under_18"]
    counted = Counter(each["race_ethnicity_code_1997"] for each in people)
    figures = {
        row["race_ethnicity_code"]: row["denominator"]
        for row in release.fact("fct_equity_measures")
        if row["measure_id"] == "engagement_participation_per_1000"
        and (row["period_type"], row["period_start"], row["geography_type"]) == ("year", year[0], "city")
    }
    groups = [row["race_ethnicity_code"] for row in rows]
    shown, residents = sum(counted[group] for group in groups), sum(figures[group] for group in groups)
    for row in rows:
        group = row["race_ethnicity_code"]
        assert row["per_1000"] == pytest.approx(1000 * counted[group] / figures[group]), group
        assert row["representation"] == pytest.approx((counted[group] / shown) / (figures[group] / residents)), group
