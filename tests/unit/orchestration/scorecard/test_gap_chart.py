"""The gap over time on the page of a measure, in words and marks, and the gate that reads it back."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from expectations.published.pages import PageCheck, PublicFacts, gate_pages
from expectations.published.reading import plain
from orchestration.scorecard import write_site
from tests.support import planted_gaps
from tests.support.planted_gaps import planted_with_gaps, with_a_weak_start
from tests.support.scorecard_release import write_public_file

PAGE = "measures/own.html"
BLACK = "own|year|city|9900001|all|black|white"
MINUS = "A minus sign before a gap means that the group named first has the lower figure."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("gaps")
    public_file = write_public_file(folder / "public.duckdb", planted_with_gaps())
    return public_file, write_site(public_file, folder / "site").index.parent


def said(site: tuple[Path, Path], key: str) -> list[str]:
    html = (site[1] / "en" / PAGE).read_text(encoding="utf-8")
    blocks = re.findall(r'<div class="said" data-gap="([^"]+)">(.*?)</div>', html, re.DOTALL)
    sentences = [words for keys, block in blocks if key in keys.split(",") for words in re.findall(r"<p>(.*?)</p>", block)]
    return [plain(words) for words in sentences]


def test_a_gap_that_narrows_as_difference_alone_is_said_both_ways(site: tuple[Path, Path]) -> None:
    assert said(site, f"{BLACK}|absolute") == [
        "As a difference, the gap between Black and White narrowed: it was 18.0 percentage points (2020) and 10.5 percentage "
        "points (2024).",
        "The difference changed by −7.5 percentage points (likely range −11.4 to −3.6 percentage points).",
        "Over all periods, the difference changed by −1.9 percentage points a year (likely range −2.8 to −0.9 percentage "
        "points).",
        "Only one of the two is clear.",
    ]
    assert said(site, f"{BLACK}|relative") == [
        "As a ratio, we cannot tell if the gap between Black and White changed: it was 2.5 times (2020) and 2.0 times (2024).",
        "The new ratio is 0.82 times the old one (likely range 0.58 to 1.16). No change would be 1.",
        "Over all periods, the ratio changed by −4.9% a year (likely range −11.0% to 1.6%).",
        "Only one of the two is clear.",
    ]


def test_a_gap_that_changed_sides_is_not_compared_with_its_reason(site: tuple[Path, Path]) -> None:
    asian = BLACK.replace("black", "asian")
    assert (
        said(site, f"{asian}|absolute")
        == said(site, f"{asian}|relative")
        == [
            "We do not compare the gap between Asian and White for 2020 with that for 2024: the group that was higher is lower "
            "now."
        ]
    )


def test_a_gap_that_is_clear_on_one_side_only_is_compared_with_its_signs(site: tuple[Path, Path]) -> None:
    hispanic = BLACK.replace("black", "hispanic")
    assert said(site, f"{hispanic}|absolute") == [
        "As a difference, the gap between Hispanic and White widened: it was −1.0 percentage points (2020) and 9.0 percentage "
        "points (2024).",
        "The difference changed by 10.0 percentage points (likely range 6.9 to 13.1 percentage points).",
    ]
    assert said(site, f"{hispanic}|relative")[0] == (
        "As a ratio, the gap between Hispanic and White widened: it was 0.92 times (2020) and 1.9 times (2024)."
    )


def test_the_change_of_a_gap_has_the_signs_of_the_table(tmp_path: Path) -> None:
    """A difference is the group's figure less the other, in sentences as in rows: -20.4 to -7.6 is a change of 12.9."""
    tables = planted_with_gaps()
    absolute = {"first_gap": -20.43, "last_gap": -7.563, "change": 12.867, "change_ci_low": -1.496, "change_ci_high": 27.23}
    tables["gap_trends"][0] |= absolute | {"word": "cannot_tell", "annual_percent_change": None}
    site = tmp_path, write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    assert said(site, f"{BLACK}|absolute")[:2] == [
        "As a difference, we cannot tell if the gap between Black and White changed: it was −20.4 percentage points (2020) and "
        "−7.6 percentage points (2024).",
        "The difference changed by 12.9 percentage points (likely range −1.5 to 27.2 percentage points).",
    ]
    page, home = (plain((site[1] / "en" / path).read_text(encoding="utf-8")) for path in (PAGE, "index.html"))
    assert (page.count(MINUS), home.count(MINUS)) == (1, 1)
    assert "gap_of_other_figures" not in found((tmp_path / "public.duckdb", site[1]), "en", "", "")
    for before, after in (("−7.6 percentage", "7.6 percentage"), ("by 12.9", "by −12.9"), ("range −1.5", "range 1.5")):
        assert "gap_of_other_figures" in found((tmp_path / "public.duckdb", site[1]), "en", before, after)


