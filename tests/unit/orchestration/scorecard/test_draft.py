"""What a draft changes is found page by page, in the words that readers see, and a draft of one measure has the newest words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration.scorecard import write_site
from orchestration.scorecard.draft import CHANGED, GONE, NEW, PageChange, compare_sites, with_texts, write_changes
from tests.support.scorecard_release import planted, write_public_file
from warehouse.releases import Cause, PublicCounts
from warehouse.releases.comparison.public_differences import PublicMeasure

PAGE = "en/measures/own.html"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("draft")
    public_file = write_public_file(folder / "public.duckdb", planted())
    return public_file, write_site(public_file, folder / "site", ["en", "es"]).index.parent


def test_an_equal_site_has_no_change(published: tuple[Path, Path], tmp_path: Path) -> None:
    draft = write_site(published[0], tmp_path / "draft", ["en", "es"]).index.parent
    assert compare_sites(draft, published[1]) == []


def test_a_changed_word_a_new_page_and_one_that_is_gone_are_listed(published: tuple[Path, Path], tmp_path: Path) -> None:
    draft = write_site(published[0], tmp_path / "draft", ["en"]).index.parent
    page = draft / PAGE
    page.write_text(page.read_text().replace("<b>20.5%</b>", "<b>21.5%</b>", 1))
    (draft / "en" / "measures" / "further.html").write_text("<p>new</p>")
    changes = {change.path: change for change in compare_sites(draft, published[1])}

    changed = changes.pop(PAGE)
    assert changed.change == CHANGED
    assert [line.replace("21.5%", "20.5%") for line in changed.after] == list(changed.before)
    assert len(changed.after) == 1
    assert changes.pop("en/measures/further.html") == PageChange("en/measures/further.html", NEW)
    assert changes == {}  # Spanish was not written
    page.unlink()
    assert PageChange(PAGE, GONE) in compare_sites(draft, published[1])


def test_the_list_of_changes_links_both_sites_and_escapes_words(tmp_path: Path) -> None:
    change = PageChange("en/index.html", CHANGED, ("a < b",), ("<script>",))
    page = write_changes(tmp_path, tmp_path / "published", [change]).read_text()
    assert "<del>a &lt; b</del>" in page and "<ins>&lt;script&gt;</ins>" in page
    assert 'href="en/index.html"' in page and f"{(tmp_path / 'published').as_uri()}/en/index.html" in page


def test_the_list_of_changes_names_the_figures_that_differ_and_why(tmp_path: Path) -> None:
    counts = PublicCounts(appear=1, vanish=47, hidden=5)
    causes = (Cause("load", "fpc__police_stops", "a", "b"),)
    stops = PublicMeasure("stops", counts, {"period_gone": 42, "hidden": 5, "new_group": 1}, {}, causes)
    figures = SimpleNamespace(counts=counts, measures=(stops,))
    page = write_changes(tmp_path, tmp_path / "published", [], figures).read_text()
    assert "1 appear, 0 change, 47 vanish (5 hidden)" in page
    assert "<td>stops</td><td>1</td><td>0</td><td>47</td>" in page
    assert "<td>42 period gone; 5 hidden; 1 new group; inputs: load fpc__police_stops</td>" in page


def test_one_page_alone_is_written_with_the_words_of_the_seeds(published: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    texts = [("measure.own", "en", "A better name", "none"), ("measure.own", "so", "Magac", "none")]
    with_texts(published[0], copy, texts)
    draft = write_site(copy, tmp_path / "draft", only=(PAGE,)).index.parent
    assert [path.relative_to(draft).as_posix() for path in draft.rglob("measures/*.html")] == [PAGE]
    assert not (draft / "so").exists()  # a language without a release needs a run
    (change,) = compare_sites(draft, published[1], (PAGE,))
    assert any("A better name" in line for line in change.after)
    assert not any("A better name" in line for line in change.before)
