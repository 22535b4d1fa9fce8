"""The check macros behind the generic tests, each on rows that are good, bad and none: one that finds nothing is always content.

This module tests what a check finds. The YAML next to the models applies it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import jinja2
import pytest

from orchestration.settings import DBT_PROJECT

Check = Callable[..., int]

CROSSWALK = "vocabulary, reported_label, race_ethnicity_set, race_ethnicity_code, missing_reason, valid_from, valid_to"
# One good table for each check: columns, rows, arguments.
GOOD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "unique_grain": ("x, y", "(1, 'a'), (1, 'b'), (2, null)", {"columns": ["x", "y"]}),
    "valid_rows": (
        "code, word, note",
        "('1', 'up', 'a'), ('2', 'down', 'b'), ('3', null, 'c')",
        {"keys": [["code"], ["word", "coalesce(note, '')"]], "never_empty": ["code"], "words": {"word": ["up", "down"]}},
    ),
    "unambiguous_crosswalk": (
        CROSSWALK,
        "('v', 'a', 'black', 'black', null, 1, 5), ('v', 'A', 'white|black', 'multiracial', null, 6, 9), "
        "('v', 'b', null, 'multiracial', null, 1, 9), ('v', 'c', null, null, 'declined', 1, 9)",
        {"races": "races"},
    ),
}


@pytest.fixture(scope="module")
def found() -> Iterator[Check]:
    """`found(check, columns, rows, arguments)` is the number of rows that the check returns for these rows."""
    files = [path for folder in ("checks", "conform") for path in sorted((DBT_PROJECT / "macros" / folder).glob("*.sql"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    macros: Any = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"]).from_string(text).module
    with duckdb.connect() as connection:
        connection.execute(
            "create table races as select * from (values ('black', 'category'), ('white', 'category'), "
            "('multiracial', 'combination'), ('declined', 'missing')) as race (race_ethnicity_code, kind)"
        )
        connection.execute("create table three as select * from range(3)")

        def count(check: str, columns: str, rows: str, arguments: dict[str, Any], where: str = "true") -> int:
            good = GOOD.get(check, (columns, rows))[1]  # gives the types: a column of NULLs alone would be of integers
            connection.execute(
                f"create or replace table checked as select * from (values {good}) as good ({columns}) where false"
            )
            connection.execute(f"insert into checked select * from (values {rows}) as bad where {where}")
            return len(connection.execute(getattr(macros, f"{check}_check")("checked", **arguments)).fetchall())

        yield count


@pytest.mark.parametrize("check", GOOD)
def test_nothing_is_found_in_good_rows_and_in_none(found: Check, check: str) -> None:
    assert found(check, *GOOD[check]) == 0
    assert found(check, *GOOD[check], where="false") == 0


@pytest.mark.parametrize(
    ("check", "rows", "bad"),
    [
        pytest.param("unique_grain", "(1, null), (1, null), (2, 'a')", 1, id="NULL is a value like any other"),
        pytest.param("valid_rows", "('1', 'up', 'a'), ('1', 'up', null), ('1', 'up', 'b')", 1, id="a key three times"),
        pytest.param("valid_rows", "('1', 'up', null), ('2', 'up', '')", 1, id="a key with an expression twice"),
        pytest.param("valid_rows", "(null, 'up', 'a'), (null, 'down', 'b')", 3, id="two empty keys, which are equal"),
        pytest.param("valid_rows", "('1', 'left', 'a'), ('2', 'right', 'b')", 2, id="words of no list"),
        pytest.param("unambiguous_crosswalk", "('v', 'a', 'black', 'white', null, 1, 9)", 1, id="a set that is not its code"),
        pytest.param(
            "unambiguous_crosswalk", "('v', 'a', 'black|white', 'black', null, 1, 9)", 1, id="two that are not multiracial"
        ),
        pytest.param("unambiguous_crosswalk", "('v', 'a', null, null, null, 1, 9)", 1, id="neither code nor reason"),
        pytest.param("unambiguous_crosswalk", "('v', 'a', null, 'black', 'declined', 1, 9)", 1, id="both code and reason"),
        pytest.param("unambiguous_crosswalk", "('v', 'a', null, null, 'white', 1, 9)", 1, id="a race for a reason"),
        pytest.param("unambiguous_crosswalk", "('v', 'a', 'purple', 'purple', null, 1, 9)", 1, id="a set of no category"),
        pytest.param(
            "unambiguous_crosswalk",
            "('v', 'a', 'black', 'black', null, 1, 9), ('v', ' A ', 'white', 'white', null, 9, 12)",
            1,
            id="two meanings on a day",
        ),
    ],
)
def test_what_is_bad_is_found(found: Check, check: str, rows: str, bad: int) -> None:
    columns, _, arguments = GOOD[check]
    assert found(check, columns, rows, arguments) == bad


def test_equal_row_count_compares_both_sides(found: Check) -> None:
    assert found("equal_row_count", "x", "(1), (2), (3)", {"other": "three"}) == 0
    assert found("equal_row_count", "x", "(1), (2)", {"other": "three"}) == 1
    assert found("equal_row_count", "x", "(1)", {"other": "three"}, where="false") == 1


@pytest.mark.parametrize(
    ("versions", "breaks", "bad"),
    [
        pytest.param("(1), (2)", "('m', 2)", 0, id="a break at the second version"),
        pytest.param("(1)", "('n', 2)", 1, id="a break of no measure"),
        pytest.param("(1), (2)", "('m', 2), ('m', 3)", 1, id="a break of no version"),
        pytest.param("(1), (2)", "('m', 1), ('m', 2)", 1, id="a break at the first version"),
        pytest.param("(1), (2), (3)", "('m', 2)", 1, id="a later version without a break"),
        pytest.param("(1), (3)", "('m', 3)", 1, id="a version skipped"),
        pytest.param("(2)", "('m', 2)", 0, id="a version replaced everywhere"),
        pytest.param("(2)", "('n', 2)", 2, id="a version replaced without a break"),
    ],
)
def test_later_versions_have_a_break_and_only_they(found: Check, versions: str, breaks: str, bad: int) -> None:
    registered = f"(select 'm' as measure_id, measure_version from (values {versions}) as version (measure_version))"
    assert found("series_breaks_declared", "measure_id, measure_version", breaks, {"measures": registered}) == bad


TERMS = "source, jurisdiction, statistical_unit, classification, suppress_below, zeros, protect, republish, keeps_snapshots"
SAME = "'9900001', 'person', 'confidential', 11, 'show', 'always', 'allowed', true"


@pytest.mark.parametrize(
    ("successions", "new", "bad"),
    [
        pytest.param("('old', 'new')", f"('new', {SAME})", 0, id="the same terms"),
        pytest.param("('old', 'new')", f"('new', {SAME.replace('11', '5')})", 1, id="another threshold"),
        pytest.param("('old', 'new')", f"('new', {SAME.replace('9900001', '55')})", 1, id="another place"),
        pytest.param("('old', 'missing')", f"('new', {SAME})", 1, id="no contract"),
        pytest.param("('there', 'elsewhere')", f"('new', {SAME})", 0, id="sources of another city"),
        pytest.param("('old', 'new'), ('new', 'newer')", f"('new', {SAME}), ('newer', {SAME})", 1, id="a chain"),
    ],
)
def test_a_successor_has_the_terms_of_its_source(found: Check, successions: str, new: str, bad: int) -> None:
    contracts = f"(select * from (values ('old', {SAME}), {new}) as contract ({TERMS}))"
    assert found("successions_agree", "source, successor", successions, {"contracts": contracts}) == bad


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        pytest.param("('m', 2, null::text, null::text)", 0, id="a version"),
        pytest.param("('m', null, null::text, null::text)", 0, id="a measure"),
        pytest.param("(null::text, null, 's', 'f')", 0, id="a form of a source"),
        pytest.param("(null::text, null, null::text, null::text)", 1, id="nothing"),
        pytest.param("(null::text, 2, 's', null::text)", 1, id="a version of a source"),
    ],
)
def test_a_break_names_a_series(found: Check, row: str, bad: int) -> None:
    assert found("series_breaks_have_a_series", "measure_id, measure_version, source, form", row, {}) == bad
