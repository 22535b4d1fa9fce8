"""No YAML, however broken or malicious, gets a contract, a city.yml or a suite to fail otherwise than with file and line."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.marts.suites import SuiteError, read_suites
from ingest.city import read_city
from ingest.contract.registry import ContractError, read_contract
from ingest.contract.yaml_source import TOO_DEEP, TOO_MANY, YamlError, read_yaml
from tests.support.fuzzing import examples

CONTRACT = (Path(__file__).parent / "contracts" / "invalid" / "currency_on_text.yml").read_text(encoding="utf-8")
CITY = """city: a
title: A
place_geoid: "5553000"
time_zone: America/Chicago
as_of: 2025-12-01T00:00:00
sources: {a__b: {period: null}}
"""
SUITE = """table: fct_a
grain: [a]
words: {a: [b, c]}
rules:
  - {name: r, severity: warning, reason: x, bad_rows: a > 1}
"""
# what YAML makes of words: numbers, dates, tags, anchors, merges, keys that are lists
ODD = (
    "&a [*a]", "&a {b: *a}", "*a", "<<: *a", "? [a]: b", "!!binary x", "!!python/name:os.system", "!!set {a, b}", "!!timestamp x",
    "2025-02-30", "1:1:1", "0x1g", ".nan", ".inf", "1e999", "9" * 5000, "{", "[", "\t", "\x00", "\u2028", "\ufeff", "---", "|",
    "%YAML 9.9", "~", "''", '"\\x"', "- - -", "null", "true", "a: b: c", "#", "[" * 300, "{a: " * 300,
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(ODD) | TEXT), min_size=1, max_size=5)


def spoiled(text: str, changes: list[tuple[float, int, str]]) -> str:
    for where, removed, new in changes:
        at = int(where * len(text))
        text = text[:at] + new + text[at + removed :]
    return text


def assert_every_problem_is_located(error: ContractError, file: Path) -> None:
    assert all(problem.file == file and problem.line >= 1 and problem.message for problem in error.problems)


@examples(60)
@given(changes=CHANGES)
def test_a_spoiled_contract_is_reported(changes: list[tuple[float, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dpt__visits.yml"
        file.write_text(spoiled(CONTRACT, changes), encoding="utf-8")
        try:
            read_contract(file)
        except ContractError as error:
            assert_every_problem_is_located(error, file)


@examples(40)
@given(changes=CHANGES)
def test_a_spoiled_city_is_reported(changes: list[tuple[float, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "city.yml"
        file.write_text(spoiled(CITY, changes), encoding="utf-8")
        try:
            read_city(Path(folder), "milwaukee")
        except ContractError as error:
            assert_every_problem_is_located(error, file)


@examples(30)
@given(changes=CHANGES)
def test_a_spoiled_suite_is_reported(changes: list[tuple[float, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fct_a.yml"
        file.write_text(spoiled(SUITE, changes), encoding="utf-8")
        try:
            read_suites(Path(folder))
        except SuiteError as error:
            assert str(file) in str(error)


@examples(60)
@given(data=st.binary(max_size=200) | TEXT.map(str.encode))
def test_any_bytes_are_yaml_or_reported(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.yml"
        file.write_bytes(data)
        try:
            read_yaml(file)
        except YamlError as error:
            assert error.line >= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}1]\n" for n in range(1, 12)).replace("*a0, ", "x, "), TOO_MANY),
        ("[" * 5000, TOO_DEEP),
        ("{a: " * 5000, TOO_DEEP),
        ("- " * 5000, TOO_DEEP),
    ],
    ids=["anchors in anchors", "lists", "mappings", "sequences"],
)
def test_yaml_that_explodes_is_reported(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "a.yml"
    file.write_text(text)
    with pytest.raises(YamlError) as wrong:
        read_yaml(file)
    assert str(wrong.value) == message
