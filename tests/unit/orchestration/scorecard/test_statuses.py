"""Pages give the status of a figure wherever they list it: in tables over time, of topics, of newer periods and of goals."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from orchestration.scorecard import write_site
from tests.support.scorecard_pages import table_rows, words
from tests.support.scorecard_release import YEAR, measure, planted, row, write_public_file
from tests.unit.orchestration.scorecard.test_topics import figure

DISTRICT = {"geography_type": "aldermanic_district", "geography_vintage": "2022", "geoid": "1", "place": "District 1"}


def year(number: int) -> dict[str, Any]:
    """The columns of an older year of a series."""
    days = {"period_start": dt.date(number, 1, 1), "period_end": dt.date(number, 12, 31)}
    return days | {"is_featured": number == YEAR[0].year, "is_latest": number == YEAR[0].year}


def series() -> list[dict[str, Any]]:
    """A zero that may be a hidden number, a hidden year, a year that trends leave out, and a figure to use with care."""
    unsure = {"status_code": "zero_unsure", "publication_status": "published", "numerator": 0.0, "denominator": 101.0}
    changed = {"trend_from": dt.date(2020, 1, 1), "trend": 2.0, "trend_word": "no_range"}
    return [
        row("sent", "all", 34.3, **year(2024), **changed),
        *(row("sent", "all", 30.0 + number % 100, **year(number)) for number in (2020, 2021, 2022, 2023)),
        row("sent", "black", 51.7, **year(2020), trend_exclusion="Schools taught from home"),
        row("sent", "black", 52.8, **year(2021), reliability="use_with_caution", status_reason="few_events"),
        row("sent", "black", 0.0, **year(2022), **unsure),
        row("sent", "black", None, **year(2023)),
        row("sent", "black", 54.9, **year(2024)),
    ]


def later() -> list[dict[str, Any]]:
    """Two years that the agency contradicts, a wait that is known in districts alone, and a share that is not observable."""
    seen = {"status_reason": "follow_up", "status_code": "not_observable", "publication_status": "not_observable"}
    contradicted = {"status_code": "contradicted", "publication_status": "not_collected"}
    of_districts = DISTRICT | {"period_type": "quarter", "unit": "days", "is_featured": False, "basis": "no_race"}
    quarters = [(dt.date(2024, month, 1), dt.date(2024, month + 2, 30)) for month in (1, 4, 7)]
    return [
        row("homeless", "all", 100.0, **year(2024)),
        row("homeless", "black", 40.0, **year(2024)),
        row("homeless", "all", None, **year(2025), **contradicted),
        row("homeless", "black", None, **year(2025), **contradicted),
        row("homeless", "all", None, **year(2026), **contradicted),
        row("share", "all", 40.0, **year(2024)),
        row("share", "all", None, **year(2025), **seen),
        *(row("homeless", code, value, **(DISTRICT | year(2023) | {"is_featured": False, "is_latest": True}))
          for code, value in (("all", 100.0), ("black", 40.0))),
        row("homeless", "all", None, **(DISTRICT | year(2024) | {"is_featured": False})),
        row("closed", "all", 30.0, **(DISTRICT | year(2023) | {"is_featured": False, "is_latest": True, "city_value": 37.0})),
        row("closed", "all", None, **(DISTRICT | year(2024) | {"is_featured": False, "status_code": "too_few"})),
        *(
            row("wait", "all", 2.0 if number == 0 else None, **of_districts | {
                "period_start": start, "period_end": end, "is_latest": number == 0, **(seen if number else {}),
            })
            for number, (start, end) in enumerate(quarters)
        ),
    ]  # fmt: skip


def by_topic() -> list[dict[str, Any]]:
    """30 items, a topic of which half is hidden, one that is shown, and hours of events that repeat."""
    # the least satisfied have the most answers
    items = [
        figure("satisfied", 90.0 - n, ("item", f"{n:02}"), numerator=90.0 + n, denominator=100.0 + 10 * n) for n in range(30)
    ]
    parts = [("income", "low", 22.7, 50.8), ("income", "high", 45.2, 50.8), ("sex", "f", 21.0, 98.1), ("sex", "m", 20.0, 98.1)]
    return [
        *items,
        figure("exam", 20.4),
        *(figure("exam", value, (topic, code), place_coverage_pct=shown) for topic, code, value, shown in parts),
        *(figure("sent", 0.2 * n, ("hour", str(n)), ci_low=0.15 * n, ci_high=0.26 * n) for n in range(1, 3)),
        figure("sent", 0.9, ("hour", "3"), ci_low=0.71, ci_high=1.2, ci_method="ratio_of_sums_cluster"),
        figure("sent", 0.0, ("hour", "4")),
        # 60 and 30 of 100 requests; of 10 of another kind there is no figure
        figure("closed", 50.0, ("request_type", "a"), numerator=30.0, denominator=60.0),
        figure("closed", 10.0, ("request_type", "b"), numerator=3.0, denominator=30.0, reliability="use_with_caution"),
        figure("closed", 37.0, numerator=37.0, denominator=100.0),
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = planted()
    tables["measures"] += [
        measure("sent", shows_trend=True, kind="rate"),
        measure("homeless", kind="composition"),
        measure("share", has_figures_by_race=False),
        measure("wait", kind="median", unit="days", has_figures_by_race=False),
        measure("exam", partly_shown_limit=70.0),
        measure("closed", minimum_n=20, has_figures_by_race=False),
        measure("survey", denominator="Adults who answered", is_estimate=True),
        measure("deaths", denominator="Residents, in person-years"),
        measure("searched", has_figures_by_race=False),
        measure("satisfied", availability="by_topic", has_figures_by_race=False),
    ]
    scorecard = [*series(), *later(), row("exam", "all", 20.4), row("searched", "all", 15.7), row("searched", "black", None)]
    few = {"reliability": "use_with_caution", "status_reason": "few_events"}
    scorecard += [row("closed", "all", 37.0), row("survey", "black", 41.0), row("deaths", "black", 7.9, **few)]
    for one in scorecard:
        one["range_kind"] = "sampling" if one["measure_id"] == "survey" else "none" if one["measure_id"] == "sent" else "chance"
        if one["measure_id"] == "sent":
            one |= {"ci_low": None, "ci_high": None}
    tables["scorecard"] += scorecard
    tables["equity_measures"] += by_topic()
    tables["goal_progress"][0] |= {"status": "insufficient_data", "status_reason": "baseline_period", "period_start": YEAR[0]}
    path = write_public_file(tmp_path_factory.mktemp("statuses") / "public.duckdb", tables)
    return write_site(path, path.parent / "site", ["en"]).index.parent / "en"


def test_tables_over_time_have_every_status(site: Path) -> None:
    """A zero that may be a hidden number is no zero, a hidden year is listed, and a year without classes gives its reason."""
    text = words(site / "measures" / "sent.html")
    table = text.rpartition("Show the numbers as a table")[2]
    assert "2020 51.7% Schools taught from home 2021 52.8% ⚠ Use with care" in table
    assert "2022 The source writes zero for very small groups or missing reports, so this may be a hidden number" in table
    assert "2023 Hidden to protect people 2024 54.9%" in table
    assert "The figure is zero" not in table


def test_newer_periods_without_a_figure_are_named(site: Path) -> None:
    assert "own figures disagree: 2025 and 2026." in words(site / "measures" / "homeless.html")
    wait = words(site / "measures" / "wait.html")
    assert "newer records without a figure yet: 2nd quarter of 2024 and 3rd quarter of 2024. " in wait
    assert "less than half are done" in wait
    assert "less than half" not in words(site / "measures" / "share.html"), "a share is no median"
    district = words(site / "districts" / "1.html")
    assert "Name of closed : Newer records are not enough to say more." in district
    assert "not enough to say more" not in words(site / "measures" / "closed.html"), "it is of a place"
    assert "Newer figures are hidden to protect people." in district, "of the groups in a school or district"
    assert (
        "Name of wait : There are newer records without a figure yet: 2nd quarter of 2024 and 3rd quarter of 2024. " in district
    )


def test_events_that_repeat_have_a_range_over_clusters_alone(site: Path) -> None:
    found = table_rows(site / "measures" / "sent.html")
    assert "0.4%" in found["hour-1"] and "range" not in found["hour-1"]
    assert "0.7% to 1.2%" in found["hour-2"]
    assert "may be a hidden number" in found["hour-3"] and "<b>" not in found["hour-3"]


def test_everyone_is_next_to_parts_that_count_the_same_people(site: Path) -> None:
    found = table_rows(site / "measures" / "exam.html")
    assert "sex-all" in found and "income-all" not in found and "22.7%" in found["income-1"]
    assert words(site / "measures" / "exam.html").count("the overall figure counts other people") == 1


@pytest.mark.parametrize(
    ("publication_status", "status_reason", "said"),
    [
        ("suppressed", "suppressed", "Hidden to protect people | How this goal is doing is hidden to protect people."),
        ("unreliable", "unreliable", "Too early or too few to say | The figures are not enough to say how the goal is doing."),
        ("not_collected", None, "Too early or too few to say | The figures are not enough to say how the goal is doing."),
    ],
)
def test_a_goal_without_a_figure_gives_its_own_reason(
    tmp_path: Path, publication_status: str, status_reason: str | None, said: str
) -> None:
    """Whatever was missing, figures were hidden to protect people: also those that the page of the measure shows."""
    tables = planted()
    empty = dict.fromkeys(("value", "baseline_value", "expected_value", "target_value", "status", "gap", "gap_baseline"))
    tables["goal_progress"][0] |= empty | {"publication_status": publication_status, "status_reason": status_reason}
    path = write_public_file(tmp_path / "public.duckdb", tables)
    text = words(write_site(path, tmp_path / "site", ["en"]).index.parent / "en" / "goals.html")
    for sentence in said.split(" | "):
        assert sentence in text
    assert (publication_status == "suppressed") == ("to protect people" in text)


@pytest.mark.parametrize(("limit", "topics"), [(50.0, 0), (70.0, 1), (99.0, 2), (None, 2)])
def test_a_topic_is_partly_shown_by_the_limit_of_the_rules(tmp_path: Path, limit: float | None, topics: int) -> None:
    """A release of an earlier version has no limit: then any part that is hidden counts."""
    tables = planted()
    tables["measures"].append(measure("exam", partly_shown_limit=limit))
    tables["scorecard"].append(row("exam", "all", 20.4))
    tables["equity_measures"] += by_topic()
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    page = words(site / "en" / "measures" / "exam.html")
    assert page.count("the overall figure counts other people") == topics


def test_of_many_topics_those_with_the_most_answers_are_shown(site: Path) -> None:
    """The lowest share has the most answers; a measure with figures by topic is none without a figure."""
    text = words(site / "measures" / "satisfied.html")
    assert "Of 30 with figures, the 24 with the most answers, cases or dollars are shown here." in text
    assert "61.0%" in text and "89.0%" not in text
    assert "No figure" not in words(site / "measures.html").partition("Name of satisfied")[2][:20]
    assert "13 of 14 questions have figures" in words(site / "index.html")


def test_hidden_groups_are_not_groups_without_records(site: Path) -> None:
    page = words(site / "measures" / "searched.html")
    assert "Those by race are hidden." in page and "own race" not in page
    hidden = words(site / "cannot-show.html").partition("Those by race are hidden.")[2]
    assert "Name of searched" in hidden.partition("own race")[0]


def test_a_goal_that_has_its_start_alone_has_no_figure_of_now(site: Path) -> None:
    text = words(site / "goals.html")
    assert "This is the figure at the start. There is no later figure of the same time of year yet." in text
    assert "Now (" not in text and "Expected by now" not in text and "Start (2024) 14.6%" in text
    assert "likely range is too wide" not in text


def test_kinds_without_a_line_and_few_cases_are_named(site: Path) -> None:
    """The two kinds have 60 + 30 of the 100 requests; 3 of 30 are fewer than 20 cases."""
    page = words(site / "measures" / "closed.html")
    assert "The kinds listed here have 90 of all 100 requests." in page
    assert "⚠ Use with care: b. Few cases were counted" in page


def test_what_is_estimated_is_not_counted(site: Path) -> None:
    assert "Estimated: 410 of 1,000" in table_rows_text(site, "survey") and "Counted" not in table_rows_text(site, "survey")
    assert "Counted: 79 of 1,000 person-years" in table_rows_text(site, "deaths")


def test_dollars_are_not_counted_out_of_people(tmp_path: Path) -> None:
    """Dollars per resident had "Counted: 42,035,000 of 232,898" next to them."""
    tables = planted()
    tables["measures"].append(measure("money", unit="usd_per_resident"))
    of = {"unit": "usd_per_resident", "denominator": 232_898.0}
    tables["scorecard"] += [row("money", code, 180.49, **of, numerator=42_035_000.0) for code in ("all", "black")]
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent / "en"
    text = table_rows_text(site, "money")
    assert "$180" in text and "232,898" not in text


def table_rows_text(site: Path, code: str) -> str:
    return " ".join(words(site / "measures" / f"{code}.html").partition("By group")[2].partition("How this is")[0].split())


def test_the_page_of_a_group_has_the_reason_of_each_caution(site: Path) -> None:
    said = "⚠ Use with care: Name of deaths. Few cases were counted, so chance can move the figure a lot."
    assert said in words(site / "groups" / "black.html") and "Use with care" not in words(site / "groups" / "white.html")
