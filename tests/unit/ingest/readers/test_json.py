"""JSON and JSON Lines: records where the contract expects them, read as a stream, with errors that name the record."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from tests.support.file_formats import BY_POSITION, CANARY, form, refused


@pytest.mark.parametrize(
    ("text", "keys", "rows"),
    [
        (
            '{"meta": {"n": 2}, "result": {"more": [1, {"x": 2}], "records": [{"A": 1, "B": "x"}]}, "end": 5}',
            "result.records",
            [("1", "x")],
        ),
        ('{"A": [{"A": [1, {"z": 1.50}], "B": {"y": null, "t": true}}]}', "A", [('[1,{"z":1.50}]', '{"y":null,"t":true}')]),
        ('[{"A": true, "B": null}, {"B": "ü\\n"}]', None, [("true", None), (None, "ü\n")]),
        ('\ufeff [ {"A":1e5,"B":12345678901234567890123} ] ', None, [("1e5", "12345678901234567890123")]),
    ],
)
def test_json_records_where_the_contract_locates_them(read_file: Any, text: str, keys: str | None, rows: list[Any]) -> None:
    (table,) = read_file(text.encode(), name="a.json", **form("json", records=keys))
    assert table.rows == rows


def test_a_number_may_go_on_in_the_next_piece(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.formats.delimited.CHUNK_BYTES", 1)
    (table,) = read_file(b'{"n":1234,"r":[{"A":5678,"B":true}],"m":-9.25}', name="a.json", **form("json", records="r"))
    assert table.rows == [("5678", "true")]


def test_json_records_that_are_lists_go_by_position(read_file: Any) -> None:
    text = b'{"data": [["2025-03-01", 1.10, "Ann"], ["2025-03-02", 20, null]]}'
    (table,) = read_file(text, name="a.json", **form("json", records="data", header={"rows": "none"}), **BY_POSITION)
    assert table.rows == [("2025-03-01", "1.10", "Ann"), ("2025-03-02", "20", None)]


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_a_long_json_file_is_read_as_a_stream(read_file: Any, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A column may come up only in the last record; nothing but the record at hand is held."""
    monkeypatch.setattr("ingest.readers.formats.json_text.BATCH_ROWS", 10)
    monkeypatch.setattr("ingest.readers.formats.delimited.CHUNK_BYTES", 7)
    records = [{"A": n, "pad": f"{{[\"'\\{n}"} for n in range(95)] + [{"A": 95, "B": "late"}]
    text = json.dumps(records) if kind == "json" else "\n".join(map(json.dumps, records))
    (table,) = read_file(text.encode(), name="a.json", **form(kind))
    assert table.header == ("A", "pad", "B")
    assert table.rows == [(str(n), None) for n in range(95)] + [("95", "late")]


def test_blank_lines_of_json_are_records(read_file: Any) -> None:
    (table,) = read_file(b'{"A":1,"B":2}\n\n{"A":3}\r\n', name="a.jsonl", **form("jsonl"))
    assert (table.rows, table.numbers) == ([("1", "2"), (None, None), ("3", None)], [1, 2, 3])


@pytest.mark.parametrize(
    ("kind", "text", "keys", "message"),
    [
        ("json", f'[{{"A":"{CANARY}"}},{{"A":', {}, "it is not JSON; is the file cut off, or a record longer than 16 MB"),
        ("json", f'[{{"A":"{CANARY}"}}', {}, "it is not JSON; is the file cut off"),
        ("json", f'{{"r":[{{"A":"{CANARY}"}}]', {"records": "r"}, "it is not JSON; is the file cut off"),
        ("json", f'[{{"A":"{CANARY}"}} {{"A":1}}]', {}, "it is not JSON; is the file cut off"),
        (
            "json",
            f'{{"A":"{CANARY}"}}',
            {},
            "there is no list of records where the contract expects it; name the member with the records in format.records",
        ),
        ("json", f'{{"A":"{CANARY}"}}', {"records": "r"}, "there is no member r in it; correct format.records"),
        ("json", f'[{{"A":"{CANARY}"}}]', {"records": "r"}, "there is no member r in it"),
        ("json", f'[{{"A":"{CANARY}"}}]\n[]', {}, "it goes on behind its end; are these JSON lines?"),
        ("json", '{"r":[{"A":1}],"r":[]}', {"records": "r"}, "a name is repeated in one object"),
        ("json", f'["{CANARY}"]', {}, "record 1 is not an object; say so in the contract: header: {rows: none}"),
        ("json", f'[{{"A":"{CANARY}","A":1}}]', {}, "a name is repeated in one object"),
        ("json", f'[{{"A":NaN,"B":"{CANARY}"}}]', {}, "it has NaN in place of a number"),
        ("json", '[{"A":"\\ud800"}]', {}, "it contains half a character"),
        ("json", "[[1]]", {}, "record 1 is not an object"),
        ("json", '[{"A":' + "[" * 100_000, {}, "it is nested too deeply"),
        ("json", "[]", {}, "it has no record; deliver it again"),
        ("json", " ", {}, "the file is empty"),
        ("json", "<html>", {}, "this is a web page or XML, but the contract has json"),
        ("jsonl", f'{{"A":"{CANARY}"}}\n{{"A":', {}, "line 2 is not JSON; is the file cut off?"),
        ("jsonl", '[{"A":1}]\n', {}, "record 1 is not an object"),
        ("jsonl", '[{"A":1},\n{"A":2}]\n', {}, "line 1 is not JSON"),
        ("jsonl", "", {}, "it has no record"),
    ],
)
def test_json_that_does_not_fit_is_reported(read_file: Any, kind: str, text: str, keys: dict[str, Any], message: str) -> None:
    assert message in refused(read_file, text.encode(), "a.json", form(kind, **keys))


def test_a_line_without_end_is_reported(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.formats.json_text.LONGEST_RECORD", 1000)
    assert "a line is longer than 16 MB" in refused(read_file, b'{"A":"' + b"x" * 3000, "a.jsonl", form("jsonl"))
    monkeypatch.setattr("ingest.readers.formats.delimited.CHUNK_BYTES", 100)
    assert "longer than 16 MB" in refused(read_file, b'[{"A":"' + b"x" * 3000, "a.json", form("json"))


def test_a_long_json_file_is_not_held_in_memory(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """30 MB of records of which the contract takes little: the reader holds a batch of them at a time."""
    monkeypatch.setattr("ingest.readers.formats.json_text.BATCH_ROWS", 500)
    data = b"\n".join(b'{"A":%d,"pad":"%s"}' % (number, b"x" * 3000) for number in range(10_000))
    read_file(data[:3000] + b'"}', name="first.jsonl", **form("jsonl"))  # what is imported once does not count
    tracemalloc.start()
    try:
        _, table = sorted(read_file(data, name="a.jsonl", **form("jsonl")), key=lambda table: len(table.rows))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(table.rows) == 10_000
    assert most < 18e6, f"{most / 1e6:.0f} MB"
