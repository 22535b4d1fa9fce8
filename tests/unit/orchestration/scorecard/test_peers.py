"""The gap of the city next to those of other cities, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from expectations.published.pages import PageCheck, PublicFacts
from expectations.published.reading import plain
from orchestration.scorecard import write_site
from orchestration.scorecard.release_data.open_release import Record, ReleaseFiles
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData, read_release
from orchestration.scorecard.words.peers import FEWEST, peers, strip
from orchestration.scorecard.words.texts import texts_by_language
from tests.support.scorecard_release import PEER_GAP, planted, write_public_file

COUNTS = "Of 66 other cities, the gap is clearly narrower in 26. It is clearly wider in 1, and for 39 we cannot tell."
GAP_WORDS = (
    "The gap between Black and White is \u221214.4 percentage points in Plantville, "
    "and \u22126.4 percentage points in the middle of like cities."
)


@pytest.fixture
def said(tmp_path: Any) -> Any:
    def of(**changes: Any) -> str:
        tables = planted()
        tables["peer_comparison"] = [PEER_GAP | changes]
        data: ReleaseData = read_release(ReleaseFiles(write_public_file(tmp_path / "public.duckdb", tables)))
        texts = texts_by_language(data.texts, ["en"])["en"]
        [sentences] = peers(data.measures["own"], data, texts)
        return " ".join(sentences)

    return of


def test_a_wide_range_gives_counts_and_no_rank(said: Any) -> None:
    assert said() == f"{GAP_WORDS} {COUNTS} The ranges are too wide to rank Plantville among like cities."


def test_a_narrow_range_gives_a_rank(said: Any) -> None:
    words = said(peers_narrower=26, peers_wider=30, rank_low=27, rank_high=37, is_rank_shown=True)
    assert words.endswith(
        "It is clearly wider in 30, and for 10 we cannot tell. By this gap, Plantville has rank 27 to 37. "
        "Rank 1 is the gap most favorable to the group."
    )
    assert "smallest" not in words


NO_RANGE: Mapping[str, Any] = dict.fromkeys(
    ("gap_ci_low", "gap_ci_high", "peers_narrower", "peers_wider", "peers_reversed", "rank_low", "rank_high", "is_rank_shown")
)


def test_a_gap_without_a_range_has_no_size_next_to_other_cities(tmp_path: Path) -> None:
    """The page gives the reason instead, and the gate finds the size of such a gap."""
    shown = {}
    for name, changes in (("with", {}), ("without", NO_RANGE)):
        public_file = write_public_file(tmp_path / f"{name}.duckdb", planted() | {"peer_comparison": [PEER_GAP | changes]})
        site = write_site(public_file, tmp_path / name, ["en"]).index.parent
        shown[name] = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert GAP_WORDS in plain(shown["with"])
    assert GAP_WORDS not in plain(shown["without"])
    said = "<dt>Other cities</dt><dd>No likely range of a gap of this city is known, so we do not rank it.</dd>"
    assert said in shown["without"]
    check = PageCheck(PublicFacts.read(public_file))
    check.page("en", "measures/own.html", shown["with"])
    assert {violation.rule for violation in check.violations} == {"figure_of_a_sentence"}


def test_a_gap_with_a_range_and_too_few_like_cities_is_not_one_without(tmp_path: Path) -> None:
    tables = planted() | {"peer_comparison": [PEER_GAP | {"peers_median_gap": None}]}
    public_file = write_public_file(tmp_path / "few.duckdb", tables)
    site = write_site(public_file, tmp_path / "few", ["en"]).index.parent
    page = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert "<dt>Other cities</dt><dd>We compare no other cities for this question.</dd>" in page


def test_the_range_of_another_city_that_no_one_knows_is_no_zero(tmp_path: Path) -> None:
    public_file = write_public_file(tmp_path / "public.duckdb", planted() | {"peer_comparison": [PEER_GAP]})
    data = read_release(ReleaseFiles(public_file))
    others = [Record(place=f"City {n}", gap=-float(n), gap_ci_low=-n - 1.0, gap_ci_high=1.0 - n) for n in range(FEWEST)]
    others[3] |= {"gap_ci_low": None, "gap_ci_high": None}
    measure = SimpleNamespace(about={"unit": "percent"}, peers=[Record(data.measures["own"].peers[0] | {"others": others})])
    drawn = strip(cast(Measure, measure), texts_by_language(data.texts, ["en"])["en"])
    assert drawn is not None
    table = {place: tuple(map(str, cells)) for place, *cells in drawn["table"]}
    assert (table["City 2"], table["City 3"]) == (("\u22122.0", "\u22123.0", "\u22121.0"), ("\u22123.0", "–", "–"))


def test_a_gap_of_an_earlier_period_is_not_that_of_the_page(tmp_path: Path) -> None:
    """The section names its period; without a gap in it there is none, and the gate finds one of an earlier period."""
    earlier = {"period_start": dt.date(2019, 1, 1)}
    shown, files = {}, {}
    for name, changes in (("now", {}), ("then", earlier)):
        tables = planted() | {"peer_comparison": [PEER_GAP | changes]}
        files[name] = write_public_file(tmp_path / f"{name}.duckdb", tables)
        site = write_site(files[name], tmp_path / name, ["en"]).index.parent
        shown[name] = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert "Like cities have half to twice as many people. The gaps are of 2024." in plain(shown["now"])
    assert "The gap between Black and White is" not in plain(shown["then"])
    assert "<dt>Other cities</dt><dd>We compare no other cities for this question.</dd>" in shown["then"]
    check = PageCheck(PublicFacts.read(files["then"]))
    check.page("en", "measures/own.html", shown["now"])
    assert {violation.rule for violation in check.violations} == {"sentence_of_no_text"}


def test_cities_where_the_gap_runs_the_other_way_are_not_narrower(said: Any) -> None:
    words = said(peers_narrower=23, peers_wider=1, peers_reversed=3, rank_low=27, rank_high=66)
    assert "clearly narrower in 23. It is clearly wider in 1, and for 39 we cannot tell. In 3 of the cities" in words
    assert "the gap clearly runs the other way." in words


def test_money_is_a_ratio(said: Any) -> None:
    words = said(gap=-30422.0, peers_median_gap=-34186.3, gap_kind="ratio", gap_ratio=0.552, peers_median_ratio=0.563)
    assert words.startswith(
        "The figure for Black is 0.55 times that for White in Plantville, and 0.56 times in the middle of like cities. Of 66"
    )
    assert "30,422" not in words


def test_cities_whose_range_is_unknown_are_counted_apart(tmp_path: Path) -> None:
    """Of 66 cities 26 are narrower and 1 is wider; of the 39 others 4 have no range, so that we cannot tell for 35."""
    others = [
        PEER_GAP | {"geoid": f"88{n}", "place": f"City {n}"} | (dict.fromkeys(("gap_ci_low", "gap_ci_high")) if n < 4 else {})
        for n in range(5)
    ]
    public_file = write_public_file(tmp_path / "public.duckdb", planted() | {"peer_comparison": [PEER_GAP, *others]})
    site = write_site(public_file, tmp_path / "site", ["en"]).index.parent
    page = (site / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    said = "It is clearly wider in 1, and for 35 we cannot tell. For 4 of the cities, no likely range of the gap is known."
    assert said in plain(page)
    check = PageCheck(PublicFacts.read(public_file))
    check.page("en", "measures/own.html", page)
    assert not check.violations
    check.page("en", "measures/own.html", page.replace("for 35 we", "for 39 we"))
    assert [violation.rule for violation in check.violations] == ["figure_of_a_sentence"]
