"""CSV files as departments write them: line ends, quotes, encodings, headers, footers, and messages about broken ones."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from ingest.errors import DeliveryError

CANARY = "Jane Q. Canary"


def csv(**format_keys: Any) -> dict[str, Any]:
    return {"format": {"kind": "csv", **format_keys}}


NO_HEADER = csv(header={"rows": "none"}) | {"columns": [{"name": "a", "from": 1}, {"name": "b", "from": 2}]}
ONE_COLUMN = {"columns": [{"name": "a", "from": "A"}]}
ROWS = [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    ("data", "rows", "keys"),
    [
        (b"A,B\n1,2\n3,4\n", ROWS, {}),
        (b"A,B\n1,2\n3,4", ROWS, {}),
        (b"A,B\r\n1,2\r\n3,4\r\n", ROWS, {}),
        (b"A,B\r1,2\r3,4\r", ROWS, {}),
        (b'A,B\r1,"x\ny\r\nz"\r3,4\r', [("1", "x\ny\r\nz"), ("3", "4")], {}),
        (b'A,B\n1,"x\ny"\n3,4\n', [("1", "x\ny"), ("3", "4")], {}),
        (b'A,B\n1,"say ""x"", y"\n', [("1", 'say "x", y')], {}),
        (b'A,B\n1,5" pipe\n2,x\n', [("1", '5" pipe'), ("2", "x")], {}),
        (b'A,B\n1,""\n2,\n', [("1", ""), ("2", "")], {}),
        (b"A,B\n 1 ,NULL\n", [(" 1 ", "NULL")], {}),
        (b"A,B\n1,\x00x\n", [("1", "\x00x")], {}),
        (b"A,B\n", [], {}),
        # blank lines are records: they are counted, and found blank later
        (b"A,B\n1,2\n\n3,4\n\n", [("1", "2"), ("", ""), ("3", "4"), ("", "")], {}),
        (b"A,B\n,\n1,2\n", [("", ""), ("1", "2")], {}),
        (b"A\n1\n\n3\n", [("1",), ("",), ("3",)], ONE_COLUMN),
        (b"A;B\n1;2,5\n", [("1", "2,5")], csv(delimiter=";")),
        (b"A\tB\n1\t2\n", [("1", "2")], csv(delimiter="\t")),
        (b"1,2\n3,4\n", ROWS, NO_HEADER),
        (b'Report\nof "today\n\nA,B\n1,2\n3,4\n', ROWS, csv(header={"skip": 3})),
        (b'Report of "today\nA,B\n1,2\n3,4\n', ROWS, csv(header={"skip": 1})),
        (b'"Report\nA,B\n1,2\n3,4\n', ROWS, csv(header={"skip": 1})),
        (b"A,B,C\n1,2,x\n3,4,y\n", ROWS, {}),
        (b"A,B,A\n1,2,9\n3,4,9\n", ROWS, {}),
    ],
)
def test_records_as_they_are_written(read_file: Any, data: bytes, rows: list[tuple[str, ...]], keys: dict[str, Any]) -> None:
    (table,) = read_file(data, **keys)
    assert table.rows == rows
    assert table.numbers == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("A,B\n1,“é” ∀\n".encode(), "utf-8"),
        (b"\xef\xbb\xbf" + "A,B\n1,“é” ∀\n".encode(), "utf-8"),
        ("A,B\n1,“é” ∀\n".encode("utf-16"), "utf-16"),
        ("A,B\n1,“é” ∀\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffA,B\n1,“é” ∀\n".encode("utf-16-le"), "utf-16-le"),
        ("\ufeffA,B\n1,“é” ∀\n".encode("utf-16-be"), "utf-16-be"),
        ("A,B\n1,“é” x\n".encode("cp1252"), "windows-1252"),
        ("A,B\n1,\xe9\n".encode("latin-1"), "latin-1"),
    ],
)
def test_encodings(read_file: Any, data: bytes, encoding: str) -> None:
    (table,) = read_file(data, **csv(encoding=encoding))
    assert table.header == ("A", "B")
    ((_, cell),) = table.rows
    assert cell in ("“é” ∀", "“é” x", "é")


def test_quotes_in_another_encoding_are_counted_as_text(read_file: Any) -> None:
    """In UTF-16 the byte of a quote is part of other characters, like ∀ and Ģ."""
    text = 'A,B\n1,"∀ Ģ, ""x"""\n2,y\n'
    (table,) = read_file(text.encode("utf-16"), **csv(encoding="utf-16"))
    assert table.rows == [("1", '∀ Ģ, "x"'), ("2", "y")]


