"""Nothing unchecked becomes SQL, and what is quoted comes back as it was."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.sql import BadIdentifier, compile_queries, identifier, literal, queries, quoted

# DuckDB takes no NUL in a statement; surrogates are no text.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.mark.parametrize("name", ["marts", "_load_id", "fct_police_stops", "t2010"])
def test_house_names_pass(name: str) -> None:
    assert identifier(name) == f'"{name}"'


@pytest.mark.parametrize("name", ["", "2010", "Marts", "a b", 'a"b', "a;b", "a.b", "marts\n", "å", "x" * 64])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadIdentifier):
        identifier(name)


@given(TEXT)
def test_literals_come_back(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {literal(text)}").fetchone() == (text,)


@given(TEXT)
def test_quoted_names_come_back(name: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select 1 as {quoted(name)}").description[0][0] == name


def test_a_file_of_queries_is_read_when_one_is_asked_for_or_before_a_process_copies_itself(tmp_path: Path) -> None:
    files = [tmp_path / "asked.sql.jinja", tmp_path / "compiled.sql.jinja"]
    asked, compiled = (queries(file, limit=3) for file in files)
    text = "{% macro rows(table) %}from {{ table | quoted }} limit {{ limit }}{% endmacro %}"
    for file in files:
        file.write_text(text)
    assert asked.rows("a b") == 'from "a b" limit 3'
    compile_queries()
    for file in files:
        file.unlink()
    assert compiled.rows("c") == 'from "c" limit 3'
    with pytest.raises(AttributeError):
        _ = compiled.columns
