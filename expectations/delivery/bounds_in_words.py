"""The bounds of a column in words, for messages to the office and to stewards."""

from __future__ import annotations

from ingest.contract import Column


def bounds_in_words(column: Column) -> list[str]:
    """For example ["from 0", "up to 100"]; empty if the contract sets no bound."""
    parts = []
    if column.min is not None:
        parts.append(f"from {column.min}")
    if column.max is not None:
        parts.append(f"up to {column.max}")
    if column.max_from_file is not None:
        more = f" and {column.max_from_file.plus_years} more" if column.max_from_file.plus_years else ""
        parts.append(f"up to the year in the name of the file{more}")
    return parts
