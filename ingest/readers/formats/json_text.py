"""Read JSON and JSON lines without losing a digit: one row per object, its members as text under their names.

An object inside a record stays JSON text, unless the contract flattens it. Records that are lists have positions as names, if
the contract declares no header. A record may add names, so that a file is read twice: once for its names, once for its records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.readers.formats.delimited import decode_text
from ingest.readers.reader_types import Fail, OpenTable, Stream, check_column_count, position_names

# Objects in more objects than these stay JSON text.
DEEPEST = 4
# A record of a portal has some kB; this is room for a long geometry.
LONGEST_RECORD = 16 << 20
_SPACE = " \t\n\r"
_BEHIND = frozenset(",:]}" + _SPACE)  # what may follow a value
BATCH_ROWS = 16_384  # of objects, which take some kB each
Records = Callable[[], Iterator[Any]]
Read = Generator[Any, None, None]


class Number(str):
    """A number as it is written in the file."""

    __slots__ = ()


class UnsupportedJson(Exception):
    """JSON that Python would read incompletely; the message quotes nothing."""


def decoder() -> json.JSONDecoder:
    """A decoder that keeps numbers as `Number`, and raises `UnsupportedJson` for what it could not keep."""
    return json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_number, object_pairs_hook=_without_repeats)


def _no_number(word: str) -> Number:
    raise UnsupportedJson(f"it has {word} in place of a number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise UnsupportedJson("a name is repeated in one object, and only one of the two could be kept")
    return members


def as_text(value: Any) -> str | None:
    """A value as text: a string as it is, anything else as JSON."""
    return None if value is None else str(value) if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    """A value as JSON, with its numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(as_json, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{as_json(name)}:{as_json(member)}' for name, member in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def flattened(record: dict[str, Any], above: str = "", depth: int = 0) -> dict[str, Any]:
    """The record with the members of its objects as members of its own: attributes.status. A list stays one value."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        is_object = isinstance(value, dict) and depth < DEEPEST
        inner = flattened(value, f"{above}{name}.", depth + 1) if is_object else {f"{above}{name}": value}
        if found.keys() & inner.keys():
            raise UnsupportedJson("a name is repeated once objects are flattened, and only one of the two could be kept")
        found |= inner
    return found


def open_json(how: Format, given: Stream, _stack: ExitStack, fail: Fail) -> OpenTable:
    """Read JSON lines, or a JSON file: a list of records, at the top or under the member that the contract names."""

    def records() -> Iterator[Any]:
        with given.open() as stream:
            text = decode_text(stream, how)
            if how.kind == "jsonl":
                yield from _records_of_lines(text, fail)
            else:
                yield from _Document(text, fail).records(how.records.split(".") if how.records else [])

    return _opened(how, records, fail)


def _records_of_lines(text: Iterator[str], fail: Fail) -> Iterator[Any]:
    read = decoder()
    for number, line in enumerate(_lines(text, fail), 1):
        try:
            record = read.decode(line) if line.strip(_SPACE) else {}
        except json.JSONDecodeError:
            raise fail(f"line {number} is not JSON; is the file cut off?", "deliver it again, one object a line") from None
        except (UnsupportedJson, RecursionError) as error:
            raise unusable(error, fail) from None
        yield record


def _lines(pieces: Iterator[str], fail: Fail) -> Iterator[str]:
    """Split at line feeds only; a text may contain other line ends."""
    left = ""
    for piece in pieces:
        *lines, left = (left + piece).split("\n")
        yield from lines
        if len(left) > LONGEST_RECORD:
            raise fail("a line is longer than 16 MB", "export it again, one record per line")
    if left:
        yield left


def unusable(error: Exception, fail: Fail) -> Exception:
    """The error of a text that Python's parser cannot keep."""
    return fail(str(error) if isinstance(error, UnsupportedJson) else "it is nested too deeply", "export it again")


def _opened(how: Format, records: Records, fail: Fail) -> OpenTable:
    by_position = how.header.rows == "none"
    shape, shaped = (list, "a list") if by_position else (dict, "an object")

    def checked() -> Read:
        width = None
        for number, record in enumerate(records(), 1):
            if not isinstance(record, shape) and record != {}:
                remedy = "say so in the contract: header: {rows: none} with records that are lists, an object otherwise"
                raise fail(f"record {number} is not {shaped}", remedy)
            if by_position:
                width = len(record) if width is None and record else width
                if record and len(record) != width:
                    raise fail(f"record {number} has {len(record)} values where the first has {width}", "export it again")
            try:
                yield flattened(record) if how.flatten else record
            except UnsupportedJson as error:
                raise fail(str(error), "leave format.flatten out of the contract") from None

    names: dict[str, None] = {}
    number, width = 0, 0
    with closing(checked()) as first_pass:
        for number, record in enumerate(first_pass, 1):  # noqa: B007 - zero if there is none
            if by_position:
                width = width or len(record)
            elif not record.keys() <= names.keys():
                names.update(dict.fromkeys(record))
                check_column_count(len(names), fail)
    if not number:
        raise fail("it has no record", "deliver it again")
    header = position_names(width) if by_position else tuple(names)

    def batches() -> Iterator[pa.RecordBatch]:
        with closing(checked()) as second_pass:
            while rows := list(islice(second_pass, BATCH_ROWS)):
                yield text_batch(rows, header, by_position)

    return OpenTable(header, (), batches())


def text_batch(records: Sequence[Any], header: Sequence[str], by_position: bool = False) -> pa.RecordBatch:
    """Some records as columns of text: the members of these names, or of lists the values in their order."""
    if by_position:
        columns = [[as_text(record[at]) if record else None for record in records] for at in range(len(header))]
    else:
        columns = [[as_text(record.get(name)) for record in records] for name in header]
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=[f"f{at}" for at in range(len(arrays))])


