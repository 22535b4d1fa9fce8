"""Describe the content of a file for one audience: tables, the sources of their rows, and what the file has of each column."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel

from warehouse.fingerprint import text_sha256

KEY, NUMBER_OF_KEY = "_key", "_number"
RELEASE_TABLE = "marts.release"  # its only row names the release; every file of a release has it


class Shown(StrEnum):
    """What a file has of a column, as the reason that a reader gets."""

    WHOLE = "as it is"
    MONTH = "the first day of its month: the agreement does not name days"
    ORGANISATIONS = "names of organisations only: the agreement does not name names"
    NUMBER = "a random number per key, equal in the tables of this file only"
    NO_ADDRESS = "left out: the agreement does not name addresses"
    NO_RECORD_NUMBER = "left out: the agreement does not name record_numbers"
    NO_NAME = "left out: the agreement does not name names, and a person may have written it"
    NO_KEY = "left out: a hash of the record number, which no other table of the file has"
    NO_LINEAGE = "left out: it leads to the row of a delivery"
    NO_BOUNDARY = "left out: boundaries are in the file of figures"

    @property
    def is_whole(self) -> bool:
        """Whether the file has the column as it is."""
        return self is Shown.WHOLE

    @property
    def is_left_out(self) -> bool:
        """Whether the file does not have the column."""
        return self.name.startswith("NO_")


class TablePlan(BaseModel, frozen=True):
    """A table of a file: the sources of its rows (None: all of them), and what the file has of each column."""

    sources: tuple[str, ...] | None = None
    columns: dict[str, Shown]

    def kept(self) -> Iterator[tuple[str, str, Shown]]:
        """Each column of the analyst file that is kept, its name in the file, and what is kept of it."""
        for name, shown in self.columns.items():
            if not shown.is_left_out:
                yield name, f"{name.removesuffix(KEY)}{NUMBER_OF_KEY}" if shown is Shown.NUMBER else name, shown


class FilePlan(BaseModel, frozen=True):
    """A file: its audience, its tables by `schema.table`, and the variable with its key, if it is encrypted.

    `inputs`: a hash of what it is made of. A file of an earlier release with equal inputs has the same rows.
    """

    audience: str
    tables: dict[str, TablePlan]
    key_env: str | None = None
    inputs: str = ""

    @property
    def sources(self) -> set[str]:
        """The sources that have rows of their own in it."""
        return {source for table in self.tables.values() for source in table.sources or ()}

    @property
    def schemas(self) -> list[str]:
        """The schemas of its tables."""
        return sorted({name.partition(".")[0] for name in self.tables})

    @property
    def numbered(self) -> dict[str, list[str]]:
        """The keys that join its tables, each with the tables that have a random number in its place."""
        found: dict[str, list[str]] = {}
        for name, table in self.tables.items():
            for column, _, shown in table.kept():
                if shown is Shown.NUMBER:
                    found.setdefault(column, []).append(name)
        return found

    def after_removal(self, removal_id: str) -> FilePlan:
        """The plan of the file once records were removed: its inputs are others, and equal for equal files before."""
        return self.model_copy(update={"inputs": text_sha256(f"{self.inputs} without {removal_id}")})
