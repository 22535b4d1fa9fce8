"""Editions of pinned releases: written, kept by later sites and rollbacks, superseded, withdrawn, and repaired after a kill."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.pipeline.publish_scorecard import publish_edition, publish_scorecard
from orchestration.scorecard import EditionError, editions, write_edition
from orchestration.scorecard.editions import folder_name
from orchestration.scorecard.folders import before_of
from orchestration.settings import Settings
from tests.conftest import called
from tests.support.scorecard_home import release_planted
from tests.support.scorecard_pages import dead_links, html_pages, invalid_html, page_problems
from tests.support.scorecard_release import planted
from warehouse.releases import BuildInputs, rollback

NOT_INDEXED = '<meta name="robots" content="noindex">'


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two releases with one changed figure and a new load, pinned by the command line; the site is in Spanish."""
    environment = {
        "LEVELGROUND_HOME": str(tmp_path_factory.mktemp("editions") / "home"),
        "LEVELGROUND_SCORECARD": "es",
        "LEVELGROUND_SCORECARD_URL": "https://city.example/scorecard",
    }
    settings = Settings.from_environment(environment)
    settings.home.ensure()
    made_of = BuildInputs(lineage={"own": ("source dept__records",)})
    release_planted(settings.home, planted(), 7, loads={"dept__records": ["a"]}, made_of=made_of)
    first = called(["levelground", "releases", "pin", "current", "--label", "2025Q2"], environment)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == f"edition: {settings.home.published_scorecard / '2025Q2' / 'index.html'}"
    tables = planted()
    tables["scorecard"][0]["value"] = 12.9
    release_planted(settings.home, tables, 10, loads={"dept__records": ["a", "b"]}, made_of=made_of)
    second = called(["levelground", "releases", "pin", "current", "--label", "2025Q3"], environment)
    assert second.returncode == 0, second.stderr
    return settings


