"""The queries of docs/queries.md, as an analyst runs them on a release; `test_query_values.py` runs each one."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.city import city_registry, read_layer_city
from ingest.layers import city_layer, seed_rows
from orchestration.settings import SHARED_SEEDS
from tests.conftest import ROOT
from warehouse.connection import run_query
from warehouse.paths import Home

DOCUMENT = ROOT / "docs" / "queries.md"
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
QUERIES = {
    heading: (sql, which)
    for heading, text in SECTION.findall(DOCUMENT.read_text(encoding="utf-8"))
    for which, sql in re.findall(r"^```sql( public)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
}  # fmt: skip


@pytest.mark.parametrize("heading", ["How many people live in each district?", "How do counts move from one map to another?"])
def test_each_resident_is_counted_once(first_release: tuple[Path, dict[str, Any]], sample_city: Path, heading: str) -> None:
    home = Home(first_release[0])
    [delivered] = (sample_city / "census__blocks_2020").glob("*.csv")
    with delivered.open(encoding="utf-8", newline="") as lines:
        people = sum(int(row["pop"]) for row in csv.DictReader(lines))
    found = run_query(home.published_analyst, QUERIES[heading][0], 60).to_pylist()
    assert sum(row["residents"] for row in found) == pytest.approx(people)


def test_the_command_for_a_spreadsheet_writes_figures_and_why_one_is_missing(
    first_release: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "connect" / "excel.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": programs, "LEVELGROUND_HOME": str(first_release[0])}
    subprocess.run(["bash", "-euc", command], env=environ, cwd=tmp_path, timeout=120, check=True)
    with (tmp_path / "children.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["status_text"] for row in rows if row["value"]} == {"Shown"} and all(row["status_text"] for row in rows)
    everyone = next(row for row in rows if row["group_name"] == "All" and row["place"].startswith("Sampleton"))
    assert 0 < float(everyone["value"]) < 100


def test_a_query_of_the_records_of_another_city_names_the_city() -> None:
    """In Milwaukee's release employees are Cincinnati's, stops Minneapolis's and the answers to the survey Kansas City's."""
    layer = city_layer("milwaukee")
    assert layer
    city = read_layer_city(layer)
    names = {row["geoid"]: row["name"] for row in seed_rows("geographies", SHARED_SEEDS, city.layers)}
    others = {
        contract.source: names[contract.jurisdiction]
        for contract in city_registry(city)
        if len(contract.jurisdiction) == 7 and contract.jurisdiction != city.place_geoid
    }
    registry = seed_rows("measure_registry", SHARED_SEEDS, city.layers)
    named = {row["measure_id"]: others[row["source"]] for row in registry if row["source"] in others}
    for source, other in others.items():
        named |= dict.fromkeys((f"fct_{source.partition('__')[2]}", f"analysis.{source.partition('__')[2]}"), other)
    named |= dict.fromkeys(("fct_survey_responses", "fct_survey_answers"), others["oei__resident_survey"])
    sections = dict(SECTION.findall(DOCUMENT.read_text(encoding="utf-8")))
    of_others = {
        (heading, other)
        for heading, (sql, _) in QUERIES.items()
        for name, other in named.items()
        if re.search(rf"\b{name}\b", sql)
    }
    assert len(of_others) >= 6
    assert [heading for heading, other in of_others if other.partition(",")[0] not in sections[heading]] == []


def test_each_section_of_the_page_has_one_query() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(QUERIES) == text.count("\n## ") == text.count("```sql")
    assert len(QUERIES) >= 12


def test_a_figure_made_again_is_the_released_one(first_release: tuple[Path, dict[str, Any]]) -> None:
    recomputed = run_query(Home(first_release[0]).published_analyst, QUERIES["Can I recompute a figure?"][0], 60).to_pylist()
    assert all(row["ci_low_again"] == pytest.approx(row["ci_low"], abs=1e-9) for row in recomputed)


def test_every_released_column_has_a_description(first_release: tuple[Path, dict[str, Any]]) -> None:
    home = Home(first_release[0])
    for path in (home.published_analyst, home.published_public):
        silent = run_query(
            path,
            "select schema_name, table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = '' "
            "union all select schema_name, table_name, '' from duckdb_tables() where coalesce(comment, '') = '' "
            "union all select schema_name, function_name, '' from duckdb_functions() "
            "where schema_name = 'stats' and coalesce(comment, '') = ''",
            60,
        ).to_pylist()
        assert silent == []
