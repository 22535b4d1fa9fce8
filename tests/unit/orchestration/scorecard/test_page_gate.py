"""The gate of the pages on a site as it is rendered: it passes in each language, and a change of one word or digit is found."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest

from expectations.published.pages import PageCheck, PublicFacts, gate_pages
from expectations.published.reading import Language
from orchestration.scorecard import write_site
from orchestration.scorecard.pages.report import report_content
from orchestration.scorecard.release_data.open_release import ReleaseFiles
from orchestration.scorecard.release_data.read_release import read_release
from orchestration.scorecard.words.texts import texts_by_language
from tests.support.scorecard_release import CITY, GROUPS, PEER_GAP, planted, texts, write_public_file
from tests.support.scorecard_release import row as planted_row

LANGUAGES = ("en", "es", "hmn")
MEASURE, AREA = "measures/own.html", "areas/health.html"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("gate")
    tables = planted()
    for row in tables["scorecard"]:
        row["favourable_direction"] = "lower" if row["measure_id"] == "own" else "none"
    public_file = write_public_file(folder / "public.duckdb", tables)
    return public_file, write_site(public_file, folder / "site").index.parent


def found(site: tuple[Path, Path], language: str, path: str, before: str, after: str) -> set[str]:
    """The rules that a changed page violates."""
    html = (site[1] / language / path).read_text(encoding="utf-8")
    assert before in html
    check = PageCheck(PublicFacts.read(site[0]))
    check.page(language, path, html.replace(before, after))
    return {violation.rule for violation in check.violations}


def test_a_rendered_site_passes(site: tuple[Path, Path]) -> None:
    result = gate_pages(*site)
    assert [finding.message for finding in result.findings if not finding.success] == []


def test_a_card_that_leaves_out_who_is_worse_off_is_found(site: tuple[Path, Path]) -> None:
    html = (site[1] / "en" / "index.html").read_text(encoding="utf-8")
    answer = re.search(r'<div data-answer="own">.*?</div>', html, re.DOTALL)
    assert answer and not found(site, "en", "index.html", "", "")
    cut = re.sub(r"<p>.*Black.*</p>", "", answer[0])
    assert "worse_off_group_is_missing" in found(site, "en", "index.html", answer[0], cut)


def test_months_that_are_named_as_years_are_found(tmp_path: Path) -> None:
    tables = planted()
    for row in tables["scorecard"]:
        if row["measure_id"] == "own" and row["is_featured"]:
            row.update(period_type="multi_year", period_start=dt.date(2022, 12, 1), period_end=dt.date(2023, 11, 30))
            row["favourable_direction"] = "lower"
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    site = public_file, write_site(public_file, tmp_path / "site").index.parent
    assert [finding.message for finding in gate_pages(*site).findings if not finding.success] == []
    assert found(site, "en", MEASURE, "December 2022 to November 2023", "2022 to 2023") >= {"period_of_a_sentence"}


@pytest.mark.parametrize("city", ["Allentown, Pennsylvania", "White Plains, New York"])
def test_the_name_of_a_city_names_no_group(tmp_path: Path, city: str) -> None:
    """Allentown contains "All", the name of everyone: its true sentences were refused, and with them its release."""
    tables = planted()
    tables["peer_comparison"] = [PEER_GAP]
    for row in tables["scorecard"] + tables["geographies"]:
        direction = {"favourable_direction": "lower"} if row.get("measure_id") == "own" else {}
        row.update({name: city for name in ("place", "name") if row.get(name) == CITY[3]} | direction)
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    site = write_site(public_file, tmp_path / "site").index.parent
    assert city in (site / "en" / MEASURE).read_text(encoding="utf-8")
    assert [finding.message for finding in gate_pages(public_file, site).findings if not finding.success] == []


def test_a_language_with_a_few_texts_passes(tmp_path: Path) -> None:
    public_file = write_public_file(tmp_path / "public.duckdb", planted())
    with duckdb.connect(str(public_file)) as con:
        con.execute("""
            insert into published.texts
            select * replace ('so' as language, 'Madow' as text, 'machine' as review_status) from published.texts
            where language = 'en' and text_id = 'race_ethnicity.black'
        """)
    site = write_site(public_file, tmp_path / "site").index.parent
    page = (site / "so" / MEASURE).read_text(encoding="utf-8")
    assert "Madow" in page and '<span lang="en">White' in page
    assert [finding.message for finding in gate_pages(public_file, site).findings if not finding.success] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "before", "after", "rule"),
    [
        (MEASURE, "<b>20.5%</b>", "<b>20.6%</b>", "figure_of_a_mark"),
        (MEASURE, "20.5%", "10.0%", "figure_of_a_sentence"),
        (AREA, "12.3%", "12.4%", "figure_of_a_sentence"),
        (MEASURE, '|black"', '|white"', "figure_of_a_mark"),
        (MEASURE, '|black"', '|hispanic"', "mark_without_figure"),
        (AREA, "2024", "2023", "period_of_a_sentence"),
    ],
)  # fmt: skip
def test_a_changed_figure_is_found(site: tuple[Path, Path], language: str, path: str, before: str, after: str, rule: str) -> None:
    assert rule in found(site, language, path, before, after)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_group_that_is_left_out_is_found(site: tuple[Path, Path], language: str) -> None:
    texts = PublicFacts.read(site[0]).languages[language].texts
    assert {"worse_off_group_is_missing", "summary_starts_elsewhere"} <= found(
        site, language, AREA, texts["race_ethnicity.black"], texts["race_ethnicity.asian"]
    )


def test_the_report_has_the_sentences_of_the_area_pages(site: tuple[Path, Path]) -> None:
    data = read_release(ReleaseFiles(site[0]))
    content = report_content(data, texts_by_language(data.texts, ["en"])["en"], None, None)
    entries = [entry for area in content["areas"] for entry in area["entries"]]
    said = ["".join(words for words, _ in sentence) for entry in entries for sentence in entry["sentences"]]
    pages = " ".join(page.read_text(encoding="utf-8") for page in (site[1] / "en" / "areas").iterdir())
    assert said
    assert [sentence for sentence in said if not re.search(f"<p(?: class=.first.)?>{re.escape(sentence)}</p>", pages)] == []


@pytest.mark.parametrize(("high", "rules"), [(26.5, set()), (56.6, {"sentence_and_row_disagree"})], ids=["apart", "overlapping"])
def test_two_groups_are_named_where_their_bounds_do_not_overlap(high: float, rules: set[str]) -> None:
    english = {one["text_id"]: one["text"] for one in texts(planted()) if one["language"] == "en"}
    rows = {
        "white": planted_row("own", "white", None, bound_low=15.3, bound_high=high, compared_with_reference=None),
        "black": planted_row("own", "black", None, bound_low=56.5, bound_high=57.3, compared_with_reference=None),
    }
    said = (
        "2024: in Plantville the figure for Black is between 56.5% and 57.3%. For White it is between 15.3% and "
        f"{high}%. The agency that reports them hides the exact figures."
    )
    check = PageCheck(PublicFacts({}, {"en": Language("en", english, frozenset(GROUPS), english)}, {"own": rows}))
    check.answer("en", MEASURE, "own", [said])
    assert {violation.rule for violation in check.violations} == rules