def test_two_header_rows(read_file: Any) -> None:
    (table,) = read_file(b"A,B\nwhat a is,what b is\n1,2\n", **csv(header={"rows": 2}))
    assert (table.header, table.second, table.rows) == (("A", "B"), ("what a is", "what b is"), [("1", "2")])


def test_without_a_header_columns_are_called_by_their_positions(read_file: Any) -> None:
    (table,) = read_file(b"1,2,3\n", **NO_HEADER)
    assert (table.header, table.unknown, table.rows) == (("1", "2", "3"), ("3",), [("1", "2")])


def test_what_does_not_fit_the_contract_is_reported(read_file: Any) -> None:
    (table,) = read_file(b"A,C,A\n1,2,3\n")
    assert (table.missing, table.unknown, table.repeated, table.rows) == (("B",), ("C",), ("A",), [("1", None)])


@pytest.mark.parametrize(
    ("rows", "data", "remaining"),
    [
        (1, b"A,B\n1,2\n3,4\nTotal,2\n", [("1", "2"), ("3", "4"), (None, None)]),
        (2, b"A,B\n1,2\nTotal,1\nprinted,today\n", [("1", "2"), (None, None), (None, None)]),
        (3, b"A,B\n1,2\n", [(None, None)]),
        (1, b"A,B\n", []),
    ],
)
def test_a_footer_is_counted_and_not_read(read_file: Any, rows: int, data: bytes, remaining: list[Any]) -> None:
    (table,) = read_file(data, footer={"rows": rows})
    assert table.rows == remaining
    assert table.numbers == list(range(1, len(remaining) + 1))


