"""A shared fact has the rows of every model that names it, and its columns without any."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import jinja2
import pytest

from orchestration.settings import DBT_PROJECT
from tests.support.shipped import MODEL_FOLDERS

FACTS = DBT_PROJECT / "models" / "marts" / "facts" / "education"
FED = ("fct_school_assessments", "fct_school_removals", "fct_student_outcomes")
MADE = re.compile(r"\{\{ (rows_of_school_fact\(.*?\)) \}\}", re.DOTALL)


def united(fact: str, *models: str) -> str:
    """The SQL of the macro, as the fact calls it, in a home with these models."""
    text = (DBT_PROJECT / "macros" / "conform" / "rows_of_fact.sql").read_text(encoding="utf-8")
    call = MADE.search((FACTS / f"{fact}.sql").read_text(encoding="utf-8"))
    assert call is not None
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    other = [{"fact": "fct_visits", "model": "stg_visits"}]
    listed = [*({"fact": fact, "model": model} for model in models), *other]
    environment.globals.update({"ref": lambda name: name, "models_of_facts": lambda: listed})
    return environment.from_string(f"{text}\n{{{{ {call[1]} }}}}").render()


@pytest.mark.parametrize("fact", FED)
def test_a_fact_that_no_source_feeds_has_its_columns_and_no_row(fact: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"create table empty as {united(fact)}")
        types: dict[str, Any] = {name: kind for name, kind, *_ in con.execute("describe empty").fetchall()}
        assert con.execute("select count(*) from empty").fetchone() == (0,)
    assert (types["_source_row"], types["period_start"], types["race_ethnicity_set"]) == ("BIGINT", "DATE", "VARCHAR[]")


def test_each_state_adds_the_rows_of_its_own_model() -> None:
    with duckdb.connect() as con:
        con.execute("create table stg_here as select 'here' as source, 3 as removals_count, 'more' as not_of_the_fact")
        con.execute("create table stg_there as select 'there' as source, 'all' as category")
        found = united("fct_school_removals", "stg_here", "stg_there")
        rows = con.execute(f"select source, removals_count, category from ({found}) order by source").fetchall()
    assert rows == [("here", 3, None), ("there", None, "all")]


def test_the_models_of_a_state_have_no_column_of_another_name() -> None:
    """A column that the macro does not list reaches no fact, and one with a slip of the pen would be NULL in every row."""
    (folder,) = (folder for folder in MODEL_FOLDERS if "wisconsin" in folder.parts)
    outcomes = (folder / "intermediate" / "schools" / "_schools__models.yml").read_text(encoding="utf-8")
    described = set(re.findall(r"- \{name: (\w+),", outcomes))
    with duckdb.connect() as con:
        con.execute(f"create table empty as {united('fct_student_outcomes')}")
        assert described | {"is_reported"} == {name for name, *_ in con.execute("describe empty").fetchall()}
