"""The internal scorecard: hidden figures with their mark, for its owner only, and never in published/."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from orchestration.pipeline.publish_scorecard import publish_scorecard, write_internal_scorecard
from orchestration.settings import ConfigurationError, Settings
from tests.conftest import called
from tests.support.scorecard_home import release_planted
from tests.support.scorecard_pages import dead_links, html_pages, invalid_html, page_problems, table_rows, wrong_figures
from tests.support.scorecard_release import measure, planted, row

MARK = "not shown in public"


class Written(NamedTuple):
    """A home with a public and an internal site."""

    settings: Settings
    public: Path
    internal: Path


def before_suppression() -> dict[str, list[dict[str, Any]]]:
    """What is planted, with the figures that the public file hides."""
    tables = planted()
    shown = []
    for figure in tables["scorecard"]:
        is_hidden = figure["measure_id"] == "own" and figure["value"] is None
        values = {"value": 33.3, "ci_low": 30.0, "ci_high": 36.0, "status_code": "shown", "publication_status": "published"}
        shown.append(figure | values if is_hidden else figure)
    return tables | {"scorecard": [*shown, row("secret", "all", 44.4), row("secret", "black", 55.5)]}


def public_tables() -> dict[str, list[dict[str, Any]]]:
    tables = planted()
    secret = measure("secret", availability="hidden")
    hidden = [row("secret", race, None, is_featured=False) for race in ("all", "black")]
    return tables | {"measures": [*tables["measures"], secret], "scorecard": [*tables["scorecard"], *hidden]}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    home = tmp_path_factory.mktemp("internal") / "home"
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(home), "LEVELGROUND_SCORECARD": "en,es"})
    settings.home.ensure()
    release_planted(settings.home, public_tables(), 11, before_suppression())
    site = publish_scorecard(settings)
    assert site is not None
    before = files_of(settings.home.published)
    internal = write_internal_scorecard(settings)
    assert files_of(settings.home.published) == before, "published/ is left as it is, byte by byte"
    return Written(settings, site.index.parent, internal.index.parent)


def files_of(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_hidden_figure_is_shown_with_its_mark(written: Written) -> None:
    page = Path("en/measures/own.html")
    figures = {"group-all": 12.345, "group-hispanic": 33.3, "district-3": 33.3}
    assert list(wrong_figures(written.internal / page, "en", figures)) == []
    rows = table_rows(written.internal / page)
    assert {anchor for anchor in rows if MARK in rows[anchor]} == {"group-hispanic", "district-3"}
    assert MARK in table_rows(written.internal / "en" / "districts" / "3.html")["measure-own"]
    assert "33.3" not in (written.public / page).read_text(encoding="utf-8")


def test_a_measure_that_is_hidden_in_public_has_an_answer(written: Written) -> None:
    page = Path("en/measures/secret.html")
    answer = (written.internal / page).read_text(encoding="utf-8").partition('class="answer"')[2].partition("</section>")[0]
    assert "44.4%" in answer and MARK in answer
    assert "44.4" not in (written.public / page).read_text(encoding="utf-8")
    with (written.internal / "downloads" / "secret.csv").open(encoding="utf-8") as file:
        marks = {(line["race_ethnicity_code"], line["value"]): line["is_hidden_in_public"] for line in csv.DictReader(file)}
    assert marks == {("all", "44.4"): "True", ("black", "55.5"): "True"}


def test_the_public_site_has_no_mark_and_no_banner(written: Written) -> None:
    pages = html_pages(written.public)
    assert [page for page in pages if MARK in (text := page.read_text(encoding="utf-8")) or 'class="internal"' in text] == []
    assert "is_hidden_in_public" not in (written.public / "downloads" / "own.csv").read_text(encoding="utf-8")


def test_each_internal_page_has_the_banner_and_is_valid(written: Written) -> None:
    pages = html_pages(written.internal)
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert '<aside class="internal">' in text
        assert "Internal. Not for publication." in text or "Interno. No se debe" in text
        assert '<meta name="robots" content="noindex">' in text
    assert [problem for page in pages for problem in (*page_problems(page, ("en", "es")), *invalid_html(page))] == []
    assert dead_links(written.internal) == []


def test_it_has_no_pages_for_publication(written: Written) -> None:
    assert (written.public / "en" / "embed").is_dir() and (written.public / "report.pdf").is_file()
    assert list(written.internal.rglob("*.pdf")) == []
    assert not (written.internal / "en" / "embed").exists()
    assert {page.name for page in (written.internal / "en").glob("*.html")}.isdisjoint({"corrections.html", "editions.html"})
    page = (written.internal / "en" / "measures" / "own.html").read_text(encoding="utf-8")
    assert "iframe" not in page and "<cite>" not in page


def test_only_its_owner_may_read_it(written: Written) -> None:
    assert written.internal == written.settings.home.root / "internal_scorecard"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (written.internal, *written.internal.rglob("*")) if path.is_dir()}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.internal.rglob("*") if path.is_file()} == {0o600}


def test_a_folder_that_the_public_reads_is_refused(written: Written, tmp_path: Path) -> None:
    settings, home = written.settings, written.settings.home
    (tmp_path / "link").symlink_to(home.published)
    served = tmp_path / "served"
    served.mkdir()
    (served / "made_from.json").write_text("{}")  # the copy of a public site
    before = files_of(home.published)
    inside = [home.published, home.published_scorecard, home.published / "new", home.published_scorecard / "en" / ".." / "x"]
    for folder in [*inside, tmp_path / "link" / "new", home.root, home.root.parent, served]:
        with pytest.raises(ConfigurationError):
            write_internal_scorecard(settings, folder)
    assert files_of(home.published) == before
    assert [path.name for path in served.iterdir()] == ["made_from.json"]


def test_the_command_writes_it_and_refuses_what_would_publish_it(written: Written, tmp_path: Path) -> None:
    environment = {"LEVELGROUND_HOME": str(written.settings.home.root)}
    for options in (["--serve"], ["--release", "current"], ["--out", str(written.settings.home.published / "staff")]):
        refused = called(["levelground", "scorecard", "--internal", *options], environment)
        assert (refused.returncode, "published" in refused.stderr) == (2, True), refused.stderr
    done = called(["levelground", "scorecard", "--internal", "--language", "en", "--out", str(tmp_path / "staff")], environment)
    assert done.stdout.splitlines()[-1] == str(tmp_path / "staff" / "index.html"), done.stderr
    assert stat.S_IMODE((tmp_path / "staff").stat().st_mode) == 0o700


def test_the_public_site_replaces_no_folder_with_other_files(written: Written, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("the only copy")
    environment = {"LEVELGROUND_HOME": str(written.settings.home.root)}
    refused = called(["levelground", "scorecard", "--release", "current", "--out", str(tmp_path)], environment)
    assert (refused.returncode, "no scorecard" in refused.stderr) == (2, True), refused.stderr
    assert (tmp_path / "thesis.txt").read_text() == "the only copy"
