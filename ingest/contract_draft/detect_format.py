"""Guess the format of a file from its name and bytes: kind, encoding, delimiter, header, sheet, location of records.

Each guess is tried on the file: `ingest.readers` reads by the guess, so that a wrong one fails. See `column_profiles` for the
columns.
"""

from __future__ import annotations

import codecs
import csv
import fnmatch
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import fastexcel
import pyarrow as pa

from ingest.contract.sections.format import is_glob
from ingest.readers.files import File, open_streams
from ingest.readers.reader_types import A_VALUE, Stream, merged_names

Rows = Sequence[Sequence[str]]
MOST_FOOTER_ROWS = 30
A_YEAR = re.compile(r"(19|20)\d\d")
A_TOTAL = re.compile(r"(grand |sub-?)?totals?\b|sum\b|all (branches|sites|locations|schools|districts)\b", re.IGNORECASE)
SAMPLE_BYTES, SAMPLE_RECORDS = 1 << 20, 200
DELIMITERS = ",;\t|"
NO_FIT = (0, 0)
SUFFIXES = {
    ".parquet": "parquet", ".dbf": "dbf", ".shp": "shapefile", ".geojson": "geojson", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel",
}  # fmt: skip


def detect_header(rows: Rows, lines: Sequence[int]) -> tuple[dict[str, Any], list[str]]:
    """Where the names are: below a title block, in one row or two, or nowhere. `lines`: the lines above each row."""
    usual = _usual_width(rows)
    length = Counter(map(len, rows)).most_common(1)[0][0]
    at = next(
        (n for n, row in enumerate(rows) if len(row) == length and sum(1 for cell in row if cell.strip()) >= 0.6 * usual), 0
    )
    top = _merged_at(rows, at)
    first = at if top is None else top
    header: dict[str, Any] = {"skip": lines[first]} if first else {}
    questions = [f"the names seem to follow {lines[first]} lines of title: does every delivery have them?"] if first else []
    if top is not None:
        questions.append("the names seem to be in two rows, the upper one over several columns: does every delivery have both?")
        return {"header": {"rows": 2, "merged": True} | header}, questions
    names = [cell.strip() for cell in rows[at]]
    values = sum(1 for name in names if A_VALUE.fullmatch(name))
    below = rows[at + 1 :]
    if not any(names) or 3 * values >= len(names):
        header = {"rows": "none"}  # a title block without names looks like records
        questions = ["it seems to have no header row, so columns have positions instead of names: ask the steward what each is"]
    elif len(below) > 3 and _is_second_header(below):
        header["rows"] = 2
        questions.append("the second row seems to explain the first: does every delivery have both?")
    return ({"header": header} if header else {}), questions


