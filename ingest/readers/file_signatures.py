"""Recognise a file by its first bytes, to explain to a steward that it is not of the agreed kind.

These signatures never choose a reader: the contract does (`format.kind`).
"""

from __future__ import annotations

SIGNATURE_BYTES = 512
# Signature, its position, its kind of file, and the contract kinds that it fits.
SIGNATURES: tuple[tuple[bytes, int, str, tuple[str, ...]], ...] = (
    (b"PK\x03\x04", 0, "an Excel workbook or another Office file", ("excel",)),
    (b"\xd0\xcf\x11\xe0", 0, "an old Excel workbook, or an Office file with a password", ("excel",)),
    (b"PAR1", 0, "a Parquet file", ("parquet",)),
    (b"%PDF", 0, "a PDF", ()),
    (b"\x1f\x8b", 0, "packed twice", ()),
    (b"SQLite format 3\x00", 0, "a SQLite database in an archive", ()),
    (b"DUCK", 8, "a DuckDB database", ()),
    (b"\x00\x01\x00\x00Standard ", 0, "an Access database", ()),
    (b"\x00\x00\x27\x0a", 0, "a shapefile", ("shapefile",)),
    (b"Rar!", 0, "a RAR archive", ()),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7-Zip archive", ()),
    (b"BZh", 0, "a bzip2 archive", ()),
    (b"\xfd7zXZ", 0, "an xz archive", ()),
    (b"\x28\xb5\x2f\xfd", 0, "a Zstandard archive", ()),
    (b"ustar", 257, "a tar archive", ()),
    (b"ARROW1", 0, "an Arrow file", ()),
    (b"Obj\x01", 0, "an Avro file", ()),
    (b"ORC", 0, "an ORC file", ()),
    (b"\x89HDF", 0, "an HDF5 file", ()),
    (b"\x7fELF", 0, "a program", ()),
    (b"MZ\x90\x00", 0, "a program", ()),
    (b"\x89PNG", 0, "an image", ()),
    (b"\xff\xd8\xff", 0, "an image", ()),
)
# dBase III to 7, FoxPro, Visual FoxPro, with and without memos; any other first byte is another kind of file.
DBASE_VERSIONS = frozenset({0x02, 0x03, 0x04, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C, 0xCB, 0xE5, 0xF5})
PAGES = (b"<!doctype html", b"<html", b"<?xml")
JSON_BEGINS = (b'{"', b'[{"', b"[[")
TEXT_KINDS = ("csv", "fixed_width", "json", "jsonl", "geojson")


def mismatched_signature(begins: bytes, kind: str) -> str | None:
    """The kind of the file, if its first bytes show that it is not `kind`."""
    for signature, at, what, kinds in SIGNATURES:
        if begins[at:].startswith(signature):
            # a header may have these letters, too
            is_text = signature.isalpha() and kind in TEXT_KINDS and _is_line(begins)
            return None if kind in kinds or is_text else what
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
