"""A warehouse with every table and no row, and dbt run on it in this process.

Here: what tests of the dbt project need. dbt's unit tests ask the database for the types of their inputs, so the relations must
exist first; an empty build makes them, and is itself a test that no model needs data. Not here: the rules, which are unit tests
next to the models, and the results on real rows (tests/e2e).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from duckdb import DuckDBPyConnection
from sqlparse.engine import FilterStack

from ingest.city import city_registry, read_city
from ingest.landing import ensure_tables
from orchestration.runs.process.gc_paused import gc_paused
from orchestration.settings import DBT_PROJECT
from orchestration.transform.dbt_runner import parsed_project
from tests.support.shared import PARSED_CITY, copy_parse
from warehouse.connection import attach, open_working
from warehouse.metadata import migrate
from warehouse.metadata.receipts import TABLES, replace_rows
from warehouse.paths import Home

REPORTED = DBT_PROJECT / "models" / "disclosure" / "_disclosure__sources.yml"


@dataclass(frozen=True)
class EmptyWarehouse:
    """The connection that holds the instance, and the result of each node of the build."""

    home: Home
    con: DuckDBPyConnection
    built: dict[str, str] = field(repr=False)

    def dbt(self, *arguments: str) -> dict[str, tuple[str, str]]:
        """Status and message of each node, by name."""
        if arguments[0] != "test":
            return _dbt(self.home, *arguments)
        _read_seeds_from_their_tables(self.home)
        with _known_columns(), _only_what_tests_need():
            return _dbt(self.home, *arguments)


@contextmanager
def building_empty(folder: Path, parsed: Path) -> Iterator[EmptyWarehouse]:
    """A home in `folder` in which everything is built and nothing is delivered.

    parsed: the dbt folder of a home in which dbt has parsed the project
    """
    home = Home(folder)
    copy_parse(parsed, home)
    city = read_city(None, PARSED_CITY)
    registry, zone = city_registry(city), city.time_zone
    con = open_working(home, threads=1)
    try:
        migrate(con)
        for contract in registry:
            ensure_tables(con, contract, zone)
        for table in TABLES:
            replace_rows(con, table, [])
        con.execute("create schema if not exists disclosure")
        for table, columns in _reported().items():
            con.execute(f"create table if not exists disclosure.{table} ({columns})")
        attach(con, files(home)["release"], "release")
        attach(con, files(home)["public"], "public")
        built = _dbt(home, "build", "--exclude-resource-type", "unit_test")
        yield EmptyWarehouse(home, con, {name: f"{status} {message}" for name, (status, message) in built.items()})
    finally:
        con.close()


def _reported() -> dict[str, str]:
    """The columns of the tables that the suppressor writes, as the models expect them."""
    (source,) = yaml.load(REPORTED.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["sources"]
    return {
        table["name"]: ", ".join(f"{column['name']} {column['data_type']}" for column in table["columns"])
        for table in source["tables"]
    }


def files(home: Home) -> dict[str, Path]:
    """The file of each database of a build, by the alias that the models use."""
    return {
        "warehouse": home.warehouse,
        "release": home.root / "levelground.duckdb",
        "public": home.root / "levelground_public.duckdb",
    }


def _dbt(home: Home, *arguments: str) -> dict[str, tuple[str, str]]:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - two seconds to import

    project = str(home.dbt_project)
    where = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(home.dbt), "--log-path", str(home.logs)]
    environment = {f"LEVELGROUND_{alias.upper()}_FILE": str(path) for alias, path in files(home).items()}
    with gc_paused(), _environment(environment):  # as the command line does
        # the folder has the manifest already, and writing it takes two seconds
        command = ["--quiet", "--log-level-file", "none", *arguments, "--no-write-json", *where]
        outcome: Any = dbtRunner(manifest=parsed_project(home)).invoke(command)
    assert outcome.result is not None, outcome.exception
    return {result.node.name: (str(result.status), str(result.message or "")) for result in outcome.result.results}


def _read_seeds_from_their_tables(home: Home) -> None:
    """Give the table of a seed to each unit test that uses the whole seed; dbt writes every cell as a literal.

    These were four fifths of all rows that dbt wrote, and a quarter of the tests' CPU time.
    """
    from dbt.artifacts.resources import UnitTestFormat  # noqa: PLC0415 - as above

    project = parsed_project(home)
    seeds = {f"ref('{node.name}')": node for node in project.nodes.values() if node.resource_type == "seed"}
    rows_of_seed: dict[str, list[dict[str, str | None]]] = {}
    for given in (given for unit_test in project.unit_tests.values() for given in unit_test.given):
        if given.input in seeds and given.format == UnitTestFormat.Dict:
            if given.input not in rows_of_seed:
                path = home.dbt_project / seeds[given.input].original_file_path
                with path.open(encoding="utf-8", newline="") as file:
                    rows_of_seed[given.input] = list(csv.DictReader(file))
            if given.rows == rows_of_seed[given.input]:
                given.format, given.rows = UnitTestFormat.SQL, "select * from {{ this }}"


@contextmanager
def _known_columns() -> Iterator[None]:
    """Let dbt ask for the columns of a relation once, not for each unit test that reads it, which takes a tenth of their time."""
    from dbt.adapters.duckdb.impl import DuckDBAdapter  # noqa: PLC0415 - as above

    columns_by_table: dict[str, list[Any]] = {}
    ask = DuckDBAdapter.get_columns_in_relation

    def columns(adapter: DuckDBAdapter, relation: Any) -> list[Any]:
        name = relation.render()
        if name not in columns_by_table:
            columns_by_table[name] = ask(adapter, relation)
        return columns_by_table[name]

    with mock.patch.object(DuckDBAdapter, "get_columns_in_relation", columns):
        yield


@contextmanager
def _only_what_tests_need() -> Iterator[None]:
    """Let dbt look for the first `with` of SQL among tokens, without a tree of them, and write no file: a quarter of the time."""
    from dbt import compilation  # noqa: PLC0415 - as above

    def tokens(sql: str) -> tuple[Any, ...]:
        return tuple(FilterStack().run(sql))

    with (
        mock.patch.object(compilation.sqlparse, "parse", tokens),
        mock.patch.object(compilation.Compiler, "_write_node", lambda _self, node, **_: node),
    ):
        yield


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted, DO_NOT_TRACK="1")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
