"""Read the input of a draft as text: a file, a folder of files, or a table of a database.

It reads the first rows by the guessed format, with the readers of a run. See `column_profiles` for the columns.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.connectors import FetchRequest, Origin, open_folder, open_live
from ingest.connectors.databases import sqlite_reader
from ingest.connectors.origin import SQLITE_MAGIC, DeliveredTable, open_files
from ingest.contract import Contract, HttpConnector
from ingest.contract.vocabularies import load_vocabulary
from ingest.contract.words import ENVIRONMENT_NAME
from ingest.contract_draft.column_profiles import guesses
from ingest.contract_draft.detect_format import FileFormat, UnknownFormat, detect_format
from ingest.errors import DeliveryError
from ingest.readers import delivered_files, letters
from ingest.readers.files import File, local_file
from warehouse.printable import first_names

# Files that share so much of all their columns are parts of one table.
ALIKE = 0.5
# Of more other tables than these one sentence is printed.
MOST_TABLES = 4
# Enough to see rare values, and read in seconds.
MOST_ROWS = 200_000
URL = re.compile(r"https?://")
OF_DATABASE = FileFormat({"kind": "csv"}, 0, [])
ABOUT_DATABASE = "is the file the department's database, or an extract of it? credentials_env names its address for --live"


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


class DraftError(ValueError):
    """A draft that cannot be made; the message has the reason and the remedy."""


@dataclass(frozen=True)
class DeliveredSample:
    """A table as text: its `connector` and `format` as in a contract, its names, and its first rows.

    `whole`: whether these are all rows; `questions`: decisions left to a person; `footer`: last rows that are no records;
    `files`: the names of all its tables, a file or a part of one; `tables`: of those that `rows` are from. `lacking`: the columns
    that some of these do not have. `others`: what else the folder holds.
    """

    connector: Mapping[str, Any]
    form: Mapping[str, Any]
    header: tuple[str, ...]
    rows: pa.Table
    whole: bool
    questions: tuple[str, ...]
    path: Path | None
    footer: int = 0
    files: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: OtherTables = NO_OTHERS


def read_sample(
    what: str,
    environment: Mapping[str, str],
    *,
    table: str | None = None,
    crs: str | None = None,
    sheet: str | None = None,
    widths: Sequence[int] = (),
) -> DeliveredSample:
    """The table that `what` names: a file or folder, a URL, or an environment variable that holds a SQLAlchemy URL.

    `table` selects one of a database, `sheet` one of a workbook; `crs` is the CRS of a map that does not declare it; `widths` are
    the characters of each field of fixed width.
    `DraftError` names what cannot be read, and why.
    """
    detect = partial(detect_format, sheet=sheet, widths=widths, crs=crs)
    try:
        if URL.match(what):
            return _from_url(what, environment, detect)
        if ENVIRONMENT_NAME.fullmatch(what) and not Path(what).exists():
            return _from_database(what, table, environment)
        return _from_files(Path(what).expanduser(), table, detect)
    except (UnknownFormat, DeliveryError) as error:
        raise DraftError(f"{what} cannot be drafted from: {error}") from None


def _from_url(url: str, environment: Mapping[str, str], detect: Callable[[File], FileFormat]) -> DeliveredSample:
    """The file at a URL, which is removed afterwards; `path` is None, because the check fetches it again."""
    # importing dlt takes half a second
    from ingest.connectors.download import fetch_file  # noqa: PLC0415

    connector = HttpConnector(kind="http", url=url)
    file = fetch_file("draft", connector, FetchRequest(environment, Path(tempfile.gettempdir())))
    found = detect(file)
    origin = open_files(_provisional({"kind": "file"}, found), (file,))
    return _sample(origin, {"kind": "http", "url": url}, None, found)


def _from_files(path: Path, table: str | None, detect: Callable[[File], FileFormat]) -> DeliveredSample:
    files = delivered_files(path) if path.is_dir() else (path,) if path.is_file() else ()
    folder = path if path.is_dir() else path.parent
    if not files:
        raise DraftError(f"there is no {path}; name a file, a folder of files of one source, or an environment variable")
    with files[0].open("rb") as opened:
        if opened.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC:
            connector = {"kind": "database", "credentials_env": "LEVELGROUND_DATABASE_URL", "table": table or "-"}

            def tables(contract: Contract) -> Origin:
                return Origin(tuple(DeliveredTable(file.name, sqlite_reader(contract, file, file.name)) for file in files))

            # without a table in the contract, the only one of the file is read
            origin = _with_columns(connector if table else {"kind": "file"}, tables)
            return _sample(origin, connector, path, OF_DATABASE._replace(questions=[ABOUT_DATABASE]))
    suffixes = Counter(file.suffix.lower() for file in files)
    first = max(files, key=lambda file: (file.suffix.lower() == ".shp", suffixes[file.suffix.lower()]))
    found = detect(local_file(first.resolve(), first.name))
    if found.form["kind"] == "shapefile" and not path.is_dir():
        files = tuple(file for file in delivered_files(folder) if file.parent == path.parent and file.stem == path.stem)
    origin = open_folder(_provisional({"kind": "file"}, found), files, folder)
    return _sample(origin, {"kind": "file"}, path, found)


def _from_database(variable: str, table: str | None, environment: Mapping[str, str]) -> DeliveredSample:
    if not table:
        raise DraftError("a database holds many tables; name the one that is meant with --table")
    schema, _, name = table.rpartition(".")
    connector = {"kind": "database", "credentials_env": variable, "table": name} | ({"schema": schema} if schema else {})
    origin = _with_columns(connector, lambda one: open_live(one, FetchRequest(environment, Path())) or Origin(()))
    return _sample(origin, connector, None, OF_DATABASE)


def _with_columns(connector: Mapping[str, Any], opened: Callable[[Contract], Origin]) -> Origin:
    """A database that is asked for the columns that it has."""
    with opened(_provisional(connector, OF_DATABASE)).tables[0].read() as table:
        names = tuple(dict.fromkeys(name.strip() for name in table.header))
    return opened(_provisional(connector, OF_DATABASE, names))


def _sample(origin: Origin, connector: Mapping[str, Any], path: Path | None, found: FileFormat) -> DeliveredSample:
    """The names and first rows of one table as text, whose parts may be several files that lack a column."""
    if not origin.tables:
        raise DraftError("there is no table in it")
    parts, others = choose_tables(origin.tables, has_names=found.form.get("header", {}).get("rows") != "none")
    header = tuple(dict.fromkeys(name for part in parts for name in part.header)) if len(parts) > 1 else parts[0].header
    taken, read, whole = list[pa.Table](), list[str](), True
    for part in parts:
        if sum(rows.num_rows for rows in taken) >= MOST_ROWS:
            whole = False
            break
        with part.table.read() as opened:
            rows, ended = _first_rows(opened.batches, len(opened.header))
        rows = rows.slice(0, max(0, rows.num_rows - found.footer)) if ended else rows
        taken.append(rows if part.header == header else _in_order(rows, part.header, header))
        whole &= ended
        read.append(part.table.name)
    # `from_file` knows the tables of files by these names
    names = () if connector["kind"] == "database" else tuple(PurePosixPath(part.table.name).name for part in parts)
    lacking = {part.table.name: tuple(name for name in header if name not in part.header) for part in parts}
    return DeliveredSample(
        connector, found.form, header, pa.concat_tables(taken), whole, tuple(found.questions), path, found.footer, names,
        tuple(read), {name: missing for name, missing in lacking.items() if missing}, others,
    )  # fmt: skip


def _in_order(rows: pa.Table, own: tuple[str, ...], header: tuple[str, ...]) -> pa.Table:
    """The rows of a table with the columns of all: those that it lacks are empty."""
    missing = pa.nulls(rows.num_rows, pa.string())
    columns = [rows.column(own.index(name)) if name in own else missing for name in header]
    return pa.Table.from_arrays(columns, names=[f"f{at}" for at in range(len(header))])


def _provisional(connector: Mapping[str, Any], found: FileFormat, names: tuple[str, ...] = ("no column",)) -> Contract:
    """A contract that is good for opening files, and for asking a database for the columns of these names."""
    by_position = found.form.get("header", {}).get("rows") == "none"
    columns = [{"name": f"c{at}", "from": at if by_position else name} for at, name in enumerate(names, 1)]
    own = {"connector": connector, "format": found.form, "columns": columns, "footer": {"rows": found.footer}}
    return Contract.model_validate(guesses()["contract"] | own, context=load_vocabulary())


def _first_rows(batches: Iterator[pa.RecordBatch], columns: int) -> tuple[pa.Table, bool]:
    """The first rows of a table, and whether these are all."""
    names = [f"f{at}" for at in range(columns)]
    schema = pa.schema([(name, pa.string()) for name in names])
    taken, count = list[pa.RecordBatch](), 0
    for batch in batches:
        taken.append(_as_text(batch, names))
        count += batch.num_rows
        if count >= MOST_ROWS:
            return pa.Table.from_batches(taken, schema=schema), False
    return pa.Table.from_batches(taken, schema=schema), True


def _as_text(batch: pa.RecordBatch, names: list[str]) -> pa.RecordBatch:
    columns = []
    for column in batch.columns:
        try:
            columns.append(pc.cast(column, pa.string()))
        except pa.ArrowException:
            columns.append(pa.nulls(batch.num_rows, pa.string()))
    return pa.RecordBatch.from_arrays(columns, names=names)