def detect_footer(first: Rows, last: Rows) -> tuple[int, list[str]]:
    """The number of rows below the records: totals, notes and what is blank between. `first`: the first rows of the table."""
    usual = _usual_width(first)
    count = 0
    for row in reversed(last):
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) > max(1, usual // 5) and not A_TOTAL.match(cells[0]):
            break
        count += 1
    below = [cell for row in last[len(last) - count :] for cell in row if cell.strip()]
    if usual < 3 or not below or count > MOST_FOOTER_ROWS or count >= len(last):
        return 0, []
    return count, [f"the last {count} rows seem to be totals and notes, and footer leaves them out: does every delivery end so?"]


def _usual_width(rows: Rows) -> int:
    width = Counter(sum(1 for cell in row if cell.strip()) for row in rows if any(cell.strip() for cell in row)).most_common(1)
    return width[0][0] if width else 1


def _merged_at(rows: Rows, at: int) -> int | None:
    """The upper row of two rows of names, of which it has one per group of columns; None where one row has them all."""
    for top in (at - 1, at):
        if top < 0 or top + 1 >= len(rows) or len(rows[top]) != len(rows[top + 1]):
            continue
        above, below = ([cell.strip() for cell in row] for row in rows[top : top + 2])
        # alone, the row of names that has most of the cells repeats itself or has gaps
        alone = below if top < at else above
        names = merged_names(above, below)
        values = sum(1 for cell in below if A_VALUE.fullmatch(cell) and not A_YEAR.fullmatch(cell))
        if len(set(alone)) == len(alone) and all(alone):
            continue
        if sum(map(bool, above)) < 2 or not all(names) or len(set(names)) < len(names) or 3 * values >= len(names):
            continue
        if top == at and not _is_second_header(rows[at + 1 :]):
            continue
        return top
    return None


def _is_second_header(below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is words over columns of numbers."""
    columns = [[row[at].strip() for row in below if at < len(row)] for at in range(len(below[0]))]
    numbers = [column for column in columns if len(column) > 3 and all(A_VALUE.fullmatch(cell) for cell in column[1:] if cell)]
    words = [column for column in numbers if column[0] and not A_VALUE.fullmatch(column[0]) and any(column[1:])]
    return len(words) >= 2 and 2 * len(words) >= len(numbers)


def propose_sheets(largest: str, alike: Sequence[str], names: Sequence[str]) -> tuple[str, str]:
    """(`format.sheet`, the decision left to a person): a glob of the sheets that are `alike`, else the largest sheet."""
    # 2021 and 2022 are 20[0-9][0-9], so that next year's sheet is read and a sheet of notes is not
    patterns = {re.sub(r"(20(?=\d\d))|\d", lambda digits: digits[1] or "[0-9]", name) for name in alike}
    candidates = [*(patterns if len(patterns) == 1 else ()), "*"]
    glob = next((glob for glob in candidates if fnmatch.filter(names, glob) == list(alike)), None) if len(alike) > 1 else None
    if glob is None:
        about = (
            f"the workbook has the sheets {', '.join(names)}; the draft takes the largest, and no run reads the others; "
            "--sheet names another, or a glob of several, like '20*'"
        )
        return largest, about
    others = [name for name in names if name not in alike]
    left = f"; no run reads {', '.join(others)}" if others else ""
    about = (
        f"the sheets {', '.join(alike)} have the same columns, and sheet {glob} reads each as a table{left}: is that right? "
        "from_file takes a value from the name of a sheet"
    )
    return glob, about


class UnknownFormat(ValueError):
    """A file whose format cannot be detected."""


class FileFormat(NamedTuple):
    """The contract's `format` for a file, the number of its last rows that are no records, and the open decisions."""

    form: dict[str, Any]
    footer: int
    questions: list[str]


def detect_format(file: File, sheet: str | None = None, widths: Sequence[int] = (), crs: str | None = None) -> FileFormat:
    """The format of a file; `DeliveryError` or `UnknownFormat` if none fits.

    `sheet` is that of a workbook: its name, its position from 1, or a glob of several. `crs` is that of a map without one.
    """
    found = open_streams("draft", file, None)
    kinds = Counter(PurePosixPath(stream.name).suffix.lower() for stream in found)
    suffix = next((suffix for suffix, _ in kinds.most_common() if suffix in SUFFIXES), kinds.most_common(1)[0][0])
    candidates = [stream for stream in found if PurePosixPath(stream.name).suffix.lower() == suffix]
    if widths:
        form, footer, open_questions = _fixed_width(candidates[0], widths)
    else:
        form, footer, open_questions = _of_stream(candidates[0], suffix.removesuffix(".gz"), sheet)
    if sheet and form["kind"] != "excel":
        raise UnknownFormat(f"--sheet is for workbooks, and this file is read as {form['kind']}")
    if len(candidates) < len(found) and form["kind"] != "shapefile":
        form["member"] = f"*{suffix}"
        open_questions.append(f"the archive holds other files than {form['member']}: does one of them matter?")
    return FileFormat(form | ({"crs": crs} if crs else {}), footer, open_questions)


def _of_stream(stream: Stream, suffix: str, sheet: str | None) -> FileFormat:
    with stream.open() as opened:
        begins = opened.read(SAMPLE_BYTES)
        if not begins:
            raise UnknownFormat("the file is empty")
        inner = PurePosixPath(stream.name.removesuffix(".gz")).suffix.lower()
        kind = "parquet" if begins.startswith(b"PAR1") else SUFFIXES.get(inner, SUFFIXES.get(suffix))
        if kind == "excel" or begins.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return _excel(begins + opened.read(), sheet)
        if kind in ("parquet", "dbf", "shapefile"):
            return FileFormat({"kind": kind} | ({"encoding": _encoding(begins + opened.read())} if kind == "dbf" else {}), 0, [])
        data = begins + opened.read()
    encoding = _encoding(data)
    text = codecs.getincrementaldecoder(encoding)("strict").decode(data[:SAMPLE_BYTES]).removeprefix("\ufeff")
    encoding_key = {"encoding": encoding} if encoding != "utf-8" else {}
    encoding_questions = ["is it really in Windows-1252? look at a name with an accent"] if encoding == "windows-1252" else []
    if text.lstrip().startswith(("{", "[")):
        form, questions = _json(data.decode(encoding).removeprefix("\ufeff"))
    else:
        form, questions = _delimited(text)
    return FileFormat(form | encoding_key, 0, encoding_questions + questions)


def _fixed_width(stream: Stream, widths: Sequence[int]) -> FileFormat:
    """Fields of these widths, by position: the record layout of the department names them."""
    with stream.open() as opened:
        encoding = _encoding(opened.read())
    form = {"kind": "fixed_width", "widths": list(widths), "header": {"rows": "none"}}
    question = "which name has each position in the record layout? write it as name"
    return FileFormat(form | ({"encoding": encoding} if encoding != "utf-8" else {}), 0, [question])


def _encoding(data: bytes) -> str:
    """UTF-8 if it is; UTF-16 by its mark, or by the zero bytes of plain letters; else Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data[:4000]
    zeros = [sample[start::2].count(0) / max(1, len(sample[start::2])) for start in (0, 1)]
    if max(zeros) > 0.7 and min(zeros) < 0.2:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _excel(data: bytes, chosen: str | None) -> FileFormat:
    try:
        book = fastexcel.read_excel(data)
        sheets = {name: book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string") for name in book.sheet_names}
    except fastexcel.FastExcelError:
        raise UnknownFormat("this is not an Excel workbook that can be read") from None
    named = _chosen_sheet(list(sheets), chosen) if chosen else None
    among = fnmatch.filter(sheets, named) if is_glob(named) else [named] if named else list(sheets)
    name = max(among, key=lambda sheet: sheets[sheet].height * sheets[sheet].width)
    found, names = _table(sheets[name])
    form: dict[str, Any] = {"kind": "excel"} | ({"sheet": named} if named else {})
    own_questions = []
    if not named and len(sheets) > 1:
        tables = {other: _table(sheet) for other, sheet in sheets.items()}
        like = [other for other, table in tables.items() if names and table[1] == names and table[0][:2] == found[:2]]
        form["sheet"], about = propose_sheets(name, like or [name], list(sheets))
        own_questions.append(about)
    return FileFormat(form | found.form, found.footer, own_questions + found.questions)


def _table(sheet: fastexcel.ExcelSheet) -> tuple[FileFormat, list[list[str]]]:
    """Where a sheet has its table, and the names of its columns."""
    cells = sheet.to_arrow()
    rows = _cells(cells.slice(0, SAMPLE_RECORDS))
    if not rows:
        return FileFormat({}, 0, []), []
    header, questions = detect_header(rows, list(range(len(rows) + 1)))
    footer, footer_questions = detect_footer(rows, _cells(cells[-SAMPLE_RECORDS:]))
    keys = header.get("header", {})
    skip, count = keys.get("skip", 0), keys.get("rows", 1)
    names = [[cell.strip() for cell in row] for row in rows[skip : skip + (count if isinstance(count, int) else 0)]]
    return FileFormat(header, footer, questions + footer_questions), names


def _cells(rows: pa.RecordBatch) -> list[list[str]]:
    return [[cell or "" for cell in row.values()] for row in rows.to_pylist()]


def _chosen_sheet(names: Sequence[str], chosen: str) -> str:
    if chosen in names or (is_glob(chosen) and fnmatch.filter(names, chosen)):
        return chosen
    if chosen.isdecimal() and 1 <= int(chosen) <= len(names):
        return names[int(chosen) - 1]
    raise UnknownFormat(f"the workbook has no sheet {chosen!r}; its sheets are {', '.join(names)}")


def _json(text: str) -> tuple[dict[str, Any], list[str]]:
    first = text.lstrip().split("\n", 1)[0]
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        try:
            json.loads(first)
        except json.JSONDecodeError:
            raise UnknownFormat("it begins like JSON and is none; is it cut off?") from None
        begins = [json.loads(line) for line in text.split("\n", SAMPLE_RECORDS)[:-1] if line.strip()]
        return {"kind": "jsonl"} | ({"flatten": True} if _has_objects(begins) else {}), []
    if isinstance(value, dict) and value.get("type") == "FeatureCollection":
        return {"kind": "geojson"}, []
    lists = sorted(_lists(value), key=lambda found: -len(found[1]))
    if not lists:
        return {"kind": "jsonl"}, []
    path, records = lists[0]
    form: dict[str, Any] = {"kind": "json"} | ({"records": path} if path else {})
    if isinstance(records[0], list):
        form["header"] = {"rows": "none"}
    elif _has_objects(records):
        form["flatten"] = True
    return form, [f"are the records those under {path}?"] if path else []


def _has_objects(records: Sequence[Any]) -> bool:
    members = [record.values() for record in records[:SAMPLE_RECORDS] if isinstance(record, dict)]
    return any(isinstance(value, dict) for values in members for value in values)


def _lists(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        yield path, value
    if isinstance(value, dict) and depth < 4:
        for name, member in value.items():
            if "." not in name:
                yield from _lists(member, f"{path}.{name}".lstrip("."), depth + 1)


def _delimited(text: str) -> tuple[dict[str, Any], list[str]]:
    delimiter = max(DELIMITERS, key=lambda one: _fit(text, one))
    rows, lines = _records(text, delimiter)
    if _fit(text, delimiter) == NO_FIT:
        if len({len(row[0]) for row in rows if row}) == 1 and len(rows) > 2:
            of_length = f"all lines have {len(rows[0][0])} characters, as in a file of fixed width"
            raise UnknownFormat(f"{of_length}; ask for its record layout and add the width of each field, like --widths 5,12,8")
        return {"kind": "csv"}, ["it has a single column: is that right?"]
    header, questions = detect_header(rows, lines)
    return {"kind": "csv"} | ({"delimiter": delimiter} if delimiter != "," else {}) | header, questions


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """The share of records that have the usual number of cells, and this number; `NO_FIT` if that is one cell."""
    widths = Counter(len(row) for row in _records(text, delimiter)[0])
    width, times = widths.most_common(1)[0] if widths else NO_FIT
    return (times / widths.total(), width) if width > 1 else NO_FIT


def _records(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records, each with the number of lines above it; the last one may be truncated and is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    lines = [0]
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) > SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    return (rows[:-1] if len(rows) > 2 and len(text) >= SAMPLE_BYTES else rows), lines
