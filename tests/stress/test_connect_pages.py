"""What docs/connect says, done: the pages' code runs, and the oldest DuckDB that they name reads every cell of both files."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Place
from tests.stress.environments import environment, run
from tests.support.browser import browsing

PAGES = ROOT / "docs" / "connect"
OLDEST = "1.1.3"
READ_ALL = """
import duckdb, json, sys
read = {}
for name in sys.argv[1:]:
    with duckdb.connect(f"published/{name}.duckdb", read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            read[f"{name}.{schema}.{table}"] = len(connection.execute(f'select * from "{schema}"."{table}"').fetchall())
        assert connection.execute("select stats.proportion_ci(12, 80, 0.95)").fetchone()[0]
print()  # ends the line of a progress bar, which DuckDB draws on a slow machine
print(json.dumps([duckdb.__version__, read]))
"""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_oldest_and_the_newest_duckdb_read_every_cell(
    first_release: tuple[Path, dict[str, Any]], tmp_path: Path, record_property: Any
) -> None:
    assert f"{OLDEST}, the oldest version on these pages" in (PAGES / "README.md").read_text(encoding="utf-8")
    home = first_release[0]
    manifest = json.loads((home / "releases" / first_release[1]["release_id"] / "manifest.json").read_text())
    files = [name.removesuffix(".duckdb") for name in manifest["files"]]
    assert {"levelground", "levelground_figures", "levelground_public"} <= {*files}
    sealed = {
        f"{name.removesuffix('.duckdb')}.{table}": rows
        for name, file in manifest["files"].items()
        for table, rows in file["tables"].items()
    }
    for name, wanted in (("oldest", f"duckdb=={OLDEST}"), ("newest", "duckdb<2")):
        programs = environment(tmp_path / name, wanted)
        version, read = json.loads(run([programs / "python", "-c", READ_ALL, *files], home).splitlines()[-1])
        assert read == sealed
        record_property(f"{name} DuckDB", version)


def test_python_of_the_page_runs(first_release: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    code = blocks("python.md", "python")
    assert len(code) == 5
    programs = environment(
        tmp_path / "python", "duckdb<2", "duckdb-sqlalchemy~=1.5.6", "sqlalchemy>=2.1,<2.2", "pandas", "polars", "pyarrow"
    )
    for block in code:
        run([programs / "python", "-c", block], first_release[0])


def test_the_notebook_runs_in_jupyter(place: Place, tmp_path: Path) -> None:
    [install, execute] = next(block for block in blocks("python.md", "sh") if "nbconvert" in block).splitlines()
    programs = environment(tmp_path / "jupyter", *shlex.split(install)[2:])
    shutil.copy(PAGES / "scorecard.ipynb", place.home)
    command = shlex.split(execute)
    run([programs / command[0], *command[1:], "--output-dir", str(tmp_path)], place.home)
    page = (tmp_path / "scorecard.html").read_text(encoding="utf-8")
    assert page.count('src="data:image/png') == 2
    folder = ROOT / ".pytest_cache"
    folder.mkdir(exist_ok=True)
    with browsing() as opened:
        opened.set_viewport_size({"width": 900, "height": 1300})
        opened.goto((tmp_path / "scorecard.html").as_uri())
        opened.screenshot(path=folder / "notebook.png")


def test_the_command_line_of_the_page_runs(first_release: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    programs = environment(tmp_path / "cli", "duckdb-cli<2")
    commands = [block for block in blocks("duckdb.md", "sh") if "-c " in block]
    assert len(commands) == 4
    outputs = []
    for command in commands:
        words = shlex.split(command)
        outputs.append(run([programs / words[0], *words[1:]], first_release[0]))
    assert "measure_id" in outputs[0]
    tables = outputs[1].split()
    assert {"dim_measure", "fct_equity_measures"} <= {*tables}  # all 111 are listed, and no records
    assert "fct_police_stops" not in tables
    assert "equity_measures" in outputs[2]
    assert first_release[1]["release_id"] in outputs[3]


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md") if path.name != "README.md"))
def test_each_page_explains_how_to_open_it_and_when_it_refreshes(page: str) -> None:
    text = " ".join((PAGES / page).read_text(encoding="utf-8").lower().split())
    assert re.search(r"read[ _-]?only", text)
    assert "1.1 or newer" in text or "duckdb 1.1" in text or "duckdb>=1.1" in text  # the oldest DuckDB
    assert re.search(r"(old|next) release|after a release", text)
    assert f"({page})" in (PAGES / "README.md").read_text(encoding="utf-8")
