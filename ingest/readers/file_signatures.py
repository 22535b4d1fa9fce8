"""Recognise a file by its first bytes, to explain to a steward that it is not of the agreed kind.

These signatures never choose a reader: the contract does (`format.kind`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ingest.contract.yaml_source import read_yaml

SIGNATURE_BYTES = 512
FILE = Path(__file__).with_suffix(".yml")
# dBase III to 7, FoxPro, Visual FoxPro, with and without memos; any other first byte is another kind of file.
DBASE_VERSIONS = frozenset({0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C, 0xCB, 0xE5, 0xF5})
PAGES = (b"<!doctype html", b"<html", b"<?xml")
JSON_BEGINS = (b'{"', b'[{"', b"[[")
TEXT_KINDS = ("csv", "fixed_width", "json", "jsonl", "geojson")


@cache
def _signatures() -> list[dict[str, Any]]:
    return [row | {"bytes": bytes.fromhex(row["bytes"])} for row in read_yaml(FILE).data["signatures"]]


def mismatched_signature(begins: bytes, kind: str) -> str | None:
    """The kind of the file, if its first bytes show that it is not `kind`."""
    for row in _signatures():
        if begins[row.get("at", 0) :].startswith(row["bytes"]):
            # a header may have these letters, too
            is_text = row["bytes"].isalpha() and kind in TEXT_KINDS and _is_line(begins)
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


def _is_line(begins: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in begins)
