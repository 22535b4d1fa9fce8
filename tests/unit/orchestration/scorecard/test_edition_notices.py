"""What the office says of an edition is on the edition, the page of the measure and the page of corrections."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from orchestration.pipeline.publish_scorecard import publish_edition, publish_scorecard
from orchestration.runs.decisions import read_corrections
from orchestration.settings import Settings
from tests.conftest import called
from tests.support.scorecard_home import release_planted
from tests.support.scorecard_release import planted
from warehouse.releases import pin

ATOM = "{http://www.w3.org/2005/Atom}"
ROW = {"race_standard": "spd15_2024", "tabulation": "exclusive", "method": "individual"}
WHAT = "The share of <Black> residents was 12.9, not 21.9."
SAID = {
    "release_id": "an older one",
    "measure_id": "own",
    "what": WHAT,
    "why": "A file was read twice.",
    "edition": "2025Q2",
    "severity": "substantial",
    "said_by_office": True,
    "at": dt.datetime(2025, 9, 30, 12),
}
BY_FIGURES = SAID | {
    "what": "3 figures are others now",
    "edition": None,
    "severity": "revision",
    "said_by_office": False,
    "at": None,
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home with the edition 2025Q2."""
    names = {"LEVELGROUND_HOME": str(tmp_path_factory.mktemp("notices") / "home"), "LEVELGROUND_SCORECARD": "en"}
    settings = Settings.from_environment(names)
    settings.home.ensure()
    first = release_planted(settings.home, planted(), 7)
    pin(settings.home, first, "2025Q2")
    publish_edition(settings, first, "2025Q2")
    return names


def test_the_command_writes_what_the_next_run_publishes(environment: dict[str, str]) -> None:
    def add(**options: str) -> tuple[int, str]:
        given = {"edition": "2025q2", "measure": "own", "severity": "substantial", "text": WHAT} | options
        words = [word for name, value in given.items() for word in (f"--{name}", value)]
        ended = called(["levelground", "corrections", "add", *words], environment)
        return ended.returncode, " ".join((ended.stdout + ended.stderr).split())

    for wrong, answer in (
        ({"edition": "2031Q1"}, "known: 2025Q2"),
        ({"measure": "owns"}, "Did you mean own?"),
        ({"severity": "grave"}, "grave"),
        ({"text": " "}, "one line"),
    ):
        code, said = add(**wrong)
        assert (code, answer in said) == (2, True), said
    assert read_corrections(Settings.from_environment(environment).home) == ()
    assert add()[0] == 0
    assert add(severity="minor", why="A typing error.")[0] == 0
    first, second = read_corrections(Settings.from_environment(environment).home)
    assert (first.edition, first.what, first.why, first.severity) == ("2025Q2", WHAT, None, "substantial")
    assert (second.why, second.severity) == ("A typing error.", "minor")
    listed = called(["levelground", "corrections", "list", "--json"], environment)
    assert [row["severity"] for row in json.loads(listed.stdout)] == ["minor", "substantial"], "the newest first"