@pytest.mark.parametrize(
    ("ranges", "word", "count"),
    [
        ({}, "higher", 2),
        ({"rate_difference_ci_low": -0.1}, "higher", 1),
        ({"rate_ratio_ci_low": 0.9}, "higher", 1),
        ({"rate_ratio_ci_low": None, "rate_ratio_ci_high": None}, "higher", 2),
        ({}, "cannot_tell", 1),
    ],
    ids=["both clear", "difference unclear", "ratio unclear", "no range of the ratio", "many comparisons"],
)
def test_a_gap_is_followed_if_its_group_is_clearly_worse_off(
    tmp_path: Path, ranges: dict[str, float | None], word: str, count: int
) -> None:
    """Black and White are in 2020 and 2024 as planted, Hispanic and White are clear in 2024."""
    tables = planted_with_gaps()
    for figure in (row for row in tables["equity_measures"] if row["race_ethnicity_code"] == "black"):
        figure.update(ranges)
    own = next(row for row in tables["scorecard"] if row["measure_id"] == "own" and row["race_ethnicity_code"] == "black")
    own |= {"compared_with_reference": word, "reference_code": "white"}
    then = {"period_start": dt.date(2020, 1, 1), "is_featured": False, "is_latest": False}
    tables["scorecard"].append(own | then)
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en", "es"]).index.parent
    for language, words in (("en", "We can follow {} gap"), ("es", "Podemos seguir en el tiempo {} brecha")):
        html = plain((site / language / "index.html").read_text(encoding="utf-8"))
        assert words.format(count) in html


def test_a_change_that_is_one_of_many_is_said_to_be_so(tmp_path: Path) -> None:
    """Its interval excludes no change by a hair, which two decimals would hide."""
    tables = planted_with_gaps()
    of_many = {"word": "cannot_tell", "word_reason": "many_comparisons"}
    tables["gap_trends"][0] |= of_many | {"change_ci_low": -14.9, "change_ci_high": -0.1}
    tables["gap_trends"][1] |= of_many | {"change_ci_low": 0.71, "change_ci_high": 0.9996}
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    site = write_site(public_file, tmp_path / "site", ["en"]).index.parent
    by_chance = "Among so many gaps, some changes of this size come up by chance."
    assert said((public_file, site), f"{BLACK}|absolute")[0] == (
        "As a difference, we cannot tell if the gap between Black and White changed: it was 18.0 percentage points (2020) and "
        f"10.5 percentage points (2024). {by_chance}"
    )
    assert said((public_file, site), f"{BLACK}|relative")[:2] == [
        "As a ratio, we cannot tell if the gap between Black and White changed: it was 2.5 times (2020) and 2.0 times (2024). "
        f"{by_chance}",
        "The new ratio is 0.82 times the old one (likely range 0.71 to 0.9996). No change would be 1.",
    ]
    assert [finding.message for finding in gate_pages(public_file, site).findings if not finding.success] == []
    assert "gap_of_another_word" in found((public_file, site), "en", f" {by_chance}", "")