@pytest.fixture
def copied(home: Settings, tmp_path: Path) -> Settings:
    """A home of its own for a test that changes it."""
    shutil.copytree(home.home.root, tmp_path / "home")
    names = {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_SCORECARD": "es"}
    return Settings.from_environment(names | {"LEVELGROUND_SCORECARD_URL": "https://city.example/scorecard"})


def test_editions_are_listed_and_compared_with_the_one_before(home: Settings) -> None:
    site = home.home.published_scorecard
    assert [(edition.label, edition.is_superseded) for edition in editions(site)] == [("2025Q3", False), ("2025Q2", True)]
    listed = (site / "es" / "editions.html").read_text(encoding="utf-8")
    assert listed.index("../2025Q3/es/index.html") < listed.index("../2025Q2/es/index.html")
    for folder in (site / "2025Q3", site):
        text = (folder / "es" / "corrections.html").read_text(encoding="utf-8")
        assert "Comparamos con la edición 2025Q2." in text
        assert 'Hay registros nuevos o corregidos de <span lang="en">Planted records</span>.' in text
    assert "Todavía no hay una edición anterior" in (site / "2025Q2" / "es" / "corrections.html").read_text(encoding="utf-8")
    assert not (site / "2025Q3" / "es" / "editions.html").exists()


def test_pages_of_editions_are_valid_and_superseded_ones_are_not_indexed(home: Settings) -> None:
    site = home.home.published_scorecard
    for page in html_pages(site):
        expected = page.relative_to(site).parts[0] == "2025Q2"
        assert (NOT_INDEXED in page.read_text(encoding="utf-8")) == expected, page
    assert [
        problem for page in html_pages(site / "2025Q3") for problem in (*page_problems(page, ("es",)), *invalid_html(page))
    ] == []
    assert dead_links(site) == []
    page = (site / "2025Q3" / "es" / "measures" / "own.html").read_text(encoding="utf-8")
    assert "Esta es la edición 2025Q3." in page
    assert "https://city.example/scorecard/2025Q3/es/measures/own.html" in page


def test_later_sites_and_rollbacks_keep_editions_also_a_damaged_one(copied: Settings) -> None:
    site = copied.home.published_scorecard
    earlier = editions(site)[1].release_id
    (site / "2025Q2" / "edition.json").write_text("{")
    before = contents(site / "2025Q2") | contents(site / "2025Q3")
    rollback(copied.home, earlier)
    assert publish_scorecard(copied) is not None
    assert contents(site / "2025Q2") | contents(site / "2025Q3") == before
    assert "Todavía no hay una edición anterior" in (site / "es" / "corrections.html").read_text(encoding="utf-8")


def test_the_same_release_gives_the_same_edition(copied: Settings) -> None:
    site = copied.home.published_scorecard
    before = contents(site / "2025Q3")
    publish_edition(copied, editions(site)[0].release_id, "2025Q3")
    assert contents(site / "2025Q3") == before


def test_an_edition_that_is_written_in_another_language_keeps_its_addresses(copied: Settings) -> None:
    site = copied.home.published_scorecard
    assert not (site / "2025Q3" / "en").exists()
    publish_edition(copied, editions(site)[0].release_id, "2025Q3", ("en",))
    assert [(site / "2025Q3" / code / "index.html").is_file() for code in ("en", "es")] == [True, True]


def test_an_edition_is_withdrawn_only_if_confirmed(copied: Settings) -> None:
    site = copied.home.published_scorecard
    environment = {"LEVELGROUND_HOME": str(copied.home.root), "LEVELGROUND_SCORECARD": "es"}
    unknown = called(["levelground", "scorecard", "withdraw", "2024Q1"], environment)
    assert (unknown.returncode, "known: 2025Q3, 2025Q2" in unknown.stderr) == (2, True)
    unconfirmed = called(["levelground", "scorecard", "withdraw", "2025Q3"], environment)
    assert (unconfirmed.returncode, "--yes" in unconfirmed.stderr, (site / "2025Q3").is_dir()) == (2, True, True)
    result = called(["levelground", "scorecard", "withdraw", "2025q3", "--yes"], environment)
    assert result.returncode == 0, result.stderr
    assert [(edition.label, edition.is_superseded) for edition in editions(site)] == [("2025Q2", False)]
    assert NOT_INDEXED not in (site / "2025Q2" / "es" / "index.html").read_text(encoding="utf-8")
    assert "2025Q3" not in (site / "es" / "editions.html").read_text(encoding="utf-8")
    notice = (site / "2025Q3" / "es" / "index.html").read_text(encoding="utf-8")
    assert "La edición 2025Q3 se retiró el" in notice
    assert (NOT_INDEXED in notice, '<a href="../../es/index.html">' in notice) == (True, True)
    assert dead_links(site) == []
    tables = planted()
    tables["scorecard"][0]["value"] = 13.1
    release_planted(copied.home, tables, 11)
    publish_scorecard(copied)
    assert (site / "2025Q3" / "es" / "index.html").read_text(encoding="utf-8") == notice, "a new site keeps the notice"
    rewritten = called(["levelground", "scorecard", "--release", "2025Q3", "--language", "en"], environment)
    assert rewritten.returncode == 0, rewritten.stderr
    assert rewritten.stdout.splitlines()[-1] == str(site / "2025Q3" / "index.html")
    assert dead_links(site) == []


def test_a_release_gets_an_edition_with_its_label_and_stays_pinned_without(copied: Settings) -> None:
    tables = planted()
    tables["measures"][0]["policy_area"] = "no_such_area"
    release_id = release_planted(copied.home, tables, 12)
    environment = {"LEVELGROUND_HOME": str(copied.home.root), "LEVELGROUND_SCORECARD": "en"}
    refused = called(["levelground", "scorecard", "--release", release_id], environment)
    assert (refused.returncode, "releases pin" in refused.stderr, "--out" in refused.stderr) == (2, True, True)
    pinned = called(["levelground", "releases", "pin", release_id], environment)
    assert (pinned.returncode, "edition" in pinned.stdout) == (0, False)
    result = called(["levelground", "releases", "pin", "current", "--label", "2025Q4"], environment)
    assert (result.returncode, "kept for ever as 2025Q4" in result.stdout, "no_such_area" in result.stderr) == (4, True, True)
    assert len(editions(copied.home.published_scorecard)) == 2


@pytest.mark.parametrize("is_edition", [False, True])
def test_a_kill_between_two_renames_loses_no_edition(copied: Settings, is_edition: bool) -> None:
    site = copied.home.published_scorecard
    before = contents(site / "2025Q2")
    if is_edition:  # the folder of the edition is renamed, the new one is not in place
        (site / "2025Q2").rename(before_of(site, "2025Q2"))
    else:  # the new site is in place, the editions of the old one are not
        site.rename(before_of(site))
        shutil.copytree(before_of(site) / "es", site / "es")
    publish_scorecard(copied)
    assert contents(site / "2025Q2") == before
    assert [path.name for path in site.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("label", "name"),
    [("2026Q3", "2026Q3"), ("Report, spring", "Report-spring"), ("../x", "x"), ("en", "edition-en"), ("…", "edition")],
)
def test_a_label_is_a_safe_name_of_a_folder(label: str, name: str) -> None:
    assert folder_name(label) == name


def test_two_labels_with_one_folder_are_refused(copied: Settings) -> None:
    site = copied.home.published_scorecard
    public_file = copied.home.published_public
    with pytest.raises(EditionError, match="has the folder '2025Q2'"):
        write_edition(public_file, site, "2025Q2!", ["en"])
    assert [edition.label for edition in editions(site)] == ["2025Q3", "2025Q2"]
