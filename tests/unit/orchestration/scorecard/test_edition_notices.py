"""What the office says of an edition is on the edition, the page of the measure and the page of corrections."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from orchestration.pipeline.publish_scorecard import publish_edition, publish_scorecard
from orchestration.runs.decisions.corrections import read_corrections
from orchestration.settings import Settings
from tests.conftest import called
from tests.support.scorecard_home import release_planted
from tests.support.scorecard_release import planted
from warehouse.releases import pin

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
