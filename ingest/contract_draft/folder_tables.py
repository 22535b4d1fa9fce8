"""Group the tables of a delivery by their columns: the parts of one table, of which some lack a column, and other tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.connectors.origin import DeliveredTable
from ingest.errors import DeliveryError
from ingest.readers import letters
from warehouse.printable import first_names

# Files that share so much of all their columns are parts of one table.
ALIKE = 0.5
# Of more other tables than these one sentence is printed.
MOST_TABLES = 4


@dataclass(frozen=True)
class Part:
    """A table and the names of its columns."""

    table: DeliveredTable
    header: tuple[str, ...]


@dataclass(frozen=True)
class OtherTables:
    """What the chosen table leaves: the files of each other table, and the tables that its format does not read."""

    chosen: str = ""
    groups: tuple[tuple[str, ...], ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def files(self) -> list[str]:
        """The names of the files of other tables, for `ignore_files`."""
        return sorted({PurePosixPath(name).name for group in self.groups for name in group})

    def member(self, tables: Sequence[str]) -> str | None:
        """A glob of the members of an archive that are parts of the chosen table, if the archive holds other tables."""
        if not self.groups or not all(".zip/" in name.lower() for name in tables):
            return None
        globs = {re.sub(r"\d", "[0-9]", PurePosixPath(name).name) for name in tables}
        return globs.pop() if len(globs) == 1 else None

    def questions(self, department: str, path: Path | None) -> Iterator[str]:
        """One source to draft per other table, and what to do about files that were not read."""
        if len(self.groups) > MOST_TABLES:
            yield (
                f"{first_names(self.files, 3)}: {len(self.groups)} tables with other columns than {self.chosen}; the draft "
                "ignores them. If their columns are named after the file, it is one table: write format.unpivot and concepts "
                "(docs/formats.md). Else put each into a folder of its own, and draft it with --from that folder"
            )
        for group in self.groups if len(self.groups) <= MOST_TABLES else ():
            stem = re.sub(r"(19|20)\d\d|[^a-z0-9]+", "_", PurePosixPath(group[0]).stem.lower())
            stem = re.sub(r"__+", "_", stem).strip("_") or "table"
            command = f"levelground sources new {department}__{stem} --from {path / group[0] if path else 'FILE'}"
            yield (
                f"{first_names(group, 3)}: a table of its own, with other columns than {self.chosen}; the draft ignores it. Put "
                f"it into the folder {department}__{stem} and draft it: `{command}`"
            )
        if self.unread:
            without = f"without the format of {self.chosen}, a file needs a layout; name what is no delivery in ignore_files"
            yield f"the draft reads no row of {first_names(self.unread, 3)}: {without}"


NO_OTHERS = OtherTables()


def choose_tables(tables: Sequence[DeliveredTable], *, has_names: bool) -> tuple[list[Part], OtherTables]:
    """The parts of the table with the most files, and what is left. `DeliveryError` if none can be read."""
    families: list[list[Part]] = []
    errors: dict[str, DeliveryError] = {}
    for table in tables:
        try:
            with table.read() as opened:
                part = Part(table, tuple(name.strip() for name in opened.header))
        except DeliveryError as error:
            errors[table.name] = error
            continue
        family = next((one for one in families if _are_alike(one[0].header, part.header, has_names=has_names)), None)
        families.append([part]) if family is None else family.append(part)
    if not families:
        raise next(iter(errors.values()))
    chosen = max(families, key=len)
    groups = tuple(tuple(part.table.name for part in family) for family in families if family is not chosen)
    return chosen, OtherTables(chosen[0].table.name, groups, tuple(errors))


def _are_alike(one: Sequence[str], other: Sequence[str], *, has_names: bool) -> bool:
    if one == other:
        return True
    sets: Iterable[set[str]] = (set(map(letters, names)) for names in (one, other))
    first, second = sets
    is_named = has_names and len(first) == len(one) and len(second) == len(other)
    return is_named and len(first & second) >= ALIKE * len(first | second)
