"""Nothing unchecked becomes SQL, and what is quoted comes back as it was."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.sql import BadIdentifier, identifier, literal, quoted

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