def test_a_gap_from_weak_figures_says_so_on_page_and_home(tmp_path: Path) -> None:
    tables = with_a_weak_start()
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    note = "⚠ Use with care: 2020. The publisher itself calls the quality of this figure low."
    page, home = ((site / "en" / path).read_text(encoding="utf-8") for path in (PAGE, "index.html"))
    rows = dict(re.findall(r'data-gap-row="([^"]+)">(.*?)</tr>', page, re.DOTALL))
    assert [key for key, row in rows.items() if "⚠ Use with care" in row] == [f"{BLACK}|2020-01-01"]
    assert plain(page.partition('id="gap-trend"')[2]).count(note) == 1
    assert plain(home.partition('id="changed"')[2]).count(note) == 1


def test_a_gap_of_places_says_that_a_difference_shrinks_when_all_figures_fall(tmp_path: Path) -> None:
    tables = planted_with_gaps()
    for one in (row for row in tables["scorecard"] if row["measure_id"] == "own" and row["race_ethnicity_code"] != "all"):
        one["basis"] = "where_people_live"
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    site = public_file, write_site(public_file, tmp_path / "site", ["en"]).index.parent
    html = plain((site[1] / "en" / PAGE).read_text(encoding="utf-8"))
    assert said(site, f"{BLACK}|absolute")[0].startswith("In the places where Black residents live, the difference")
    assert "Of places we follow the difference alone. It shrinks, too, when all figures fall." in html
    assert "The gap is shown two ways" not in html


def test_a_gap_without_a_table_has_no_note_on_its_figures(tmp_path: Path) -> None:
    tables = with_a_weak_start()
    for one in (row for row in tables["gap_trends"] if row["race_ethnicity_code"] == "black"):
        one |= {"word": "not_compared", "word_reason": "records_differ"}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    gaps = plain((site / "en" / PAGE).read_text(encoding="utf-8").partition('id="gap-trend"')[2])
    assert "with that for 2024: their records do not compare." in gaps
    assert "Use with care: 2020" not in gaps


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("narrowed", "widened"),
            "The two ways do not agree. Both are true: a difference can shrink while a ratio grows, or the other way round.",
        ),
        (("cannot_tell", "widened"), "Only one of the two is clear."),
        (("widened", "widened"), None),
        (("not_compared", "narrowed"), None),
    ],
)
def test_both_ways_disagree_only_where_both_are_clear(tmp_path: Path, words: tuple[str, str], sentence: str | None) -> None:
    tables = planted_with_gaps()
    for row, word in zip(tables["gap_trends"], words, strict=False):
        row |= {"word": word, "word_reason": "changed_sides" if word == "not_compared" else None}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    both = set(said((tmp_path, site), f"{BLACK}|absolute")) & set(said((tmp_path, site), f"{BLACK}|relative"))
    assert both == ({sentence} if sentence else set())


@pytest.mark.parametrize(
    ("word", "line", "sentence"),
    [
        (
            "cannot_tell",
            (-4.9, -8.0, -1.6),
            "That compares the first and the last period alone. A line through all periods is clear: the ratio changed by "
            "−4.9% a year (likely range −8.0% to −1.6%).",
        ),
        (
            "narrowed",
            (0.1, -0.3, 0.5),
            "That compares the first and the last period alone. For a line through all periods we cannot tell: the ratio changed "
            "by 0.1% a year (likely range −0.3% to 0.5%).",
        ),
        (
            "narrowed",
            (4.9, 1.6, 8.0),
            "That compares the first and the last period alone. A line through all periods is clear: the ratio changed by "
            "4.9% a year (likely range 1.6% to 8.0%).",
        ),
        ("widened", (4.9, 1.6, 8.0), "Over all periods, the ratio changed by 4.9% a year (likely range 1.6% to 8.0%)."),
        ("cannot_tell", (4.9, -1.6, 8.0), "Over all periods, the ratio changed by 4.9% a year (likely range −1.6% to 8.0%)."),
    ],
)
def test_a_line_that_differs_from_both_ends_says_what_each_compares(
    tmp_path: Path, word: str, line: tuple[float, float, float], sentence: str
) -> None:
    tables = planted_with_gaps()
    names = ("annual_percent_change", "apc_ci_low", "apc_ci_high")
    tables["gap_trends"][1] |= {"word": word, **dict(zip(names, line, strict=True))}
    public_file = write_public_file(tmp_path / "public.duckdb", tables)
    site = public_file, write_site(public_file, tmp_path / "site", ["en"]).index.parent
    assert said(site, f"{BLACK}|relative")[2] == sentence
    assert not found(site, "en", "", "")
    other = (
        "Over all periods, the ratio changed" if "line" in sentence else "A line through all periods is clear: the ratio changed"
    )
    assert found(site, "en", sentence.partition(" by ")[0], other) == {"gap_of_another_word"}


