"""The scorecard of a planted release: pages, figures, hidden cells, places, languages, and builds that fail."""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.scorecard import ScorecardError, UnknownLanguage, is_current, write_site
from tests.support.scorecard_pages import (
    TAG,
    dead_links,
    html_pages,
    invalid_html,
    numbers_of_hidden,
    page_problems,
    parsed,
    table_rows,
    wrong_figures,
)
from tests.support.scorecard_release import HIDDEN, RATIO_OF_PLACES, measure, planted, row, write_public_file

LANGUAGES = ("en", "es", "hmn")


@pytest.fixture(scope="module")
def public_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_public_file(tmp_path_factory.mktemp("planted") / "public.duckdb", planted())


@pytest.fixture(scope="module")
def site(public_file: Path) -> Path:
    return write_site(public_file, public_file.parent / "site").index.parent


def is_of(figure: dict[str, Any], measure_id: str, race: str) -> bool:
    return (figure["measure_id"], figure["race_ethnicity_code"]) == (measure_id, race)


def words(page: Path) -> str:
    return re.sub(r"\s+", " ", TAG.sub("", page.read_text(encoding="utf-8")))


def test_every_measure_has_a_page_in_every_language(site: Path) -> None:
    for language in LANGUAGES:
        pages = {path.stem for path in (site / language / "measures").iterdir()}
        assert pages == {"own", "places", "whole", "nothing"}
        assert {path.stem for path in (site / language / "embed").iterdir()} == {"own", "places", "whole"}
        assert {path.stem for path in (site / language / "districts").iterdir()} == {"1", "2", "3"}
    assert {path.name for path in (site / "downloads").iterdir()} == {
        "es", "dictionary.csv",
        *(f"{code}.{ending}" for code in ("own", "places", "whole") for ending in ("csv", "json", "xlsx")),
    }  # fmt: skip


def test_pages_are_valid_closed_and_small(site: Path) -> None:
    pages = html_pages(site)
    assert [problem for page in pages for problem in page_problems(page)] == []
    assert [problem for page in pages for problem in invalid_html(page)] == []
    assert dead_links(site) == []
    for page in pages:
        assert page.read_text(encoding="utf-8").count("hreflang=") >= len(LANGUAGES), page


