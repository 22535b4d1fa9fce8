"""YAML with line numbers, which errors name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.contract import yaml_source
from ingest.contract.registry import SOURCES
from ingest.contract.yaml_source import YamlError, read_yaml

TEXT = """\
one: 1
list:
  - a
  - {b: 2,
     c: [3, 4]}
nested:
  deep:
    deeper: x
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.yml"


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 1),
        (("one",), 1),
        (("list",), 2),
        (("list", 0), 3),
        (("list", 1), 4),
        (("list", 1, "b"), 4),
        (("list", 1, "c"), 5),
        (("list", 1, "c", 1), 5),
        (("nested", "deep", "deeper"), 8),
        (("nested", "deep", "missing", "further"), 7),
        (("missing",), 1),
    ],
)
def test_the_line_of_a_field_or_of_what_is_around_it(file: Path, location: tuple[str | int, ...], line: int) -> None:
    file.write_text(TEXT)
    source = read_yaml(file)
    assert source.data == {"one": 1, "list": ["a", {"b": 2, "c": [3, 4]}], "nested": {"deep": {"deeper": "x"}}}
    assert source.line_of(location) == line


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' is repeated here; keep one"),
        ("a:\n  - {b: 1, b: 2}\n", 2, "the key 'b' is repeated here; keep one"),
        ("a: 1\nb: [\nc: 3\n", 4, "expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", 2, "cannot start any token"),
        ("a: 1\nb: 2025-02-30\n", 2, "no usable value: day is out of range for month"),
        ("a: 1\nb: [x, 2025-02-30]\n", 2, "no usable value"),
        ("a: 1\nb: c\x00d\n", 2, "the character #x0000 is not allowed in YAML; remove it"),
        ("a: !!python/object/apply:os.getcwd []\n", 1, "could not determine a constructor"),
        ("a: 1\nb: !!timestamp x\n", 2, "no usable value of its tag (!!)"),
        ("a: !!bool x\n", 1, "no usable value of its tag (!!)"),
        ("a: !!int ''\n", 1, "no usable value of its tag (!!)"),
        ("a: *nowhere\n", 1, "found undefined alias"),
        ("a: &a {b: *a}\n", 1, "it is nested too deeply, or an anchor (&) contains itself"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(file: Path, text: str, line: int, message: str) -> None:
    file.write_text(text)
    with pytest.raises(YamlError) as wrong:
        read_yaml(file)
    assert message in str(wrong.value)
    assert wrong.value.line == line


def test_another_encoding_is_reported(file: Path) -> None:
    file.write_bytes("a: é\n".encode("latin-1"))
    with pytest.raises(YamlError, match="not UTF-8; save the file as UTF-8"):
        read_yaml(file)


def test_the_same_value_twice_is_no_key_twice(file: Path) -> None:
    file.write_text("base: &base {a: 1, b: 2}\nother: {<<: *base, a: 3}\nlist: [1, 1]\n")
    assert read_yaml(file).data == {"base": {"a": 1, "b": 2}, "other": {"a": 3, "b": 2}, "list": [1, 1]}


def test_an_empty_file_holds_nothing(file: Path) -> None:
    file.write_text("# nothing yet\n")
    source = read_yaml(file)
    assert source.data is None
    assert source.line_of(("a",)) == 1


def test_both_parsers_read_the_same_data_and_lines() -> None:
    contracts = sorted(SOURCES.glob("*.yml"), key=lambda path: path.stat().st_size)[-3:]
    texts = [TEXT, *(path.read_text(encoding="utf-8") for path in contracts)]
    assert issubclass(yaml_source._FastLoader, yaml.CSafeLoader)
    for text in texts:
        assert yaml_source._parse_with(yaml_source._FastLoader, text) == yaml_source._parse_with(yaml_source._Loader, text)