def test_each_period_has_both_figures_and_their_gap_with_ranges(site: tuple[Path, Path]) -> None:
    html = (site[1] / "en" / PAGE).read_text(encoding="utf-8")
    rows = dict(re.findall(r'data-gap-row="([^"]+)">(.*?)</tr>', html, re.DOTALL))
    assert len(rows) == 7
    cells = re.findall(r'<td class="number (\w+)">.*?</i> (.*?)</td>', rows[f"{BLACK}|2020-01-01"], re.DOTALL)
    assert [(name, plain(cell)) for name, cell in cells] == [
        ("own", "30.0% (28.0% to 32.0%)"),
        ("other", "12.0% (11.0% to 13.0%)"),
        ("difference", "18.0 (15.0 to 21.0)"),
        ("ratio", "2.5 times (2.1 to 3.0)"),
    ]
    assert rows[f"{BLACK}|2020-01-01"].count("<circle") == 2
    assert (html.count('id="scale-0"'), html.count('href="#scale-0"')) == (1, html.count('<table class="chart gap-chart">') - 1)


@pytest.mark.parametrize("language", ["en", "es", "hmn"])
def test_the_page_passes_the_gate(site: tuple[Path, Path], language: str) -> None:
    assert not found(site, language, "", "")
    assert [finding.message for finding in gate_pages(*site).findings if not finding.success] == []


def found(site: tuple[Path, Path], language: str, before: str, after: str) -> set[str]:
    html = (site[1] / language / PAGE).read_text(encoding="utf-8")
    assert before in html
    check = PageCheck(PublicFacts.read(site[0]))
    check.page(language, PAGE, html.replace(before, after))
    return {violation.rule for violation in check.violations}


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("White narrowed: it was", "White widened: it was", "gap_of_another_word"),
        ("was 18.0 percentage", "was 18.1 percentage", "gap_of_other_figures"),
        ("changed by −7.5", "changed by 7.5", "gap_of_other_figures"),
        ("0.58 to 1.16", "0.58 to 1.00", "gap_of_other_figures"),
        ("between Black and White narrowed", "between Asian and White narrowed", "gap_of_other_groups"),
        ("for 2020 with that for 2024", "for 2020 with that for 2023", "gap_of_other_groups"),
        ("the group that was higher is lower now", "no likely range is known", "gap_of_another_word"),
        (f'data-gap="{BLACK}|relative"', f'data-other="{BLACK}|relative"', "gap_scale_is_missing"),
        ("Only one of the two is clear.", "Only one of them is clear.", "gap_of_another_word"),
        ("it was −1.0 percentage", "it was 1.0 percentage", "gap_of_other_figures"),
        (f'data-gap="{BLACK}|absolute,{BLACK}|relative"', "data-other", "gap_scale_is_missing"),
        ("(15.0 to 21.0)", "(15.0 to 22.0)", "gap_of_other_figures"),
        (f"{BLACK}|2020-01-01", f"{BLACK}|2021-01-01", "gap_is_unknown"),
        (f"{BLACK}|absolute", f"{BLACK}|other", "gap_is_unknown"),
        ('<h2 id="gap-trend">', '<p data-gap-none="own"><h2>', "gap_is_denied"),
    ],
)
def test_an_untrue_gap_is_found(site: tuple[Path, Path], before: str, after: str, rule: str) -> None:
    assert rule in found(site, "en", before, after)


