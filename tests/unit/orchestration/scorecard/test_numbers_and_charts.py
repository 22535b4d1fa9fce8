"""Numbers read back as the figure that they were written from, and marks are where their figures are."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from babel.numbers import parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from orchestration.figures import gap_decimals
from orchestration.scorecard import write_site
from orchestration.scorecard.pages.charts import axis, dot, trend
from orchestration.scorecard.release_data.row import Row
from orchestration.scorecard.words.figures import Cell, Figure, GapRange, Percent, Points, Range, Tick, Times
from orchestration.scorecard.words.texts import Name, Period, Texts, texts_by_language
from tests.contract.registers import seed
from tests.support.scorecard_release import planted, write_public_file

UNITS = ("percent", "per_100", "per_1000", "per_100000", "count", "days", "years", "usd", "usd_per_resident", "index", "score")


@pytest.fixture(scope="module")
def languages() -> dict[str, Texts]:
    rows = [
        (row["text_id"], code, row["text"], row["review_status"]) for code in ("en", "es", "hmn") for row in seed(f"texts_{code}")
    ]
    return texts_by_language(rows, ["en", "es", "hmn"])


@given(value=st.floats(0.0001, 5e9), unit=st.sampled_from(UNITS), language=st.sampled_from(["en", "es", "hmn"]))
def test_a_number_reads_back_as_its_figure(languages: dict[str, Texts], value: float, unit: str, language: str) -> None:
    texts = languages[language]
    for part in (Figure(value, unit), Cell(value, unit), Points(value, unit)):
        text = part(texts).striptags()
        written = re.search(r"[\d,]+(?:\.\d+)?", text)  # the figure is before the number of its unit, as in "6.3 for every 1,000"
        assert written
        number = float(parse_decimal(written[0], locale=texts.locale))
        scale = 1e6 if "mill" in text or " lab" in text else 1.0
        half = 0.5000001 * 10.0 ** -len(written[0].partition(".")[2]) * scale
        assert abs(number * scale - value) <= half
        is_exact = number * scale == value
        assert is_exact or half <= max(0.06 * abs(value), 0.0500001), "two significant digits, or one decimal of percent"


def test_a_window_that_is_not_of_whole_years_has_its_months(languages: dict[str, Texts]) -> None:
    """Twelve months that begin in December are not two years, and a window that ends on March 5 is not all of 2024."""
    months = Period("multi_year", dt.date(2022, 12, 1), dt.date(2023, 11, 30))
    assert [months(languages[name]) for name in ("en", "es", "hmn")] == [
        "December 2022 to November 2023",
        "diciembre de 2022 a noviembre de 2023",
        "Lub Kaum Ob Hlis 2022 txog Lub Kaum Ib Hlis 2023",
    ]
    for kind, start, end, said in (
        ("multi_year", dt.date(2015, 1, 1), dt.date(2024, 3, 5), "January 2015 to March 5, 2024"),
        ("multi_year", dt.date(2023, 3, 2), dt.date(2023, 11, 30), "March 2, 2023 to November 2023"),
        ("3_year", dt.date(2019, 7, 1), dt.date(2022, 6, 30), "July 2019 to June 2022"),
        ("multi_year", dt.date(2024, 1, 1), dt.date(2024, 12, 31), "2024"),
    ):
        assert Period(kind, start, end)(languages["en"]) == said


def test_hmong_and_spanish_use_the_words_of_their_language(languages: dict[str, Texts]) -> None:
    assert Period("month", dt.date(2025, 3, 1), dt.date(2025, 3, 31))(languages["es"]) == "marzo de 2025"
    school = Period("school_year", dt.date(2024, 7, 1), dt.date(2025, 6, 30))
    assert school(languages["en"]) == "School year 2024–25"
    assert Period("5_year", dt.date(2019, 1, 1), dt.date(2023, 12, 31))(languages["en"]) == "2019 to 2023"
    some = {"policy_area.health": ("Kev noj qab haus huv", "machine")}
    hmong = Texts("hmn", languages["en"].originals, some)
    english = hmong("sentence.groups_higher", groups=Name("policy_area", "health"), reference=Name("reference_group", "rest"))
    assert english == '<span lang="en">Clearly higher than for Everyone else: Health.</span>'
    assert hmong.untranslated == {"sentence.groups_higher"}
    assert hmong("policy_area.health") == "Kev noj qab haus huv"


def test_texts_escape_what_is_put_into_them(languages: dict[str, Texts]) -> None:
    assert languages["en"]("page.district", district="<b>") == "District &lt;b&gt;"


@given(st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 6)), min_size=1, max_size=8))
def test_an_axis_holds_all_values(values: list[float]) -> None:
    found = axis(values)
    assert found is not None
    assert found.ticks[0] <= min(values) + 1e-9 * abs(min(values))
    assert found.ticks[-1] >= max(values) - 1e-9 * abs(max(values))
    assert 2 <= len(found.ticks) <= 7
    assert all(found.left <= found.at(value) <= found.right for value in values)


def test_ticks_are_written_as_they_are(languages: dict[str, Texts]) -> None:
    assert [str(Tick(tick, "percent")(languages["en"])) for tick in (0.0, 2.5, 5.0)] == ["0%", "2.5%", "5%"]
    assert [str(Tick(tick, "")(languages["en"])) for tick in (-0.25, 1.0, 1.25)] == ["−0.25", "1", "1.25"], "of a strip of ratios"
    assert str(Tick(-5000.0, "usd")(languages["en"])) == "−$5,000"


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (100_000.0, ["$0", "$50,000", "$100,000"]),
        (124_000.0, ["$0", "$25,000", "$50,000", "$75,000", "$125,000"]),
        (80.0, ["$0", "$20", "$40", "$60", "$80"]),
    ],
)
def test_each_line_of_a_scale_has_its_number(most: float, labels: list[str], tmp_path: Path) -> None:
    """Long numbers would cover each other: a scale has fewer of them, and no line without one."""
    tables = planted()
    for one in tables["scorecard"]:
        if one["measure_id"] == "own":
            one["unit"] = "usd"
            if one["value"] is not None:
                one |= {"value": most / 2, "ci_low": 0.0, "ci_high": most}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    page = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    (scale,) = re.findall(r'<td class="axis"><svg class="scale" aria-hidden="true"><defs>(.*?)</svg>', page)[:1]
    assert re.findall(r"<text[^>]*>(.*?)</text>", scale) == labels
    assert scale.count('class="grid"') == len(labels)


def test_a_gap_has_its_sign_before_the_dollars(languages: dict[str, Texts]) -> None:
    assert str(Points(-30422.0, "usd", is_signed=True)(languages["en"])) == "−$30,422"
    assert str(Points(-30422.0, "usd")(languages["en"])) == "$30,422"


def chart_row(value: float | None, start: dt.date, end: dt.date, status: str = "shown") -> Row:
    blank = dict.fromkeys(Row._fields)
    return Row(**blank | {"value": value, "status_code": status, "period_start": start, "period_end": end, "period_type": "year"})  # type: ignore[arg-type]


def test_a_missing_year_breaks_the_line_and_a_hidden_one_has_no_point() -> None:
    def year(number: int, value: float | None, status: str = "shown") -> Row:
        return chart_row(value, dt.date(number, 1, 1), dt.date(number, 12, 31), status)

    line = trend([year(2019, 1.0), year(2020, 2.0), year(2021, 9.0, "hidden"), year(2022, 3.0)])
    assert line is not None
    assert [point.row.period_start.year for point in line.points] == [2019, 2020, 2022]
    assert [point.follows for point in line.points] == [False, True, False]
    assert line.points[0].y > line.points[1].y, "a larger figure is higher"


def test_a_row_without_a_figure_has_no_position() -> None:
    scale = axis([0.0, 10.0])
    year = (dt.date(2020, 1, 1), dt.date(2020, 12, 31))
    assert dot(chart_row(None, *year, "hidden"), scale) is None
    assert dot(chart_row(5.0, *year, "hidden"), scale) is None
    published = dot(chart_row(5.0, *year), scale)
    assert published is not None
    assert published.x == 50.0


@pytest.mark.parametrize(
    ("ratio", "written"),
    [(0.874, "0.87"), (0.9967, "0.997"), (1.0, "1.00"), (1.04, "1.04"), (1.06, "1.1"), (2.04, "2.0"), (11.0, "11.0")],
)
def test_a_ratio_of_about_one_shows_on_which_side_it_is(ratio: float, written: str, languages: dict[str, Texts]) -> None:
    """A figure that is 1.04 times another one is not "1.0 times" it. A range that ended at "1.00" stood next to "lower"."""
    assert Times(ratio)(languages["en"]) == written


@pytest.mark.parametrize(("low", "high", "written"), [(99.2, 100.0, "99.2% to 100.0%"), (100.0, 100.0, None)])
def test_a_range_without_width_is_none(low: float, high: float, written: str | None, languages: dict[str, Texts]) -> None:
    assert languages["en"].put(Range(low, high, "percent")) == written


def test_a_range_of_points_has_the_unit_once(languages: dict[str, Texts]) -> None:
    assert GapRange(-1.23, 1.24, "percent", is_signed=True)(languages["en"]) == "−1.2 to 1.2 percentage points"
    assert GapRange(0.0, 1.24, "years")(languages["en"]) == "0 to 1.2 years"


@pytest.mark.parametrize(
    ("value", "unit", "figures", "written"),
    [
        (0.026, "percent", (12.31, 12.34), "0.03 percentage points"),  # else an end of a range that excludes 0 would be 0.0
        (-0.026, "percent", (12.34, 12.31), "−0.03 percentage points"),
        (-0.00001, "percent", (12.34, 12.31), "0.0 percentage points"),  # no minus before what is written as zero
        (-0.26, "percent", (12.34, None), "−0.3 percentage points"),
        (0.013, "percent", (0.034, 0.021), "0.013 percentage points"),  # as 0.034% and 0.021% are written
        (25.4, "per_1000", (1234.0, 1208.6), "25 for every 1,000"),
        (0.026, "years", (75.3, 75.3), "0.03 years"),
        (1_500_000.0, "usd", (12e6, 10.5e6), "$1,500,000"),
        (0.026, "percent", (), "0.026 percentage points"),
        (-0.0001, "percent", (), "−0.0001 percentage points"),
    ],
)
def test_a_gap_has_as_many_decimals_as_its_figures(
    value: float, unit: str, figures: tuple[float | None, ...], written: str, languages: dict[str, Texts]
) -> None:
    assert Points(value, unit, is_signed=True, places=gap_decimals(unit, *figures))(languages["en"]) == written


@pytest.mark.parametrize(("value", "written"), [(-4.94, "−4.9%"), (-0.021, "−0.021%"), (0.0, "0.0%"), (-0.00001, "0.0%")])
def test_a_yearly_change_in_percent_shows_on_which_side_of_zero_it_is(
    value: float, written: str, languages: dict[str, Texts]
) -> None:
    """A change of −0.021% was "−0.0% a year", which is neither a fall nor none."""
    assert Percent(value)(languages["en"]) == written
