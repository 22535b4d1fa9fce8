"""The scorecard of a release of commit da11bf0: figures without words of comparison, public, internal and as an edition.

`tests/support/public_columns_da11bf0.txt` has the columns that the public tables of that version have.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.scorecard import write_edition, write_internal_site, write_site
from orchestration.scorecard.release_data.open_release import ReleaseFiles, open_release, published_columns
from orchestration.scorecard.words.texts import with_installed_texts
from tests.support.scorecard_pages import dead_links, html_pages, words
from tests.support.scorecard_release import planted, write_marts, write_public_file
from warehouse.sql import quoted

COLUMNS = Path(__file__).parents[3] / "support" / "public_columns_da11bf0.txt"
# What that version said of rows without a ratio, and of changes whose range holds no change.
OLD_WORDS = re.compile(r"no clear (difference|change)|clearly (higher|lower)|about the same", re.IGNORECASE)


def columns_of_da11bf0() -> dict[str, set[str]]:
    lines = COLUMNS.read_text(encoding="utf-8").splitlines()[1:]
    return {name: set(columns.split()) for name, columns in (line.split(": ") for line in lines)}


def as_of_da11bf0(path: Path, schema: str, tables: dict[str, str]) -> Path:
    """Drop what that version does not have. `tables`: by the name of a table, that of the public table with its columns."""
    known = columns_of_da11bf0()
    with duckdb.connect(str(path)) as con:
        found = con.execute("select table_name, column_name from duckdb_columns() where schema_name = ?", [schema]).fetchall()
        for table, column in found:
            if table in tables and tables[table] not in known:
                con.execute(f"drop table if exists {schema}.{table}")
            elif table in tables and column not in known[tables[table]]:
                con.execute(f"alter table {schema}.{table} drop column {column}")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ReleaseFiles:
    folder = tmp_path_factory.mktemp("older")
    tables: dict[str, list[dict[str, Any]]] = planted()
    tables["scorecard"] = [
        figure | ({"trend_word": "no_clear_change", "change_word": "no_clear_change"} if figure.get("trend_from") else {})
        for figure in tables["scorecard"]
    ]
    public = write_public_file(folder / "public.duckdb", tables)
    with duckdb.connect(str(public)) as con:
        con.execute(
            "update published.texts set text = 'No clear difference from {group}' "
            "where text_id = 'reference_comparison.cannot_tell'"
        )
    with duckdb.connect(str(folder / "analyst.duckdb")) as con:
        write_marts(con, tables)
    marts = {"scorecard": "scorecard", "fct_goal_progress": "goal_progress", "fct_peer_comparison": "peer_comparison"}
    return ReleaseFiles(
        as_of_da11bf0(public, "published", {name: name for name in published_columns()}),
        as_of_da11bf0(folder / "analyst.duckdb", "marts", marts),
    )


@pytest.fixture(autouse=True)
def rules_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The column by which a release with the rules of words is recognized."""
    columns = dict(published_columns())
    columns["scorecard"] = {"compared_reason": "varchar", **columns["scorecard"]}
    monkeypatch.setattr("orchestration.scorecard.release_data.open_release.published_columns", lambda: columns)


def text_of(folder: Path) -> str:
    return " ".join(words(page) for page in html_pages(folder))


def test_a_column_that_the_file_lacks_is_null_and_a_table_is_empty(files: ReleaseFiles) -> None:
    public = ReleaseFiles(files.public)
    with duckdb.connect(str(files.public)) as con:
        con.execute("drop table if exists published.street_districts")
    with open_release(public) as con:
        for table, columns in published_columns().items():
            con.execute(f"select {', '.join(map(quoted, columns))} from {table}").fetchall()
        assert con.execute("select count(*) from street_districts").fetchone() == (0,)
        shown = con.execute(
            "select value, rate_ratio, compared_with_reference, trend_word from scorecard where measure_id = 'own' "
            "and race_ethnicity_code = 'black' and is_featured"
        ).fetchone()
    assert shown == (20.5, 2.05, None, None)


def test_the_site_shows_the_figures_and_no_word_of_the_earlier_rules(files: ReleaseFiles, tmp_path: Path) -> None:
    folder = write_site(files.public, tmp_path / "site", ["en", "es"]).index.parent
    page = words(folder / "en" / "measures" / "own.html")
    assert "20.5" in page
    assert not OLD_WORDS.search(text_of(folder / "en" / "measures"))
    assert not dead_links(folder)
    download = (folder / "downloads" / "own.csv").read_text(encoding="utf-8")
    assert "20.5" in download and not OLD_WORDS.search(download) and "cannot_tell" not in download


def test_an_edition_and_the_internal_site_are_written_too(files: ReleaseFiles, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(files.public, site, ["en"])
    edition = write_edition(files.public, site, "2025 Q4", ["en"], "", None).index.parent
    assert files.analyst is not None
    internal = write_internal_site(files.public, files.analyst, tmp_path / "internal", ["en"]).index.parent
    for folder in (edition, internal):
        page = words(folder / "en" / "measures" / "own.html")
        assert "20.5" in page and not OLD_WORDS.search(page)


def test_a_text_that_takes_other_parts_now_is_that_of_the_installed_version() -> None:
    rows = [("page.range", "en", "{low} up to {high}", "none"), ("page.data_up_to", "en", "Up to {day}", "none")]
    found = {text_id: text for text_id, language, text, _ in with_installed_texts(rows, ["en"]) if language == "en"}
    assert found["page.range"] == "{low} up to {high}", "the parts are the same: the release has its own words"
    assert "{date}" in found["page.data_up_to"] and "{day}" not in found["page.data_up_to"]
