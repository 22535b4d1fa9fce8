"""Unite the public files of several cities in one file: the same tables, with the city of each row. Nothing is added up.

The rows are copies: a view over attached files would need the attachment in each session of each reader, and would change under a
query when a city publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, create_empty, detach, in_memory, open_from_disk
from warehouse.files import sync
from warehouse.printable import first_names
from warehouse.releases.exports import SCHEMA, Table, public_tables
from warehouse.releases.sealing import READ_ONLY, STORAGE_VERSION
from warehouse.sql import queries

CITY = "city"
RELEASE = "release"
COMPARED = {"scorecard", "peer_comparison"}
PUBLIC_SCHEMAS = {"main", SCHEMA, "stats", "figures"}
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), schema=SCHEMA, city=CITY)


class CannotUnite(ValueError):
    """A file that is no public file, or differs from the others; the message has the remedy."""


@dataclass(frozen=True)
class UnitedRelease:
    """The release of a city in the united file, with its rows in all tables."""

    city: str
    release_id: str
    code_version: str
    rows: int


def write_union(files: Mapping[str, Path], out: Path) -> list[UnitedRelease]:
    """Write the public tables of the files, by city, to a new file that replaces `out` in one step.

    CannotUnite, and `out` stays, if a file is no public file or the tables of two differ; WarehouseError if one cannot be opened.
    """
    _check_target(out)
    temporary = out.with_name(f".{out.name}.next")
    temporary.unlink(missing_ok=True)
    try:
        create_empty(temporary, STORAGE_VERSION)
        with in_memory() as connection:
            attach(connection, temporary, "united", storage=STORAGE_VERSION)
            found = [_add(connection, city, path) for city, path in files.items()]
            _compare(connection)
            detach(connection, "united")
        temporary.chmod(READ_ONLY)
        sync(temporary)
        temporary.replace(out)
        sync(out.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return found


def _check_target(out: Path) -> None:
    if not out.parent.is_dir():
        raise CannotUnite(f"there is no folder {out.parent}; create it, or name another file with --out")
    if not out.exists():
        return
    with open_from_disk(out, "target") as connection:
        columns = {field.name for table in public_tables(connection, "target") if table.name == RELEASE for field in table.fields}
    if CITY not in columns:
        raise CannotUnite(f"{out} exists and was not written by this command; name another file with --out")


def _add(connection: DuckDBPyConnection, city: str, path: Path) -> UnitedRelease:
    """Append the tables of one city; the first city creates them."""
    attach(connection, path, "one_city", read_only=True)
    tables = _public_tables(connection, city, path)
    if not public_tables(connection, "united"):
        connection.execute(_SQL.create(tables))
    _check_columns(connection, city, tables)
    rows = sum(connection.execute(_SQL.insert(table, city)).fetchall()[0][0] for table in tables)
    [(release_id, version)] = _release(connection, "one_city")
    detach(connection, "one_city")
    return UnitedRelease(city, release_id, version, rows)


def _compare(connection: DuckDBPyConnection) -> None:
    """Write the table that compares the cities, where their files have what it is made of."""
    if not {table.name for table in public_tables(connection, "united")} >= COMPARED:
        return
    connection.execute(Path(__file__).with_name("city_comparison.sql").read_text(encoding="utf-8"))
    connection.execute(_SQL.comment_comparison())


def _public_tables(connection: DuckDBPyConnection, city: str, path: Path) -> list[Table]:
    others = sorted({name for (name,) in connection.execute(_SQL.schemas()).fetchall()} - PUBLIC_SCHEMAS)
    tables = public_tables(connection, "one_city")
    if others or RELEASE not in {table.name for table in tables}:
        other = f"it has the schema {others[0]}" if others else "it has no published.release"
        raise CannotUnite(
            f"{path} of {city} is no public file: {other}. Only published tables are united; publish the city again by "
            "`levelground run` or `levelground releases rollback`"
        )
    if any(field.name == CITY for table in tables for field in table.fields):
        raise CannotUnite(f"{path} of {city} has a column {CITY}: it is united already; name the home of one city")
    return tables


def _check_columns(connection: DuckDBPyConnection, city: str, tables: list[Table]) -> None:
    different = sorted({column for column, _ in _columns(tables) ^ _columns(public_tables(connection, "united"))})
    if not different:
        return
    release_id, version = _release(connection, "one_city")[0]
    others = ", ".join(f"{name} ({found})" for _, found, name in _release(connection, "united", f", {CITY}"))
    listed = first_names(different, 5)
    raise CannotUnite(
        f"{city} (release {release_id}, version {version}) has other columns or types than {others}: {listed}. Run the same "
        "version of Levelground in every home (`levelground run` publishes a release again after an update), or leave the city "
        "out with --only"
    )


def _release(connection: DuckDBPyConnection, alias: str, more: str = "") -> list[tuple[str, ...]]:
    found = connection.execute(f"select release_id, code_version{more} from {alias}.{SCHEMA}.{RELEASE}").fetchall()
    return [tuple(map(str, row)) for row in found]


def _columns(tables: list[Table]) -> set[tuple[str, str]]:
    return {(f"{table.name}.{field.name}", field.kind) for table in tables for field in table.fields if field.name != CITY}