def test_the_command_promises_no_page_of_an_edition_that_is_not_on_the_site(environment: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(environment["LEVELGROUND_HOME"], home, symlinks=True)
    own, words = environment | {"LEVELGROUND_HOME": str(home)}, ["--measure", "own", "--severity", "minor", "--text", WHAT]
    said = []
    for withdraws in (False, True):
        if withdraws:
            assert called(["levelground", "scorecard", "withdraw", "2025Q2", "--yes"], own).returncode == 0
        said.append(" ".join(called(["levelground", "corrections", "add", "--edition", "2025Q2", *words], own).stdout.split()))
    pages = "the page of own and the page of corrections"
    assert said == [
        f"written; `levelground run` publishes it on the edition 2025Q2, {pages}",
        f"written; `levelground run` publishes it on {pages} only: the edition 2025Q2 is not on the site, and "
        "`levelground scorecard --release 2025Q2` writes it with the correction",
    ]


def test_words_are_on_the_edition_and_on_the_site(environment: dict[str, str]) -> None:
    settings = Settings.from_environment(environment)
    site = settings.home.published_scorecard
    edition = site / "2025Q2" / "en"

    def pages(folder: Path, words: str) -> set[str]:
        found = (path for path in folder.rglob("*.html") if words in path.read_text())
        return {path.relative_to(folder).as_posix() for path in found}

    before = {path: path.read_text() for path in edition.rglob("*.html")}
    release_planted(settings.home, planted() | {"corrections": [SAID, BY_FIGURES]}, 10)
    publish_scorecard(settings)
    words = "was 12.9, not 21.9."
    assert pages(edition, words) == {"measures/own.html"}
    assert pages(site / "en", words) == {"measures/own.html", "corrections.html"}
    for page in (edition / "measures" / "own.html", site / "en" / "corrections.html"):
        text = page.read_text()
        assert "&lt;Black&gt;" in text, "words are no markup"
        assert "Important correction of September 30, 2025:" in text
        assert "A file was read twice." in text
        assert "others now" not in text
    assert "Corrections since then: 1." in (edition / "index.html").read_text()
    changed = {path.relative_to(edition).as_posix() for path, text in before.items() if path.read_text() != text}
    assert changed == {"measures/own.html", "index.html"}, "no other page of an edition changes"

    marked = (edition / "measures" / "own.html").read_text()
    publish_scorecard(settings)
    assert (edition / "measures" / "own.html").read_text() == marked, "a notice is written once"


def test_figures_of_an_edition_that_were_revised_since_are_marked_on_it_and_listed_in_the_feed(
    environment: dict[str, str],
) -> None:
    """Two figures of an edition are others now: one of the city, which the page shows, and one of a district."""
    settings = Settings.from_environment(environment)
    site, tables = settings.home.published_scorecard, planted()
    row = next(
        one for one in tables["scorecard"]
        if (one["measure_id"], one["geography_type"], one["race_ethnicity_code"], one["period_start"].year)
        == ("own", "city", "white", 2024)
    )  # fmt: skip
    row.update(ROW)
    revised = {name: row[name] for name in (*ROW, "measure_id", "measure_version", "period_type", "period_start", "period_end",
               "geography_type", "geography_vintage", "geoid", "race_ethnicity_code", "unit", "value")}  # fmt: skip
    revised |= {"stratum_type": "all", "stratum_code": "all", "edition": "2025Q2", "release_id": "20250605T000000Z-00000002"}
    revised |= {"edition_value": 6.15, "publication_status": "published", "last_revised_on": dt.date(2025, 9, 1)}
    of_district = revised | {"geography_type": "aldermanic_district", "geography_vintage": "2022", "geoid": "3"}
    release_planted(settings.home, tables | {"corrections": [SAID], "as_reported_editions": [revised, of_district]}, 11)
    publish_scorecard(settings)
    page = (site / "2025Q2" / "en" / "measures" / "own.html").read_text()
    assert "Figures of this edition that have changed since then: 2." in page
    assert re.search(r"<li>2024, White: .{0,60}6\.2%.{0,20} in this edition", page), page[:2000]
    assert "have changed since then: 2." in (site / "2025Q2" / "en" / "index.html").read_text()

    feed = ElementTree.parse(site / "en" / "corrections.atom").getroot()
    entries = [
        {name: one.findtext(f"{ATOM}{name}") or "" for name in ("id", "title", "updated", "content")}
        for one in feed.findall(f"{ATOM}entry")
    ]
    assert [entry["updated"] for entry in entries] == ["2025-09-30T12:00:00Z", "2025-09-01T00:00:00Z"]
    assert "The share of <Black> residents was 12.9, not 21.9." in entries[0]["content"]
    assert entries[1]["content"] == "Figures of this edition that have changed since then: 2."
    assert all(entry["title"].startswith("Edition 2025Q2: ") and entry["id"].startswith("urn:uuid:") for entry in entries)
    assert feed.findtext(f"{ATOM}updated") == "2025-09-30T12:00:00Z"
    ids = [entry["id"] for entry in entries]

    release_planted(settings.home, planted() | {"corrections": [SAID]}, 12)
    publish_scorecard(settings)
    assert "have changed since then" not in (site / "2025Q2" / "en" / "measures" / "own.html").read_text()
    again = ElementTree.parse(site / "en" / "corrections.atom").getroot()
    assert [one.findtext(f"{ATOM}id") for one in again.findall(f"{ATOM}entry")] == ids[:1], "an id stays"