def test_the_same_release_gives_the_same_bytes(public_file: Path, site: Path, tmp_path: Path) -> None:
    second = write_site(public_file, tmp_path / "again").index.parent
    first = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    assert first == {path.relative_to(second): path.read_bytes() for path in second.rglob("*") if path.is_file()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_those_of_the_file(site: Path, language: str) -> None:
    figures = {"group-all": 12.345, "group-black": 20.5, "group-asian": 11.1, "group-white": 10.0, "district-1": 11.0}
    assert list(wrong_figures(site / language / "measures" / "own.html", language, figures)) == []
    assert list(wrong_figures(site / language / "measures" / "own.html", language, {"group-all": 12.1})) != []
    assert list(wrong_figures(site / language / "districts" / "2.html", language, {"measure-own": 12.0})) == []


def test_every_page_has_a_description(site: Path) -> None:
    without = [
        page for page in site.rglob("*.html") if '<meta name="description" content="' not in page.read_text(encoding="utf-8")
    ]
    assert without == []


def test_sentences_hold_only_figures_of_the_file(site: Path) -> None:
    page = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    answer = page.partition('<section class="answer"')[2].partition("</section>")[0]
    ranges = [value * end for value in (12.345, 20.5, 10.0) for end in (0.9, 1.1)]
    figures = [12.345, 20.5, 10.0, 2.25, 1.0, 3.5, 2024, 2020, *ranges]
    assert len(parsed(answer, "en")) >= 10
    for number, tolerance in parsed(answer, "en"):
        assert any(abs(number - value) <= tolerance for value in figures), f"{number} is no figure of the release"
    assert "We cannot tell if these differ from White, as the likely ranges are too wide: Asian." in words(
        site / "en" / "measures" / "own.html"
    )


def test_a_hidden_figure_has_no_number_and_no_position(site: Path, tmp_path: Path) -> None:
    page = Path("en/measures/own.html")
    assert numbers_of_hidden(site / page, ["group-hispanic", "district-3"]) == []
    assert "Hidden to protect people" in table_rows(site / page)["group-hispanic"]
    unhidden = planted()
    rows = unhidden["scorecard"]
    [position] = [number for number, r in enumerate(rows) if is_of(r, "own", "hispanic")]
    rows[position] = row("own", "hispanic", 33.3)
    unhidden_site = write_site(write_public_file(tmp_path / "unhidden.duckdb", unhidden), tmp_path / "unhidden").index.parent
    assert numbers_of_hidden(unhidden_site / page, ["group-hispanic"]) == ["group-hispanic"], (
        "the check sees a figure that is not hidden"
    )


def test_a_value_next_to_a_status_that_hides_it_is_not_shown(tmp_path: Path) -> None:
    broken = planted()
    for r in broken["scorecard"]:
        if is_of(r, "places", "hispanic"):
            r |= {"value": HIDDEN, "ci_low": HIDDEN, "ci_high": HIDDEN, "status_code": "hidden"}
    site = write_site(write_public_file(tmp_path / "broken.duckdb", broken), tmp_path / "site").index.parent
    assert [page for page in html_pages(site) if re.search(r"4,?711", page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", ["measures/places.html", "areas/housing.html", "embed/places.html"])
def test_figures_of_places_are_never_sentences_about_people(site: Path, name: str) -> None:
    text = words(site / "en" / name)
    assert "places" in text
    for group in ("Black", "Hispanic", "Asian", "White"):
        assert not re.search(rf"{group}: \d", text)
        assert f": {group}" not in text
        assert f"{group} residents" not in text
    assert "times" not in text
    assert "Clearly" not in text


def test_figures_of_places_have_no_ratio_in_any_language(site: Path) -> None:
    assert [page for page in html_pages(site) if re.search(RATIO_OF_PLACES, page.read_text(encoding="utf-8"))] == []


def test_groups_keep_their_order_whatever_their_figures(site: Path) -> None:
    for name in ("own", "places", "whole"):
        anchors = [anchor for anchor in table_rows(site / "en" / "measures" / f"{name}.html") if anchor.startswith("group-")]
        expected = ["group-all", "group-asian", "group-black", "group-hispanic", "group-white"]
        assert anchors == (expected[1:] if name == "whole" else expected)


def test_a_whole_is_no_figure(site: Path) -> None:
    assert "100.0%" not in words(site / "en" / "measures" / "whole.html")
    assert "100.0%" not in words(site / "en" / "index.html")


def test_records_of_another_city_have_no_figures(tmp_path: Path) -> None:
    tables = planted()
    tables["scorecard"] = [r | {"is_stand_in": True} if r["measure_id"] == "own" else r for r in tables["scorecard"]]
    tables["measures"][0] |= {"availability": "stand_in", "licence_attribution": None}
    site = write_site(write_public_file(tmp_path / "other.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    assert "12.3" not in words(site / "en" / "measures" / "own.html")
    assert "We only have another city" in words(site / "en" / "measures" / "own.html")
    assert "Delivered by" not in words(site / "en" / "measures" / "own.html")
    assert not (site / "downloads" / "own.csv").exists()


def test_a_retired_measure_keeps_its_page_and_figures(tmp_path: Path) -> None:
    tables = planted()
    stopped = {"retired_on": dt.date(2024, 12, 31), "successor": "places", "retirement_reason": "The form has ended."}
    tables["measures"][0] |= stopped
    tables["measures"][3] |= stopped | {"availability": "retired", "successor": None}
    whole = write_site(
        write_public_file(tmp_path / "retired.duckdb", tables), tmp_path / "site", ["en", "es", "hmn"]
    ).index.parent
    site = whole / "en"
    page = words(site / "measures" / "own.html")
    assert "We stopped this measure on December 31, 2024. Its last figures stay here. The form has ended." in page
    assert "Read this one now: Name of places" in page and "12.3" in page
    assert '<a href="places.html">Name of places</a>' in (site / "measures" / "own.html").read_text(encoding="utf-8")
    gone = words(site / "measures" / "nothing.html")
    assert "We no longer publish these figures." in gone and "Read this one now" not in gone and "these figures yet" not in gone
    assert "We stopped this measure" not in words(site / "measures" / "places.html")
    for language, stopped_there, follows in (
        (
            "es",
            "Dejamos de calcular esta medida el 31 de diciembre de 2024. Sus últimas cifras se quedan aquí.",
            "Lea ahora esta: ",
        ),
        ("hmn", "Peb tau tso tseg qhov kev ntsuas no rau hnub ", "Tam sim no nyeem qhov no: "),
    ):
        page = words(whole / language / "measures" / "own.html")
        assert stopped_there in page and follows in page and "12.3" in page.replace("12,3", "12.3")
        assert '<a href="places.html">' in (whole / language / "measures" / "own.html").read_text(encoding="utf-8")
        assert words(whole / language / "measures" / "nothing.html").count(follows) == 0


def test_records_that_do_not_count_yet_are_said(tmp_path: Path) -> None:
    tables = planted()
    tables["sources"][0] |= {"counted_until": dt.date(2025, 12, 1), "later_records": 11194}
    site = write_site(write_public_file(tmp_path / "later.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    said = "11,194 records in the files that we have are dated after December 1, 2025, the day up to which we count."
    assert said in words(site / "en" / "measures" / "own.html")
    assert "11,194 registros de los archivos que tenemos tienen fecha posterior" in words(site / "es" / "measures" / "own.html")
    assert "up to which we count" not in words(site / "en" / "measures" / "nothing.html")


def test_figures_are_old_by_the_clock_also_when_no_source_sends_anything_new(tmp_path: Path) -> None:
    tables = planted()
    said = {"en": "The newest figures end on December 31, 2024.", "es": "Las cifras más recientes terminan el 31 de diciembre"}
    for name, clock, is_old in (("now", dt.datetime(2026, 12, 1), False), ("later", dt.datetime(2027, 2, 1), True)):
        tables["release"][0] |= {"as_of": clock, "data_as_of": dt.datetime(2024, 12, 31)}
        site = write_site(write_public_file(tmp_path / f"{name}.duckdb", tables), tmp_path / name, [*said]).index.parent
        assert [text in words(site / language / "measures" / "own.html") for language, text in said.items()] == [is_old, is_old]


def test_the_people_of_the_city_are_those_of_a_day(tmp_path: Path) -> None:
    tables = planted()
    of_day = {"period_type": "snapshot", "period_start": dt.date(2020, 4, 1), "period_end": dt.date(2020, 4, 1)}
    tables["measures"] += [measure("population_by_race", kind="composition")]
    tables["scorecard"] += [row("population_by_race", "all", 100.0, denominator=577222.0, **of_day)]
    site = write_site(write_public_file(tmp_path / "people.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    assert "577,222 people lived in Plantville on April 1, 2020." in words(site / "en" / "index.html")
    assert "577,222 personas vivían en Plantville el 1 de abril de 2020." in words(site / "es" / "index.html")


def test_a_composition_opens_with_the_largest_share_that_is_shown(tmp_path: Path) -> None:
    """The page of who the students without a home are began: the shares of the groups are parts of one whole."""
    tables = planted()
    tables["measures"] += [measure("parts", kind="composition", favourable_direction="none")]
    shares = {"all": 100.0, "black": 52.4, "white": 9.8, "asian": None, "hispanic": 31.0}
    tables["scorecard"] += [row("parts", code, share) for code, share in shares.items()]
    site = write_site(write_public_file(tmp_path / "parts.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    page = words(site / "en" / "measures" / "parts.html")
    assert "the largest share that we can show is that of Black, 52.4%." in page
    assert "parts of one whole" not in page
    assert "la mayor parte que podemos mostrar es la de Negra o afroamericana, 52.4%." in words(
        site / "es" / "measures" / "parts.html"
    )


def test_a_hidden_figure_is_not_said_to_be_zero_or_not(site: Path) -> None:
    page = words(site / "en" / "measures" / "own.html")
    assert "Hidden to protect people. That does not mean zero." in page
    assert "It is not zero" not in page


def test_a_table_without_a_row_of_the_place_has_no_date(tmp_path: Path) -> None:
    tables = planted()
    tables["sources"] += [
        {"source": name, "title": title, "department": "mhd", "is_stand_in": False, "has_rows_of_place": has_rows}
        | {"data_as_of": dt.datetime(2022, 12, 31)}
        for name, title, has_rows in (("one", "Counties of another state", False), ("two", "Cities", True))
    ]
    site = write_site(write_public_file(tmp_path / "rows.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    none = {"en": "None: the table has no row of the city or its county", "es": "Ninguno: la tabla no tiene ninguna fila"}
    for language, said in none.items():
        rows = re.findall(r"<tr>.*?</tr>", (site / language / "data.html").read_text(encoding="utf-8"), re.DOTALL)
        other, own = (next(row for row in rows if title in row) for title in ("Counties of another state", "Cities"))
        assert said in other and "2022" not in other and "2022" in own


def test_what_cannot_be_shown_has_its_reason(site: Path) -> None:
    page = (site / "en" / "cannot-show.html").read_text(encoding="utf-8")
    headings = [TAG.sub("", found) for found in re.findall(r"<h2.*?</h2>", page)]
    assert headings == [
        "The records have not been sent to the office yet. (1)",
        "There is an overall figure, but none by people&#39;s own race. (1)",
    ]
    assert page.index("Name of nothing") < page.index("Name of places")


def test_records_that_were_never_sent_have_no_name_of_another_office(site: Path) -> None:
    """A contract names the records and their keeper in the city that wrote it; what was delivered keeps both."""
    assert "Planted records" in words(site / "en" / "measures" / "places.html")
    assert "Later records" not in words(site / "en" / "measures" / "nothing.html")


def test_districts_are_drawn_on_the_map_of_their_period(site: Path, tmp_path: Path) -> None:
    tables = planted()
    for figure in tables["scorecard"]:
        if figure["geography_type"] == "aldermanic_district":
            figure["geography_vintage"] = "2012"
    old = [place | {"geography_vintage": "2012", "valid_to": dt.date(2022, 5, 13)} for place in tables["geographies"][1:]]
    tables["geographies"] += old
    earlier = write_site(write_public_file(tmp_path / "old.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    note = "This figure uses the district map of that time."
    assert note in words(earlier / "en" / "measures" / "own.html")
    assert note not in words(site / "en" / "measures" / "own.html")
    assert "districts/1.html" not in (earlier / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert "measure-own" not in table_rows(earlier / "en" / "districts" / "1.html"), "its figure is of another district 1"
    assert "measure-own" in table_rows(site / "en" / "districts" / "1.html")


def test_a_measure_with_figures_of_smaller_places_only_counts_as_without(tmp_path: Path) -> None:
    tables = planted()
    tables["measures"].append(measure("schools", has_figures_by_race=False))
    site = write_site(write_public_file(tmp_path / "schools.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    assert "3 of 5 questions have figures." in words(site / "en" / "index.html")
    page = (site / "en" / "cannot-show.html").read_text(encoding="utf-8")
    assert "Name of schools" in page.partition('id="no_records"')[2].partition("</section>")[0]


def test_a_hidden_theme_has_no_number(site: Path) -> None:
    page = (site / "en" / "you-said.html").read_text(encoding="utf-8")
    hidden = page.partition("Parks")[2].partition("</section>")[0].partition("</h2>")[2]
    assert "Hidden to protect people." in hidden and "few" not in hidden, "another theme may need it, however many spoke"
    assert not re.search(r"\d", hidden)
    assert [number for number, _ in parsed(page.partition("Housing")[2].partition("</ul>")[0], "en")][-5:] == [30, 20, 0, 4, 6]


def test_texts_without_a_translation_are_in_english_marked_and_counted(site: Path) -> None:
    page = (site / "es" / "measures" / "own.html").read_text(encoding="utf-8")
    assert '<html lang="es"' in page
    assert '<h1><span lang="en">What is own?</span></h1>' in page
    assert re.search(r'<p class="translated">.* \d+ textos de esta página', page)
    assert '<html lang="mww"' in (site / "hmn" / "index.html").read_text(encoding="utf-8")
    assert "translated" not in (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")


def test_downloads_carry_the_attribution_and_the_release(site: Path) -> None:
    with (site / "downloads" / "own.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["attribution"] for row in rows} == {"Planted Records, CC BY 4.0"}
    assert {row["release_id"] for row in rows} == {"20251201T000000Z-00000001"}
    assert {row["value"] for row in rows if row["race_ethnicity_code"] == "hispanic"} == {""}
    assert "Planted Records, CC BY 4.0" in words(site / "en" / "embed" / "own.html")


def test_a_page_that_fails_keeps_the_earlier_site(public_file: Path, tmp_path: Path) -> None:
    folder = write_site(public_file, tmp_path / "site", ["en"]).index.parent
    before = sorted(folder.rglob("*"))
    tables = planted()
    tables["measures"][0]["policy_area"] = "no_such_area"
    with pytest.raises(ScorecardError, match=r"en/index\.html could not be written.*policy_area\.no_such_area"):
        write_site(write_public_file(tmp_path / "bad.duckdb", tables), folder, ["en"])
    assert sorted(folder.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_without_a_scorecard_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match="the scorecard could not be written"):
        write_site(tmp_path / "none.duckdb", tmp_path / "site")


def test_the_site_is_current_for_one_file_and_one_choice(public_file: Path, tmp_path: Path) -> None:
    folder = write_site(public_file, tmp_path / "site", ["en"], "https://city.example/scorecard").index.parent
    assert is_current(folder, public_file, ["en"], "https://city.example/scorecard")
    assert not is_current(folder, public_file, ["es"], "https://city.example/scorecard")
    assert not is_current(folder, public_file, ["en"])
    assert not is_current(tmp_path, public_file, ["en"])
    assert "https://city.example/scorecard/en/embed/own.html" in (folder / "en/measures/own.html").read_text(encoding="utf-8")


def test_a_release_of_an_earlier_version_has_the_texts_of_the_installed_one(tmp_path: Path) -> None:
    file = write_public_file(tmp_path / "earlier.duckdb", planted())
    with duckdb.connect(str(file)) as con:
        con.execute("delete from published.texts where text_id in ('page.corrections', 'page.report_pdf')")
        con.execute("update published.texts set text = 'Start' where text_id = 'page.home'")
    page = words(write_site(file, tmp_path / "site", ["es"]).index.parent / "es" / "index.html")
    assert "Informe (PDF) · Correcciones" in page
    assert "Start" in page, "texts of the release come first"


def test_an_unknown_language_is_refused(public_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownLanguage, match="no texts in fr; its languages are en, es, hmn"):
        write_site(public_file, tmp_path / "site", ["fr"])


def test_a_page_without_a_change_has_the_reason_of_its_measure(tmp_path: Path) -> None:
    tables = planted()
    tables["measures"] += [measure("plain", shows_trend=False, trend_note="Prices are in the dollars of their year")]
    tables["scorecard"] += [row("plain", race, 10.0) for race in ("all", "black")]
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    html = (site / "en" / "measures" / "plain.html").read_text(encoding="utf-8")
    assert "We show no change. Prices are in the dollars of their year." in html


def test_a_page_with_lines_of_groups_does_not_deny_a_series(tmp_path: Path) -> None:
    tables = planted()
    tables["measures"] += [measure("parts", kind="composition", shows_trend=True)]
    first = {"period_start": dt.date(2023, 1, 1), "period_end": dt.date(2023, 12, 31), "is_featured": False, "is_latest": False}
    since = {"trend_from": dt.date(2023, 1, 1)}
    tables["scorecard"] += [row("parts", race, 50.0, **more) for race in ("black", "white") for more in (since, first)]
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    html = (site / "en" / "measures" / "parts.html").read_text(encoding="utf-8")
    assert 'id="group-trends"' in html
    assert "no series of like periods" not in html