def test_a_footer_that_spans_batches(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.formats.delimited.BLOCK_BYTES", 64)
    lines = [f"{number},x" for number in range(100)]
    (table,) = read_file("\n".join(["A,B", *lines]).encode(), footer={"rows": 30})
    assert table.rows == [(str(number), "x") for number in range(70)] + [(None, None)] * 30


def test_a_file_longer_than_a_block_is_read_whole(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.formats.delimited.BLOCK_BYTES", 64)
    rows = [(str(number), f"x\n{number}") for number in range(500)]
    text = "A,B\r\n" + "".join(f'{a},"{b}"\r\n' for a, b in rows)
    (table,) = read_file(text.encode())
    assert table.rows == rows
    assert table.numbers == list(range(1, 501))


def test_columns_beyond_any_that_a_contract_names_stay_text(read_file: Any) -> None:
    header = ",".join(["A", "B", *(f"x{n}" for n in range(620))])
    (table,) = read_file(f"{header}\n{','.join(['007'] * 622)}\n".encode())
    assert table.rows == [("007", "007")]


def test_layouts_distinguish_files_by_their_names(read_file: Any) -> None:
    layouts = [
        {"files": "*_2019.csv", "delimiter": ";", "encoding": "windows-1252"},
        {"files": "*_20*.csv", "header": {"skip": 1}},
    ]
    read_file("A;B\n1;é\n".encode("cp1252"), name="visits_2019.csv", **csv(layouts=layouts))
    read_file(b"Report\nA,B\n1,old\n", name="visits_2020.csv", **csv(layouts=layouts))
    tables = read_file(b"A,B\n1,new\n", name="visits.csv", **csv(layouts=layouts))
    assert [(table.name, table.rows) for table in tables] == [
        ("visits.csv", [("1", "new")]),
        ("visits_2019.csv", [("1", "é")]),
        ("visits_2020.csv", [("1", "old")]),
    ]


C = CANARY.encode()
ENCODING = "save it in that encoding, or say in the contract which one it is in (format.encoding)"
RAGGED = "export it again: a separator or a quote inside a text was not quoted"
OPEN = "a quote is left open, so that the records after it cannot be separated; export it again, with every quote closed"


@pytest.mark.parametrize(
    ("data", "message", "keys"),
    [
        (b"", "the file is empty; deliver it again, with its header row", {}),
        (b"\xef\xbb\xbf", "the file is empty", {}),
        (b"A,B\n1,2\n" + C + b",4,5\n", f"record 3 of the file has 3 values where the first has 2; {RAGGED}", {}),
        (b"A,B\n1,2\n" + C + b"\n", "record 3 of the file has 1 values where the first has 2", {}),
        (b'A,B\n1,"x\ny"\n' + C + b",4,5\n", "record 3 of the file has 3 values", {}),
        (b"Report\nA,B\n1,2\n" + C + b",4,5\n", "record 4 of the file has 3 values", csv(header={"skip": 1})),
        (b'A,B\n1,"' + C + b"\n2,y\n3,z\n", OPEN, {}),
        (b'A,B\n1,"' + C + b'\n2,y\n3,"z"\n4,u\n', OPEN, {}),
        (b'A,B\r1,"' + C + b"\r2,y\r", OPEN, {}),
        (f'A;B\n1;"{CANARY}\n2;y\n'.encode("utf-16"), OPEN, csv(encoding="utf-16", delimiter=";")),
        (b"A,B\n" + C + b",\x93caf\xe9\x94\n", f"its bytes are not utf-8; {ENCODING}", {}),
        (f"A,B\n{CANARY},é\n".encode("utf-16"), f"its bytes are not utf-8; {ENCODING}", {}),
        (f"A,B\n{CANARY},é\n".encode("utf-16")[:-1], f"its bytes are not utf-16; {ENCODING}", csv(encoding="utf-16")),
        (b"A,B\n" + C + b",\x81\n", f"its bytes are not windows-1252; {ENCODING}", csv(encoding="windows-1252")),
        (b"A,B\n" + C + b",\xe9\n", f"its bytes are not ascii; {ENCODING}", csv(encoding="ascii")),
        (C + b"\nA,B\n", "it ends before its header, which the contract expects after 9 lines", csv(header={"skip": 9})),
    ],
)
def test_a_broken_file_is_reported_without_quoting_it(read_file: Any, data: bytes, message: str, keys: dict[str, Any]) -> None:
    with pytest.raises(DeliveryError) as error:
        read_file(data, **keys)
    assert str(error.value).startswith(f"dpt__visits: visits.csv: {message}")
    assert "Canary" not in "".join(traceback.format_exception(error.value))
    assert error.value.__context__ is None or error.value.__suppress_context__


APPLICATIONS = b"A,B,C,D\n1,01/05/2024,x,\n2,01/07/2024,x,1\n"
FIRST, SECOND, FOOTER = ("1", "01/05/2024"), ("2", "01/07/2024"), (None, None)


def test_a_record_in_the_place_of_a_footer_is_refused(read_file: Any) -> None:
    with pytest.raises(DeliveryError, match=r"its last 1 rows, which `footer` leaves out, contain a record"):
        read_file(APPLICATIONS, footer={"rows": 1})
    (table,) = read_file(APPLICATIONS + b"Total,2,,1\n", footer={"rows": 1})
    assert table.rows == [FIRST, SECOND, FOOTER]
    (table,) = read_file(APPLICATIONS + b",01/31/2024,,\n", footer={"rows": 1})
    assert table.rows == [FIRST, SECOND, FOOTER], "the day of the report is no record"


def test_a_layout_of_files_without_totals_keeps_their_last_record(read_file: Any) -> None:
    (table,) = read_file(APPLICATIONS, footer={"rows": 1}, **csv(layouts=[{"files": "*", "footer": {"rows": 0}}]))
    assert table.rows == [FIRST, SECOND]
