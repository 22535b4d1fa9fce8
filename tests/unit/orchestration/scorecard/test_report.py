"""The report of a planted release: PDF/UA-1, figures of the file, nothing hidden, one page per policy area, languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup
from pypdf import PdfReader

from expectations.published.reading import plain
from orchestration.scorecard import write_site
from orchestration.scorecard.pages.report import report_content, write_report
from orchestration.scorecard.release_data.open_release import ReleaseFiles
from orchestration.scorecard.release_data.read_release import ReleaseData, read_release
from orchestration.scorecard.words.texts import runs, texts_by_language
from tests.support.planted_gaps import planted_with_gaps, with_a_weak_start
from tests.support.scorecard_release import HIDDEN, measure, planted, row, write_public_file
from tests.support.scorecard_report import alternative_texts, check_charts, ua_problems

LARGE = {"asian": 4.0, "black": 30.0, "hispanic": 20.0, "white": 45.0}  # a group of 5 % or more is large
FRONT_AND_BACK = 5  # cover, gaps, goals and changes, goals one by one, methods


def written(data: ReleaseData, folder: Path, language: str = "en") -> Path:
    texts = texts_by_language(data.texts, [language])[language]
    (folder / f"{language}.pdf").write_bytes(write_report(data, texts, None, "2025Q4"))
    return folder / f"{language}.pdf"


def words(path: Path) -> str:
    pdf = PdfReader(path)
    return " ".join(page.extract_text() for page in pdf.pages) + " ".join(alternative_texts(pdf))


@pytest.fixture(scope="module")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_public_file(tmp_path_factory.mktemp("report") / "public.duckdb", planted())


@pytest.fixture(scope="module")
def data(public_file: Path) -> ReleaseData:
    return read_release(ReleaseFiles(public_file))


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("es", "es"), ("hmn", "mww")])
def test_the_report_is_tagged_and_its_figures_are_those_of_the_file(
    data: ReleaseData, public_file: Path, tmp_path: Path, language: str, tag: str
) -> None:
    path = written(data, tmp_path, language)
    assert ua_problems(path, tag) == []
    assert check_charts(path, public_file, language) > 3


def test_a_wrong_figure_is_found(data: ReleaseData, tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if (figure["measure_id"], figure["race_ethnicity_code"]) == ("own", "white"):
            figure["value"] = 10.2
    other = write_public_file(tmp_path / "other.duckdb", tables)
    with pytest.raises(AssertionError, match="White: 10"):
        check_charts(written(data, tmp_path), other, "en")


def test_the_date_is_that_of_the_release(data: ReleaseData, tmp_path: Path) -> None:
    path = written(data, tmp_path)
    assert path.read_bytes() == written(data, tmp_path).read_bytes()
    about = PdfReader(path).metadata
    assert about is not None and about.creation_date is not None
    assert about.creation_date.date() == data.about["created_at"].date()
    assert about.title == "Quarterly report to the city council, Plantville"


def test_parts_and_attributions(data: ReleaseData, tmp_path: Path) -> None:
    text = words(written(data, tmp_path))
    for part in (
        "Edition 2025Q4",
        "Halve it",
        "Off track",
        "Goals, and what has changed",
        "Health",
        "Housing",
        "How sure we are",
    ):
        assert part in text, part
    assert "Planted records. Planted Records, CC BY 4.0" in text
    assert "There is no earlier edition to compare with yet." in text
    assert "The records have not been sent to the office yet. (1)" in text


def test_a_hidden_figure_is_in_no_text(tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["status_code"] == "hidden":
            figure |= {"value": HIDDEN, "ci_low": HIDDEN, "ci_high": HIDDEN}
    text = words(written(read_release(ReleaseFiles(write_public_file(tmp_path / "hidden.duckdb", tables))), tmp_path))
    assert "Hispanic: Hidden to protect people" in text
    assert not re.search(r"4,?711", text)


def test_the_methods_are_about_places_only_where_a_figure_is(tmp_path: Path) -> None:
    """A reader would take "these figures" for all of them."""
    note = "Figures that are marked “By where people live” are about places, not people."
    pages = {}
    for name, basis in (("with", None), ("without", "own_race")):
        tables = planted()
        for one in tables["scorecard"]:
            one["basis"] = basis or one["basis"]
        public_file = write_public_file(tmp_path / f"{name}.duckdb", tables)
        site = write_site(public_file, tmp_path / name, ["en"]).index.parent
        report = words(written(read_release(ReleaseFiles(public_file)), tmp_path))
        pages[name] = plain((site / "en" / "data.html").read_text(encoding="utf-8")), report.partition("How sure we are")[2]
    assert all(note in text and "These figures are about places" not in text for text in pages["with"])
    assert not any("about places" in text or "Where people live" in text for text in pages["without"])


def test_figures_of_places_are_no_sentences_about_people(data: ReleaseData) -> None:
    content = report_content(data, texts_by_language(data.texts, ["en"])["en"], None, None)
    [area] = [area for area in content["areas"] if area["area"] == "housing"]
    assert "".join(word for word, _ in area["chart"]["note"]).startswith("These figures are about places, not people.")
    sentences = str(area["entries"])
    assert "places" in sentences
    assert not re.search(r"times that|Clearly|(Black|Hispanic|Asian|White) residents", sentences)


def test_a_goal_that_has_its_start_alone_has_no_figure_of_now(tmp_path: Path) -> None:
    tables = planted()
    tables["goal_progress"][0] |= {"status": "insufficient_data", "status_reason": "baseline_period"}
    data = read_release(ReleaseFiles(write_public_file(tmp_path / "start.duckdb", tables)))
    texts = texts_by_language(data.texts, ["en"])["en"]
    goal = report_content(data, texts, None, None)["goals"][0]
    assert [figure["part"] for figure in goal["figures"] if figure["part"]] == ["baseline", "target"]
    assert {"value", "baseline", "target"} <= goal["marks"].keys() and "expected_value" not in goal["marks"]


def test_a_policy_area_has_one_page_whatever_its_measures(tmp_path: Path) -> None:
    tables: dict[str, list[dict[str, Any]]] = planted()
    for number in range(12):
        tables["measures"].append(measure(f"own{number}", question="What is it? " * 20))
        tables["scorecard"] += [row(f"own{number}", race, 12.0) for race in ("all", "black", "white")]
    tables["sources"][0]["title"] = "Records \u8a18\u9332 of \U0001f3d9 \u2265 1"
    tables["measures"].append(measure("unseen"))
    tables["scorecard"].append(row("unseen", "all", None, status_code="not_observable"))
    data = read_release(ReleaseFiles(write_public_file(tmp_path / "many.duckdb", tables)))
    pages = PdfReader(written(data, tmp_path)).pages
    assert len(pages) == FRONT_AND_BACK + len(data.areas)
    assert re.search(r"The site has figures for more questions of this area: \d+\.", pages[4].extract_text())
    assert "Records □□ of □ ≥ 1" in pages[4].extract_text(), "letters that the fonts lack"
    assert not any("Name of unseen" in page.extract_text() for page in pages), "it has no sentence"


def test_english_words_are_marked() -> None:
    text = Markup('Fuente: <span lang="en">Planted &amp; kept</span>, <b>2</b>')
    assert runs(text) == [("Fuente: ", False), ("Planted & kept", True), (", 2", False)]
    assert runs("<b>") == [("<b>", False)]


def front_of(tables: dict[str, list[dict[str, Any]]], folder: Path, language: str = "en") -> dict[str, Any]:
    """The content of the first pages, each text as plain words."""
    data = read_release(ReleaseFiles(write_public_file(folder / "front.duckdb", tables)))
    content = report_content(data, texts_by_language(data.texts, [language])[language], None, None)["front"]
    return {name: _plain(value) for name, value in content.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        is_runs = bool(value) and all(isinstance(one, tuple) and isinstance(one[-1], bool) for one in value)
        return "".join(word for word, _ in value) if is_runs else [_plain(one) for one in value]
    return value


def test_the_table_has_the_gaps_of_people_with_figures_marks_and_words(tmp_path: Path) -> None:
    tables = planted()
    tables["measures"] += [measure("population_by_race", kind="composition"), measure("other")]
    tables["scorecard"] += [row("population_by_race", race, share) for race, share in LARGE.items()]
    tables["scorecard"] += [row("other", race, 40.0) for race in ("hispanic", "white")]
    tables["headlines"] = [
        {"measure_id": name, "language": "en", "sort_order": place, "pattern": "of_every", "sentence": "…"}
        for place, name in enumerate(("own", "other", "places"))
    ]
    front = front_of(tables, tmp_path)
    own, other = front["rows"]  # figures of places are no gap
    assert front["columns"] == ["Black", "Hispanic", "White"]
    assert [cell["figure"] for cell in own["cells"]] == ["20.5%", None, "10.0%"]
    assert own["cells"][1]["status"] == "Hidden to protect people"
    assert [cell["figure"] for cell in other["cells"]] == [None, "40.0%", "40.0%"]
    assert (own["group"], own["gap"], own["gap_size"]) == ("Black", "Higher than White", "2.0 times (1.6 to 2.8)")
    black, white = own["marks"]
    assert own["gap_line"] == [black[0], white[0]]
    assert front["opening"] == [
        "2024: in Plantville the figure for Black is 20.5% (likely range 18.4% to 22.6%), clearly higher than for White: 10.0% "
        "(likely range 9.0% to 11.0%)."
    ]
    assert front["asked"] == [{"reason": "The records have not been sent to the office yet.", "measures": "Name of nothing"}]


def test_a_gap_that_is_not_compared_is_not_drawn(tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["measure_id"] == "own" and figure["race_ethnicity_code"] in ("black", "white"):
            figure |= {"compared_with_reference": "not_compared", "compared_reason": "partly_shown", "rate_ratio": None,
                       "rate_ratio_ci_low": None, "rate_ratio_ci_high": None}  # fmt: skip
    tables["headlines"] = [{"measure_id": "own", "language": "en", "sort_order": 1, "pattern": "of_every", "sentence": "…"}]
    front = front_of(tables, tmp_path)
    [own] = front["rows"]
    assert own["gap_line"] is None
    assert own["gap_size"] == []
    assert front["care"] == ["The state shows race for only part of the students: Name of own."]


def test_changes_of_gaps_need_no_census(tmp_path: Path) -> None:
    """A city whose census was not delivered does not know its large groups."""
    front = front_of(planted_with_gaps(), tmp_path)
    assert [(one["about"], one["from_gap"], one["gap"], one["word"]) for one in front["changes"]] == [
        ("Hispanic and White: 2020, 2024", "\u22121.0 percentage points", "9.0 percentage points", "wider"),
        ("Black and White: 2020, 2024", "18.0 percentage points", "10.5 percentage points", "narrower"),
    ]
    assert front["changes_note"] == (
        "A minus sign before a gap means that the group named first has the lower figure. "
        "The page of each measure has every change that we can follow. Not all are here."
    )


def test_the_front_names_every_group_that_is_worse_off(tmp_path: Path) -> None:
    """The group with the largest gap comes first; the other ones are named, too, on the cover and in the table."""
    tables = planted()
    worse = {"reference_code": "white", "compared_with_reference": "higher", "rate_ratio": 1.4}
    others = [one for one in tables["scorecard"] if (one["measure_id"], one["race_ethnicity_code"]) != ("own", "hispanic")]
    tables["scorecard"] = [*others, row("own", "hispanic", 14.0, **worse)]
    front = front_of(tables, tmp_path)
    [own] = front["rows"]
    assert (own["group"], own["gap"]) == ("Black", "Higher than White")
    assert [(one["group"], one["gap"], one["gap_size"]) for one in own["others"]] == [
        ("Hispanic: 14.0%", "Higher than White", "1.4 times")
    ]
    [cover] = front["opening"]
    assert cover.startswith("2024: in Plantville the figure for Black is 20.5%")
    assert cover.endswith("Worse off, with a clearly higher figure than White: Black and Hispanic.")


def test_a_gap_in_its_natural_unit_has_its_place_and_period_on_the_cover(tmp_path: Path) -> None:
    """The cover gave a rate of a county without its place and period."""
    tables, code = planted(), "hs_diploma_19_20_share"
    tables["measures"].append(measure(code, favourable_direction="higher"))
    worse = {"reference_code": "white", "compared_with_reference": "lower", "rate_ratio": 0.8}
    tables["scorecard"] += [row(code, "black", 72.0, **worse), row(code, "white", 90.0)]
    tables["headlines"] = [{"measure_id": code, "language": "en", "sort_order": 1, "pattern": "of_every", "sentence": "…"}]
    [said] = front_of(tables, tmp_path)["opening"]
    assert said.startswith("Plantville, 2024: 72 of every 100 Black residents aged 19 and 20 have a high school diploma.")


def test_a_change_that_is_one_of_many_says_so_next_to_its_range(tmp_path: Path) -> None:
    tables = planted_with_gaps()
    tables["gap_trends"] = [row | {"word": "cannot_tell", "word_reason": "many_comparisons"} for row in tables["gap_trends"][:1]]
    [black] = front_of(tables, tmp_path)["changes"]
    assert black["word"] == "cannot tell: of so many gaps, some change this much by chance"


def test_a_ratio_whose_word_is_another_is_named_after_the_difference(tmp_path: Path) -> None:
    ranges = [one["range"] for one in front_of(planted_with_gaps(), tmp_path)["changes"]]
    assert ranges == ["6.9 to 13.1 percentage points", "\u221211.4 to \u22123.6 percentage points. Ratio: cannot tell"]


def test_a_change_from_a_weak_figure_has_its_caution(tmp_path: Path) -> None:
    front = front_of(with_a_weak_start(), tmp_path)
    assert [one["care"] for one in front["changes"]] == [False, True]
    [note] = front["changes_care"]
    assert note == "⚠ Use with care: Name of own: 2020. The publisher itself calls the quality of this figure low."


def test_a_city_without_a_clear_gap_says_so(tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure.get("compared_with_reference") in ("higher", "lower"):
            figure["compared_with_reference"] = "cannot_tell"
    front = front_of(tables, tmp_path)
    assert front["rows"] == []
    assert front["none"]


def test_the_front_of_the_report_is_a_cover_and_two_pages(data: ReleaseData, tmp_path: Path) -> None:
    pages = [page.extract_text() for page in PdfReader(written(data, tmp_path)).pages]
    assert "Racial gaps in Plantville" in pages[1] and "20.5%" in pages[1]
    assert "Goals, and what has changed" in pages[2] and "What the council could ask for" in pages[2]
    assert all(len(page) > 100 for page in pages), "a page is almost empty"
