"""Where a series breaks, the lines of a page and of the report end, and words name the day and the cause in each language."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from orchestration.scorecard import write_site
from orchestration.scorecard.pages.charts import trend
from orchestration.scorecard.release_data.open_release import ReleaseFiles
from orchestration.scorecard.release_data.read_release import read_release
from orchestration.scorecard.release_data.row import Row
from orchestration.scorecard.words.measure_notes import trend_start
from tests.support.scorecard_pages import TAG, invalid_html, page_problems
from tests.support.scorecard_release import planted, row, write_public_file
from tests.support.scorecard_report import alternative_texts, ua_problems

MOVED = {
    "measure_id": "own", "series_break_on": dt.date(2023, 1, 1), "cause": "new_system", "is_by_race_only": False,
    "geography_type": "all", "series_break_note": "The clinics moved to <another> system",
}  # fmt: skip
ASKED = MOVED | {
    "series_break_on": dt.date(2024, 1, 1),
    "cause": "new_question",
    "is_by_race_only": True,
    "series_break_note": None,
}
REDRAWN = {
    "measure_id": "places", "series_break_on": dt.date(2024, 3, 1), "cause": "new_map", "is_by_race_only": False,
    "geography_type": "police_district", "geography_vintage": "2024", "series_break_note": "Two stations became one",
}  # fmt: skip


def tables(*breaks: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Everyone and Black people in 2020 to 2024; the scorecard has computed no change across a break of 2023."""
    found = planted()
    found["scorecard"] = [one for one in found["scorecard"] if one["measure_id"] != "own" or one["is_featured"]]
    for one in found["scorecard"]:
        if one["measure_id"] == "own" and one["race_ethnicity_code"] == "all":
            one |= {
                "trend_from": dt.date(2023, 1, 1),
                "trend": 1.0,
                "trend_ci_low": 0.2,
                "trend_ci_high": 1.8,
                "trend_word": "higher",
            }
    for race, values in {"all": (14.0, 15.0, 16.0, 11.345), "black": (24.0, 25.0, 26.0, 21.0)}.items():
        found["scorecard"] += [
            row(
                "own", race, value, period_start=dt.date(2020 + number, 1, 1), period_end=dt.date(2020 + number, 12, 31),
                is_featured=False, is_latest=False,
            )
            for number, value in enumerate(values)
        ]  # fmt: skip
    for about in found["measures"]:
        about |= {"shows_trend": about["measure_id"] != "whole"}
    return found | {"series_breaks": list(breaks)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("breaks")
    return write_site(write_public_file(folder / "release.duckdb", tables(MOVED, ASKED, REDRAWN)), folder / "site").index.parent


def text_of(page: Path) -> str:
    return re.sub(r"\s+", " ", TAG.sub(" ", page.read_text(encoding="utf-8")))


def year(number: int, value: float, **changes: Any) -> Row:
    span = {"period_start": dt.date(number, 1, 1), "period_end": dt.date(number, 12, 31), "period_type": "year"}
    blank = dict.fromkeys(Row._fields)
    return Row(**blank | span | {"value": value, "status_code": "shown"} | changes)  # type: ignore[arg-type]


def test_a_break_is_between_two_figures_that_no_line_joins() -> None:
    rows = [year(2020, 1.0), year(2021, 2.0), year(2022, 3.0), year(2023, 4.0)]
    line = trend(rows, breaks=[dt.date(2022, 1, 1)])
    assert line is not None
    assert [point.follows for point in line.points] == [False, True, False, True]
    ((x, after, on),) = line.breaks
    assert (after, on) == (2, dt.date(2022, 1, 1))
    assert x == pytest.approx((line.points[1].x + line.points[2].x) / 2, abs=0.05)


def test_a_period_that_a_break_divides_is_joined_with_neither_side() -> None:
    rows = [year(2020, 1.0), year(2021, 2.0), year(2022, 3.0)]
    line = trend(rows, breaks=[dt.date(2021, 7, 1)])
    assert line is not None
    assert [point.follows for point in line.points] == [False, False, False]
    last = trend(rows, breaks=[dt.date(2022, 7, 1)])
    assert last is not None
    assert [(point.follows, after) for point, (_, after, _) in zip(last.points[2:], last.breaks, strict=True)] == [(False, 3)]


@pytest.mark.parametrize("on", [dt.date(2019, 1, 1), dt.date(2020, 1, 1), dt.date(2023, 1, 1)])
def test_a_break_outside_of_the_line_is_not_drawn(on: dt.date) -> None:
    line = trend([year(2020, 1.0), year(2021, 2.0), year(2022, 3.0)], breaks=[on])
    assert line is not None and line.breaks == ()
    assert [point.follows for point in line.points] == [False, True, True]


def test_one_figure_on_each_side_is_drawn_though_nothing_compares(tmp_path: Path) -> None:
    planted_rows = tables(MOVED)
    planted_rows["scorecard"] = [one for one in planted_rows["scorecard"] if one["period_start"].year not in (2020, 2021, 2023)]
    for one in planted_rows["scorecard"]:
        one.pop("trend_from", None)
    measure = read_release(ReleaseFiles(write_public_file(tmp_path / "two.duckdb", planted_rows))).measures["own"]
    assert trend_start(measure) == dt.date(2022, 1, 1)


def test_the_first_line_of_a_group_writes_the_scale_of_all(tmp_path: Path) -> None:
    planted_rows = tables(MOVED)
    of_black = [one for one in planted_rows["scorecard"] if one["race_ethnicity_code"] == "black"]
    planted_rows["scorecard"] += [one | {"race_ethnicity_code": "hispanic", "group_order": 5} for one in of_black]
    index = write_site(write_public_file(tmp_path / "public.duckdb", planted_rows), tmp_path / "site", ["en"]).index
    html = (index.parent / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    groups = re.findall(r'<svg class="trend small.*?</svg>', html, re.DOTALL)
    assert [(one.count('id="lines-scale"'), one.count('href="#lines-scale"')) for one in groups] == [(1, 0), (0, 1)]
    assert ['<text class="tick"' in one for one in groups] == [True, False]
    # a copy by <use> has nothing around it: its labels started where those of the first line end, on top of the figures
    styles = (index.parent / "style.css").read_text(encoding="utf-8")
    rules = [one.strip() for rule in re.findall(r"([^{}]+){", styles) for one in rule.split(",")]
    assert [one for one in rules if re.search(r"\.(tick|grid)\b", one)] == [".grid", "text.tick"]


def joins(chart: str) -> int:
    return sum(lines.count("<line") for lines in re.findall(r'<g class="join">.*?</g>', chart))


def test_lines_end_at_the_break_and_words_say_where(site: Path) -> None:
    page = site / "en" / "measures" / "own.html"
    html = page.read_text(encoding="utf-8")
    everyone, *groups = re.findall(r'<svg class="trend.*?</svg>', html, re.DOTALL)
    # of five years four steps, and one of them across 2023-01-01; for groups another one across 2024-01-01
    assert (joins(everyone), everyone.count('class="break"')) == (3, 1)
    black = next(one for one in groups if one.count("<circle") == 5)
    assert (joins(black), black.count('<line class="break"')) == (2, 2)
    assert ">Break</text>" in everyone
    assert "Break: January 1, 2023" in text_of(page), "the table has a line where the chart has one"
    assert [*page_problems(page), *invalid_html(page)] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "January 1, 2023: A new computer system keeps the records. Figures from before that day do not compare with later "
            "ones. So we show no change across it. The clinics moved to &lt;another&gt; system.",
        ),
        ("en", "January 1, 2024: The form asks about race in a new way. Figures by race from before that day do not compare"),
        (
            "es",
            "1 de enero de 2023: Un nuevo sistema informático guarda los registros.",
        ),
        ("hmn", "2023: Ib lub computer tshiab khaws cov ntaub ntawv. Cov lej ua ntej hnub ntawd piv tsis tau nrog cov tom qab."),
    ],
)
def test_the_page_says_why_the_trend_stops(site: Path, language: str, words: str) -> None:
    assert words in text_of(site / language / "measures" / "own.html")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "March 1, 2024: The map was redrawn (Police district). The places are not the same as before that day."),
        ("es", "1 de marzo de 2024: El mapa se trazó de nuevo (Distrito policial)."),
        ("hmn", "2024: Daim duab qhia chaw raug kos dua tshiab (Cheeb tsam tub ceev xwm). Cov chaw tsis zoo ib yam"),
    ],
)
def test_the_page_says_that_a_map_was_redrawn(site: Path, language: str, words: str) -> None:
    page = text_of(site / language / "measures" / "places.html")
    assert words in page and "Two stations became one." in page


def test_a_page_without_a_break_says_nothing(site: Path) -> None:
    assert 'id="breaks"' not in (site / "en" / "measures" / "whole.html").read_text(encoding="utf-8")


def test_the_report_draws_the_break_and_says_why(site: Path) -> None:
    path = site / "en" / "report.pdf"
    pdf = PdfReader(path)
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "January 1, 2023: A new computer system keeps the records." in text
    (drawn,) = [alt for alt in alternative_texts(pdf) if "Over time" in alt]
    assert "2022: 16.0%; Break: January 1, 2023; 2023: 11.3%" in drawn
    assert ua_problems(path, "en") == []


def test_a_goal_across_a_break_says_so(tmp_path: Path) -> None:
    found = tables(MOVED)
    found["goal_progress"][0] |= {"status": "insufficient_data", "status_reason": "series_break"}
    folder = write_site(write_public_file(tmp_path / "goal.duckdb", found), tmp_path / "site", ["en"]).index.parent
    page = text_of(folder / "en" / "goals.html")
    assert "The figures do not compare with the start any more, so we cannot say how the goal is doing." in page
    assert "too wide to say how the goal" not in page
