"""Recognise a file by its first bytes, to explain to a steward that it is not of the agreed kind.

These signatures never choose a reader: the contract does (`format.kind`).
"""

from __future__ import annotations

SIGNATURE_BYTES = 512
# Signature, its kind of file, and the contract kinds that it fits.
SIGNATURES: tuple[tuple[bytes, str, tuple[str, ...]], ...] = (
    (b"PK\x03\x04", "an Excel workbook or another Office file", ("excel",)),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook, or an Office file with a password", ("excel",)),
    (b"PAR1", "a Parquet file", ("parquet",)),
    (b"%PDF", "a PDF", ()),
    (b"\x1f\x8b", "packed twice", ()),
    (b"SQLite format 3\x00", "a SQLite database in an archive", ()),
    (b"\x00\x00\x27\x0a", "a shapefile", ("shapefile",)),
    (b"Rar!", "a RAR archive", ()),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", ()),
)
PAGES = (b"<!doctype html", b"<html", b"<?xml")


def mismatched_signature(begins: bytes, kind: str) -> str | None:
    """The kind of the file, if its first bytes show that it is not `kind`."""
    for signature, what, kinds in SIGNATURES:
        if begins.startswith(signature):
            return None if kind in kinds else what
    text = begins.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "a web page or XML" if text.startswith(PAGES) and kind != "fixed_width" else None
