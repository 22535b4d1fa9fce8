"""The message of a failed dbt test names seed, file, column, cell and the allowed words; of a model it has no cell."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

from ingest.layers import Layer
from orchestration.pipeline.build import found_by_test
from orchestration.runs.progress import NodeResult
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS

DEPARTMENTS = "select 'fire' as department, 'Fire' as name, 'city' as level"


def valid_rows(seed: str, relation: str) -> str:
    """The query of the test `valid_rows` of a seed, as its YAML declares it."""
    macro = (DBT_PROJECT / "macros" / "checks" / "valid_rows_check.sql").read_text(encoding="utf-8")
    seeds = yaml.safe_load((SHARED_SEEDS / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    (test,) = next(each for each in seeds if each["name"] == seed)["data_tests"]
    module: Any = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(macro).module
    return str(module.valid_rows_check(relation, **test["valid_rows"]["arguments"]))


@pytest.fixture
def run(tmp_path: Path) -> Any:
    file = tmp_path / "seeds" / "rows" / "departments.csv"
    file.parent.mkdir(parents=True)
    file.write_text("department,name,level\nfire,Fire,citty\n")
    city = SimpleNamespace(layers=(Layer("ulm", tmp_path),))
    with duckdb.connect() as con:
        location = SimpleNamespace(city=city, with_original_paths=lambda text: text)
        yield SimpleNamespace(con=con, location=location, file=file)


def test_a_bad_word_of_a_seed_is_named_with_its_file_row_column_and_the_allowed_ones(run: Any) -> None:
    query = valid_rows("departments", f"({DEPARTMENTS.replace('city', 'citty')} union all {DEPARTMENTS.replace('ire', 'ood')})")
    failed = NodeResult(
        "test.x", "departments__has_valid_rows", "test", "fail", 0.1, 1, tested=("seed.levelground.departments",), query=query
    )
    assert found_by_test(run, failed) == (
        f"dbt test departments__has_valid_rows found 1 rows in the seed departments: {run.file}: problem: level is none of city, "
        "county, state, federal, national, cell: citty, of row: fire. Correct the file and run again"
    )


def test_an_unknown_code_is_named_with_its_column_and_a_shared_row_with_the_shared_file(run: Any) -> None:
    query = "select 'assessor' as from_field"
    failed = NodeResult(
        "test.x", "t", "test", "fail", 0.1, 1, tested=("seed.levelground.departments",), query=query, column="department"
    )
    shared = SHARED_SEEDS / "departments.csv"
    assert found_by_test(run, failed) == (
        f"dbt test t found 1 rows in the seed departments: {shared}: department: assessor. Correct the file and run again"
    )


def test_the_cells_of_a_model_are_not_in_the_message(run: Any) -> None:
    failed = NodeResult(
        "test.x", "t", "test", "fail", 0.1, 4, tested=("model.levelground.fct_x",), query="select 'Jane Doe' as name"
    )
    assert found_by_test(run, failed) == "dbt test t found 4 rows"