def test_home_counts_each_pair_of_groups_once_and_lists_what_widened_first(tmp_path: Path) -> None:
    """Not windows of years next to years, nor what is not compared, nor a group that is better off."""
    tables, pooled = planted_with_gaps(), {"period_type": "3_year"}
    figures = [
        (race, year, values[year])
        for race, values in (("black", planted_gaps.BLACK), ("white", planted_gaps.WHITE))
        for year in (2020, 2024)
    ]
    tables["equity_measures"] += [planted_gaps.figure(*values) | pooled for values in figures]
    tables["gap_trends"] += [row | pooled for row in tables["gap_trends"] if row["race_ethnicity_code"] == "black"]
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    html = plain((site / "en" / "index.html").read_text(encoding="utf-8").partition('id="changed">')[2])
    followed = "We can follow 2 gaps over time, without those of places. In each, the first group named was clearly worse off, "
    assert f"{followed}at the start or at the end." in html
    assert "Of these, 0 clearly narrowed and 1 clearly widened. For 1, only the difference or the ratio is clear" in html
    assert html.index("Hispanic and White, year by year (wider)") < html.index(
        "Black and White, year by year (narrower, cannot tell)"
    )
    assert "For the other" not in html and "Not all are here" not in html


def test_one_period_with_a_gap_is_said(tmp_path: Path) -> None:
    tables = planted_with_gaps() | {"gap_trends": []}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    html = (site / "en" / PAGE).read_text(encoding="utf-8")
    assert 'data-gap-none="own">Only one time span has figures to compare.' in html and "gap-trend" not in html


def test_figures_that_never_compare_have_the_reason_of_the_registry(tmp_path: Path) -> None:
    """Of income the newest window alone is shown, though five were delivered: they are in the dollars of other years."""
    tables = planted_with_gaps() | {"gap_trends": []}
    about = next(one for one in tables["measures"] if one["measure_id"] == "own")
    about |= {"shows_trend": False, "trend_note": "Windows are in the dollars of their years"}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    html = (site / "en" / PAGE).read_text(encoding="utf-8")
    assert 'data-gap-none="own">We show no change. Windows are in the dollars of their years.' in html
    assert "Only one time span" not in html


def test_one_period_without_a_gap_is_said_too(tmp_path: Path) -> None:
    """As of exams of which race is shown for too few."""
    tables = planted_with_gaps() | {"gap_trends": []}
    for row in tables["scorecard"]:
        if row.get("compared_with_reference"):
            row |= {"compared_with_reference": "not_compared", "compared_reason": "partly_shown", "rate_ratio": None}
    site = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    assert 'data-gap-none="own">Only one time span' in (site / "en" / PAGE).read_text(encoding="utf-8")


def test_two_ways_are_announced_where_a_gap_is_shown(site: tuple[Path, Path], tmp_path: Path) -> None:
    """Without a known range no gap is shown, as neither a difference nor a ratio."""
    two_ways = "The gap is shown two ways"
    assert two_ways in (site[1] / "en" / PAGE).read_text(encoding="utf-8")
    tables = planted_with_gaps()
    tables["gap_trends"] = [row | {"word": "not_compared", "word_reason": "no_range"} for row in tables["gap_trends"]]
    without = write_site(write_public_file(tmp_path / "public.duckdb", tables), tmp_path / "site", ["en"]).index.parent
    html = (without / "en" / PAGE).read_text(encoding="utf-8")
    assert "no likely range is known" in html and two_ways not in html and "data-gap-row" not in html
