"""The values of queries about measures, from records, other tables of the release, or the figures that they are made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest

from tests.support.query_values.records import DISTRICT, districts
from tests.support.query_values.release import Release, Row, check_equal, value_of, wilson

PLACE = ("geography_type", "geography_vintage", "geoid")
SLICE = (
    "measure_id", "measure_version", "period_type", *PLACE, "race_standard", "tabulation", "method", "stratum_type",
    "stratum_code",
)  # fmt: skip


def key_of(row: Row, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


@value_of("Are suspensions unequal by race, and how have they changed?")
def suspensions(release: Release, rows: list[Row]) -> None:
    """Suspensions and students of the schools that show a group; everyone is all groups together."""
    districts = {row["geoid"] for row in release.fact("dim_geography") if row["scorecard_order"] == 2}
    labels = release.labels("dim_race_ethnicity", "race_ethnicity_code")
    counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in release.fact("fct_school_removals"):
        is_shown = (each["stratum_type"], each["category"], each["value_status"]) == ("all", "suspension", "computed")
        if is_shown and each["school_district_geoid"] in districts and each["race_ethnicity_code"] != "all":
            year = f"School year {each['school_year'][:4]}–{each['school_year'][-2:]}"
            for group in ("All", labels[each["race_ethnicity_code"]]):
                counted[year, group][0] += each["removals_count"]
                counted[year, group][1] += each["students_count"]
    assert len({(row["period"], row["group_name"]) for row in rows}) == len(rows), "one row per year and group"
    shown = [row for row in rows if row["per_100_students"] is not None]
    for row in shown:
        removals, students = counted[row["period"], row["group_name"]]
        assert row["per_100_students"] == pytest.approx(100 * removals / students), row
    assert len(shown) > len({row["period"] for row in rows}) or not rows


@value_of("Where is the recovery money spent?")
def money_by_district(release: Release, rows: list[Row]) -> None:
    projects = release.fact("fct_arpa_projects")
    newest = max((each["period_end"] for each in projects), default=None)
    spent: dict[tuple[str, str], float] = defaultdict(float)
    for each in projects:
        if each["period_end"] == newest and each["aldermanic_district_geoid"] is not None:
            place = (each["aldermanic_district_vintage"], each["aldermanic_district_geoid"])
            spent[place] += float(each["spent_usd"] or 0)
    names = districts(release)
    residents = {
        (each["geography_vintage"], each["geoid"]): each["population"]
        for each in release.fact("fct_population")
        if (each["population_scheme"], each["race_ethnicity_code"], each["age_universe"]) == ("pl_2020", "all", "total")
        and each["geography_type"] == DISTRICT
    }
    for row in rows:
        place = names[row["place"]]
        assert row["usd"] == pytest.approx(spent[place]), row["place"]
        assert row["residents"] == pytest.approx(residents[place])
        assert row["usd_per_resident"] == pytest.approx(spent[place] / residents[place])


@value_of("Are gaps closing?")
def gap_trends(release: Release, rows: list[Row]) -> None:
    """Each gap is a difference or ratio of two figures of the group and of its reference group."""
    figures = {
        (*key_of(row, SLICE), row["race_ethnicity_code"], row["period_start"]): row for row in release.fact("fct_equity_measures")
    }
    gaps = {
        key_of(row, ("measure_id", "race_ethnicity_code", "scale", "last_period", "change")): row
        for row in release.fact("fct_gap_trends")
    }
    for row in rows:
        trend = gaps[key_of(row, ("measure_id", "race_ethnicity_code", "scale", "last_period", "change"))]
        for gap, period in (("first_gap", "first_period"), ("last_gap", "last_period")):
            group = figures[*key_of(trend, SLICE), row["race_ethnicity_code"], row[period]]
            other = figures.get((*key_of(trend, SLICE), row["reference_code"], row[period]))
            assert row["reference_code"] == "rest" or other is not None
            reference = group["reference_value"] if other is None else other["value"]
            made = group["value"] - reference if row["scale"] == "absolute" else group["value"] / reference
            assert row[gap] == pytest.approx(made, rel=1e-9), row
        made = row["last_gap"] - row["first_gap"] if row["scale"] == "absolute" else row["last_gap"] / row["first_gap"]
        assert row["change"] == pytest.approx(made, rel=1e-9, abs=1e-9)


@value_of("Which figures of my district differ from the city's?")
def differs_from_city(release: Release, rows: list[Row]) -> None:
    def key(row: Row) -> tuple[Any, ...]:
        return key_of(row, ("measure", "period", "group_name"))

    scorecard = [row for row in release.fact("scorecard") if row["stratum_type"] in ("all", "adjustment")]
    city = {key(row): row["value"] for row in scorecard if row["geography_type"] == "city" and row["value"] is not None}
    expected = [
        (*key(row), row["value"], city[key(row)])
        for row in scorecard
        if row["place"] == "Aldermanic district 5"
        and row["is_latest"]
        and row["status_code"] in ("shown", "zero")
        and row["compared_with_city"] in ("higher", "lower")
    ]
    check_equal(rows, expected, "measure", "period", "group_name", "value", "city_value")
    for row in rows:
        assert (row["value"] > row["city_value"]) == row["compared_with_city_text"].startswith("Higher"), row


@value_of("How does the city compare with other cities?")
def other_cities(release: Release, rows: list[Row]) -> None:
    all_rows = release.fact("fct_peer_comparison")
    peers = {row["geoid"] for row in release.fact("dim_peer_city")}
    slices: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in all_rows:
        slices[key_of(row, ("measure_id", "period_type", "measure_version", "period_start", "group_name"))].append(row)
    newest: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for measure, kind, *period, _ in slices:
        newest[measure, kind] = max(newest.get((measure, kind), ()), tuple(period))
    expected = []
    for (measure, kind, version, start, _), cities in slices.items():
        if newest[measure, kind] == (version, start):
            [own] = [row for row in cities if row["geoid"] not in peers]
            expected.append((measure, own["place"], own["group_name"], own["value"], own["gap"], len(cities) - 1))
    check_equal(rows, expected, "measure_id", "place", "group_name", "value", "gap", "peers")
    assert len({(row["measure_id"], row["group_name"]) for row in rows}) == len(rows), "one row per measure and group"
    for row in rows:
        if row["rank_low"] is not None:
            assert 1 <= row["rank_low"] <= row["rank_high"] <= row["peers"] + 1


@value_of("Why is a ratio missing?")
def ratios_of_stops(release: Release, rows: list[Row]) -> None:
    found = {
        (row["period_start"], row["race_ethnicity_code"]): row
        for row in release.fact("fct_equity_measures")
        if (row["measure_id"], row["period_type"]) == ("stops_searched_share", "quarter")
    }
    assert len(found) == len(rows), "one row per quarter and group"
    for row in rows:
        figure = found[row["period_start"], row["race_ethnicity_code"]]
        if row["rate_ratio"] is None:
            assert row["status_reason"] is not None
        else:
            reference = found[row["period_start"], row["reference_code"]]
            assert row["rate_ratio"] == pytest.approx(figure["value"] / reference["value"])
            assert row["rate_difference"] == pytest.approx(figure["value"] - reference["value"])


@value_of("How many values are missing, and why?")
def missing_values(release: Release, rows: list[Row]) -> None:
    figures = release.fact("fct_equity_measures")
    counted = Counter(key_of(row, ("measure_id", "value_status", "status_reason")) for row in figures)
    check_equal(rows, [(*key, n) for key, n in counted.items()], "measure_id", "value_status", "status_reason", "row_count")
    assert sum(row["row_count"] for row in rows) == len(figures)


@value_of("Is the city's staff like the labor force?")
def staff_and_labor_force(release: Release, rows: list[Row]) -> None:
    employees = release.fact("fct_employees")
    newest = max(each["occurred_on"] for each in employees)
    box = {"asian": "asian_or_nhpi", "nhpi": "asian_or_nhpi"}  # form EEO-4 has one
    counted = Counter(
        box.get(each["race_ethnicity_code_1997"], each["race_ethnicity_code_1997"])
        for each in employees
        if each["occurred_on"] == newest
    )
    labels = release.labels("dim_race_ethnicity", "label", "race_ethnicity_code")
    assert len({row["label"] for row in rows}) == len(rows), "one row per group"
    for row in rows:
        code = labels[row["label"]]
        assert row["positions"] == (sum(counted.values()) if code == "all" else counted[code]), code
        assert row["per_1000"] == pytest.approx(1000 * row["positions"] / row["labor_force"])


@value_of("Which languages does each district need?")
def languages(release: Release, rows: list[Row]) -> None:
    """The people of each district are those of its tracts, by the bridge between both maps."""
    labels = {row["language_group_code"]: row["label"] for row in release.rows("reference.language_groups")}
    need, weights = release.fact("fct_language_need"), defaultdict(list)
    of_tract = {
        (row["geography_vintage"], row["geoid"], row["language_group_code"]): row
        for row in need
        if row["geography_type"] == "tract"
    }
    vintages = {vintage for vintage, _, _ in of_tract}
    for row in release.fact("bridge_geography"):
        kinds = (row["from_type"], row["to_type"], row["to_vintage"])
        if kinds == ("tract", DISTRICT, "2022") and row["from_vintage"] in vintages:
            weights[row["to_geoid"]].append((row["from_vintage"], row["from_geoid"], row["weight"]))
    counted = {
        (district, group): sum(
            of_tract[vintage, tract, group]["lep_people"] * weight
            for vintage, tract, weight in parts
            if (vintage, tract, group) in of_tract
        )
        for district, parts in weights.items()
        for group in ("spanish", "other_asian_and_pacific")
        if district != "outside"
    }
    most = sorted(counted.values(), reverse=True)[:10]
    assert [row["people"] for row in rows] == pytest.approx([round(people) for people in most], abs=1)
    codes = {label: code for code, label in labels.items()}
    for row in rows:
        assert row["people"] == pytest.approx(counted[row["district"], codes[row["languages"]]], abs=0.51)


@value_of("Are goals met?")
def goals(release: Release, rows: list[Row]) -> None:
    titles = release.labels("dim_goal", "goal_id", "title")
    newest: dict[str, Row] = {}
    for row in release.fact("fct_goal_progress"):
        is_newer = row["goal_id"] not in newest or newest[row["goal_id"]]["period_start"] < row["period_start"]
        if row["is_latest"]:
            newest[row["goal_id"]] = row
        assert is_newer or row["goal_id"] in newest
    expected = [(titles[goal], row["period_start"], row["value"], row["status"]) for goal, row in newest.items()]
    check_equal(rows, expected, "title", "period_start", "value", "status")
    assert {row["title"] for row in rows} == {titles[row["goal_id"]] for row in release.fact("fct_goal_progress")}


@value_of("Can I recompute a figure?")
def recomputed(release: Release, rows: list[Row]) -> None:
    counted = {
        key_of(row, ("measure_id", "race_ethnicity_code", "value", "ci_low")): wilson(row["numerator"], row["denominator"])[0]
        for row in release.fact("fct_equity_measures")
        if (row["ci_method"], row["period_type"]) == ("wilson", "year")
    }
    for row in rows:
        assert row["ci_low_again"] == pytest.approx(row["ci_low"], abs=1e-9)
        by_hand = counted[key_of(row, ("measure_id", "race_ethnicity_code", "value", "ci_low"))]
        assert max(by_hand, 0) == pytest.approx(row["ci_low"], abs=1e-9)


@value_of("What is published, hidden or missing?")
def published_or_hidden(release: Release, rows: list[Row]) -> None:
    tests: Counter[tuple[int, str]] = Counter()
    for each in release.fact("fct_lead_tests"):
        if each["is_elevated"] is not None:
            for group in ("all", each["race_ethnicity_code"]):
                tests[each["occurred_on"].year, group] += 1
    for row in rows:
        if row["publication_status"] == "published":
            if row["race_ethnicity_code"] == "all":
                assert row["denominator"] == tests[row["period_start"].year, "all"]
                assert row["value"] == pytest.approx(100 * row["numerator"] / row["denominator"])
        elif row["publication_status"] == "suppressed":
            assert [row[name] for name in ("numerator", "value", "ci_low", "ci_high", "rate_ratio")] == [None] * 5
    [release_row] = release.fact("release")
    assert {row["release_id"] for row in rows} <= {release_row["release_id"]}


@value_of("What do we answer in Hmong?")
def answers_in_hmong(release: Release, rows: list[Row]) -> None:
    """Of the inputs of a year: answers that the person had by the day on which the year is closed."""
    hmong = {row["code"]: row["label"] for row in release.rows("published.labels") if row["language_code"] == "hmn"}
    closed = {row["period_start"].year: row["closed_on"] for row in release.rows("published.engagement_responses")}
    answers = {each["engagement_input_key"]: each for each in release.fact("fct_engagement_responses")}
    counted: dict[tuple[int, str | None], Counter[str]] = defaultdict(Counter)
    for each in release.fact("fct_engagement_inputs"):
        year, answer = each["occurred_on"].year, answers.get(each["engagement_input_key"])
        is_told = bool(answer and year in closed and answer["told_on"] and answer["told_on"] <= closed[year])
        of_theme = counted[year, hmong.get(each["theme_code"])]
        of_theme["inputs"] += 1
        of_theme[answer["answer_code"] if answer and is_told else "pending"] += 1
    assert {row["review_status"] for row in rows} <= {"machine", "reviewed"}
    for row in rows:
        fates = counted[row["period_start"].year, row["theme"]]
        for fate in ("inputs", "adopted", "adapted", "declined", "pending"):
            assert row[f"{fate}_count"] == (fates[fate] if row["publication_status"] == "published" else None), (
                row["theme"],
                fate,
            )


@value_of("How many people live in each district?")
def residents_of_districts(release: Release, rows: list[Row]) -> None:
    """Groups of people who add up to everyone, on the map in force."""
    counted: dict[str, float] = defaultdict(float)
    kinds = {row["race_ethnicity_code"]: row["kind"] for row in release.fact("dim_race_ethnicity")}
    places = {key: row for row in release.fact("dim_geography") for key in [key_of(row, PLACE)]}
    for each in release.fact("fct_population"):
        place = places.get(key_of(each, PLACE))
        is_whole = (each["population_scheme"], each["age_universe"]) == ("pl_2020", "total")
        is_group = kinds[each["race_ethnicity_code"]] in ("category", "combination") and each["race_standard"] == "spd15_1997"
        if place and is_whole and is_group and each["geography_type"] == DISTRICT and place["valid_to"] is None:
            counted[place["name"]] += each["population"]
    check_equal([row | {"residents": float(row["residents"])} for row in rows], counted.items(), "district", "residents")
    check_total(release, rows)


@value_of("How do counts move from one map to another?")
def residents_moved(release: Release, rows: list[Row]) -> None:
    """Blocks carry their district of 2012, so that their sums are the truth that the bridge has to reach."""
    check_total(release, rows)
    delivered = release.delivered("census__blocks_2020")
    if delivered and "aldermanic_2012" in delivered[0]:
        counted: Counter[str] = Counter()
        for block in delivered:
            code = block["aldermanic_2012"].lstrip("0")
            counted[code if code.isdecimal() else "outside"] += int(block["pop"])
        found = {row["district"]: row["residents"] for row in rows}
        # a tract without a block in a district of 2012 is divided by area
        by_area = {
            row["from_geoid"]
            for row in release.fact("bridge_geography")
            if (row["to_type"], row["to_vintage"]) == (DISTRICT, "2012") and row["weight_basis"] != "population"
        }
        moved = sum(int(block["pop"]) for block in delivered if block["GEOID"][:11] in by_area)
        assert sum(abs(found[district] - people) for district, people in counted.items()) <= 2 * moved
        exact = [district for district, people in counted.items() if found[district] == pytest.approx(people)]
        assert len(exact) >= len(found) - 2


def check_total(release: Release, rows: list[Row]) -> None:
    delivered = release.delivered("census__blocks_2020")
    column = "pop" if delivered and "pop" in delivered[0] else None
    if column:
        assert sum(row["residents"] for row in rows) == pytest.approx(sum(int(block[column]) for block in delivered))
    whole = ("pl_2020", "tract", "2020", "all", "total")
    names = ("population_scheme", "geography_type", "geography_vintage", "race_ethnicity_code", "age_universe")
    everyone = sum(each["population"] for each in release.fact("fct_population") if key_of(each, names) == whole)
    assert sum(row["residents"] for row in rows) == pytest.approx(everyone)
