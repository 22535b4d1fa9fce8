"""Explain to a steward why a file is refused: a library's error, or first bytes that show another kind of file.

The library's text is left out, because it quotes the row. Signatures never choose a reader: the contract does (`format.kind`).
Readers raise their own errors (`DeliveryError`) for what they detect themselves.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.contract.yaml_source import read_yaml
from ingest.readers.files import ARCHIVE_ERRORS
from ingest.readers.formats.delimited import MissingByteOrderMark
from ingest.readers.reader_types import Fail

DAMAGE = (*ARCHIVE_ERRORS, lzma.LZMAError)
READ_ERRORS = (*DAMAGE, pa.ArrowException, OSError, UnicodeError, NotImplementedError, RuntimeError, struct.error, zlib.error)
SIGNATURE_BYTES = 512
FILE = Path(__file__).with_suffix(".yml")
# dBase III to 7, FoxPro, Visual FoxPro, with and without memos; any other first byte is another kind of file.
DBASE_VERSIONS = frozenset({0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C, 0xCB, 0xE5, 0xF5})
PAGES = (b"<!doctype html", b"<html", b"<?xml")
JSON_BEGINS = (b'{"', b'[{"', b"[[")
TEXT_KINDS = ("csv", "fixed_width", "json", "jsonl", "geojson")


@contextmanager
def refuse_unreadable(how: Format, fail: Fail) -> Iterator[None]:
    """Make one of `READ_ERRORS` the error of the file."""
    try:
        yield
    except READ_ERRORS as error:
        raise fail(*explain_error(error, how)) from None


def explain_error(error: BaseException, how: Format) -> tuple[str, str]:
    """(problem, remedy) for one of `READ_ERRORS`."""
    text = str(error)
    if isinstance(error, MissingByteOrderMark):
        return (
            f"it has no byte order mark, and {how.encoding} without one may be either",
            f"write format.encoding: {how.encoding}-le in the contract, or {how.encoding}-be",
        )
    if isinstance(error, UnicodeEncodeError):
        return "it contains half a character (a lone surrogate)", "export it again"
    if isinstance(error, UnicodeError) or "UTF8" in text or "utf-8" in text or "Invalid encoding" in text:
        return (
            f"its bytes are not {how.encoding}",
            "save it in that encoding, or say in the contract which one it is in (format.encoding)",
        )
    if "Empty CSV" in text:
        return "the file is empty", "deliver it again, with its header row"
    if "Could not skip initial" in text:
        return (
            f"it ends before its header, which the contract expects after {how.header.skip} lines",
            "deliver it again, or correct format.header.skip in the contract",
        )
    if isinstance(error, DAMAGE):
        return "the compressed data is damaged or cut off", "deliver it again"
    if isinstance(error, NotImplementedError) and not isinstance(error, pa.ArrowException):
        return "the archive is compressed in a way that Levelground cannot read", "compress it with ordinary zip (Deflate)"
    if "encrypted" in text:
        return "the archive is encrypted", "deliver it without a password, through a secure channel"
    if how.kind == "parquet":
        return "this is not a Parquet file, or it is cut off", "deliver it again"
    if isinstance(error, OSError) and error.errno is None:  # bz2 raises it like this
        return "the compressed data is damaged or cut off", "deliver it again"
    if isinstance(error, OSError):
        return f"reading stopped ({error.strerror})", "check the disk, share or server that it is on, and deliver it again"
    if how.kind == "fixed_width":
        return "a line is longer than 4 MB, or contains a control character", "export it again, one record per line"
    return (
        "a record cannot be parsed: a quote is left open, or a record is longer than 4 MB",
        "export it again, with every quote closed",
    )


@cache
def _signatures() -> list[dict[str, Any]]:
    return [row | {"bytes": bytes.fromhex(row["bytes"])} for row in read_yaml(FILE).data["signatures"]]


def mismatched_signature(begins: bytes, kind: str) -> str | None:
    """The kind of the file, if its first bytes show that it is not `kind`."""
    for row in _signatures():
        if begins[row.get("at", 0) :].startswith(row["bytes"]):
            # a header may have these letters, too
            is_line = all(byte >= 32 or byte in b"\t\r\n" for byte in begins)
            is_text = row["bytes"].isalpha() and kind in TEXT_KINDS and is_line
            return None if kind in row.get("kinds", ()) or is_text else str(row["is"])
    if kind != "dbf" and _is_dbase(begins):
        return "a dBase file"
    text = begins.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(PAGES) and kind != "fixed_width":
        return "a web page or XML"
    return "JSON" if kind == "csv" and b"".join(text.split()).startswith(JSON_BEGINS) else None


def _is_dbase(begins: bytes) -> bool:
    """A version, the month and day of the last change, the lengths of header and record, and a reserved zero."""
    if len(begins) < 32 or begins[0] not in DBASE_VERSIONS or begins[12:14] != b"\0\0":
        return False
    header, record = (int.from_bytes(begins[at : at + 2], "little") for at in (8, 10))
    return begins[2] <= 12 and begins[3] <= 31 and header > 32 and record > 1