class _Document:
    """A JSON text that is read in pieces; only the current record is in memory."""

    def __init__(self, pieces: Iterator[str], fail: Fail) -> None:
        self._pieces, self._fail, self._read = pieces, fail, decoder()
        self._text, self._at, self._ended = "", 0, False

    def records(self, path: Sequence[str]) -> Iterator[Any]:
        """The items of the list at `path`; then reads the rest of the file, to check that it is complete."""
        if self._sign() == "":
            raise EOFError("Empty CSV")
        yield from self._list_at(list(path))
        if self._sign() != "":
            problem = "it goes on behind its end; are these JSON lines?"
            raise self._fail(problem, "export it as one list, or write format.kind: jsonl in the contract")

    def _list_at(self, path: list[str]) -> Iterator[Any]:
        if not path:
            if self._sign() != "[":
                remedy = "name the member with the records in format.records, like result.records; JSON lines are kind jsonl"
                raise self._fail("there is no list of records where the contract expects it", remedy)
            for _ in self._positions("]"):
                yield self._next()
            return
        names: set[str] = set()
        for _ in self._positions("}") if self._sign() == "{" else ():
            name = self._next_name()
            if name in names:
                raise self._fail("a name is repeated in one object, and only one of the two could be kept", "export it again")
            names.add(name)
            if name == path[0]:
                yield from self._list_at(path[1:])
            else:
                self._next()
        if path[0] not in names:
            raise self._fail(f"there is no member {path[0]} in it", "correct format.records in the contract")

    def _next_name(self) -> str:
        name = self._next()
        if not isinstance(name, str) or self._sign() != ":":
            raise self._cut_off()
        self._at += 1
        return name

    def _positions(self, end: str) -> Iterator[None]:
        """Pause at each item of a list or an object, which the caller reads."""
        self._at += 1
        if self._sign() == end:
            self._at += 1
            return
        while True:
            yield
            sign = self._sign()
            self._at += 1
            if sign == end:
                return
            if sign != ",":
                raise self._cut_off()

    def _next(self) -> Any:
        """The value at the current position."""
        self._sign()
        while True:
            try:
                value, end = self._read.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, IndexError):
                end = None
            except (UnsupportedJson, RecursionError) as error:
                raise unusable(error, self._fail) from None
            # a number may continue in the next piece, and one that ends in a point is read without it
            if end is not None and (self._ended or self._text[end : end + 1] in _BEHIND):
                self._at = end
                return value
            if self._ended or len(self._text) - self._at > LONGEST_RECORD:
                raise self._cut_off()
            self._more()

    def _sign(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._more()

    def _more(self) -> None:
        piece = next(self._pieces, None)
        self._ended = piece is None
        self._text, self._at = self._text[self._at :] + (piece or ""), 0

    def _cut_off(self) -> Exception:
        return self._fail("it is not JSON; is the file cut off, or a record longer than 16 MB?", "deliver it again")
