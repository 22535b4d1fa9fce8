"""Identify each table of a delivery by its bytes, and by its layout where layouts read the same bytes differently.

A file that is delivered twice counts once. Two files of the same bytes are two tables if a layout reads another sheet, or other
columns, of one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ingest.contract import Contract
from ingest.delivery.records import DeliveryRecord
from warehouse.fingerprint import json_sha256, text_sha256

# Files of several tables, of which only the name is left in an earlier record.
_OF_SEVERAL = (".zip", ".gz", ".xlsx", ".xlsm", ".xls")


def bytes_hash(table: str, file_hashes: Mapping[str, str]) -> str | None:
    """The hash of a table's bytes: of its file, or of its file's hash and its name in it; None for a database table."""
    if table in file_hashes:
        return file_hashes[table]
    # the name of the file ends at one of the slashes
    for part in _beginnings(table):
        if part in file_hashes:
            return text_sha256(f"{file_hashes[part]}{table.removeprefix(part)}")
    return None


def table_hashes(
    contract: Contract, tables: Sequence[str], file_hashes: Mapping[str, str], earlier: Iterable[DeliveryRecord]
) -> dict[str, str | None]:
    """The hash of each table, by its name.

    It is the hash of the bytes for the layout that read them first: in the `earlier` records, in their order, else in `tables`.
    For another layout it hashes the layout, too. So hashes do not change when a copy with another layout arrives.
    """
    hashes = {name: bytes_hash(name, file_hashes) for name in tables}
    if not contract.format.layouts:
        return hashes
    first: dict[str, str] = {}
    for record in earlier:
        for file in record.files:
            first.setdefault(file.sha256 or "", file.name)
    for name, found in hashes.items():
        first.setdefault(found or "", name)
    for name, found in hashes.items():
        own = _reading(contract, name, file_hashes)
        if found is not None and own != _reading(contract, first[found], file_hashes):
            hashes[name] = json_sha256([found, own])
    return hashes


def layout_identity(contract: Contract, hashes: Mapping[str, str | None], file_hashes: Mapping[str, str]) -> tuple[str, ...]:
    """What distinguishes two deliveries of the same bytes with other layouts: the hashes of tables that contain a layout."""
    if not contract.format.layouts:
        return ()
    return tuple(found for name, found in hashes.items() if found is not None and found != bytes_hash(name, file_hashes))


def _reading(contract: Contract, table: str, file_hashes: Mapping[str, str]) -> dict[str, Any]:
    """The keys of the layout that reads a table: that of its own name, else that of its file."""
    layout = contract.format.layout_of(table)
    if layout is None and table not in file_hashes:
        files = (part for part in _beginnings(table) if part in file_hashes or PurePosixPath(part).suffix.lower() in _OF_SEVERAL)
        layout = next((found for part in files if (found := contract.format.layout_of(part))), None)
    return layout.reading if layout else {}


def _beginnings(table: str) -> list[str]:
    return [table[:at] for at, sign in enumerate(table) if sign == "/"]
