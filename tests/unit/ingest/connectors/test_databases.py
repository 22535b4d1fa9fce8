"""A department's database: which table, what is asked for and what is not, and errors that contain no secret and no value."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ingest.connectors import FetchRequest, Origin, open_live
from ingest.contract import Contract
from ingest.errors import DeliveryError

MakeContract = Callable[..., Contract]
CANARY = "Jane Q. Canary"
STAFF = ("create table staff (A text, B real, phone text)", f"insert into staff values ('1', 1.5, '{CANARY}'), (null, 2, null)")
COLUMNS = [
    {"name": "a", "from": "A"},
    {"name": "b", "from": "B", "type": "decimal"},
    {"name": "phone", "privacy": "direct_identifier"},
]


def connector(**keys: Any) -> dict[str, Any]:
    return {"connector": {"kind": "database", "credentials_env": "DPT_URL", **keys}, "columns": COLUMNS}


def sqlite_bytes(folder: Path, *statements: str) -> bytes:
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.fixture
def make_database(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The bytes of a SQLite file after some statements."""
    return lambda *statements: sqlite_bytes(tmp_path_factory.mktemp("made"), *statements)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that SQLAlchemy sends to a database."""
    sent: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    yield sent
    sa.event.remove(sa.Engine, "before_cursor_execute", listen)


@pytest.mark.parametrize(
    "name", ["staff.sqlite", "staff", "of 2025 #1.db", "50%20.db", "staff?.db", "stäff.db", "a&b=c.db", "staff.csv"]
)
def test_a_sqlite_file_is_asked_as_the_database_that_it_is(make_database: Any, read_file: Any, name: str) -> None:
    (table,) = read_file(make_database(*STAFF), name=name, **connector(table="staff"))
    assert (table.name, table.rows) == (name, [("1", "1.5"), (None, "2.0")])
    assert (table.missing, table.unknown) == ((), ())


def test_a_dropped_identifier_is_never_asked_for(make_database: Any, read_file: Any, statements: list[str]) -> None:
    read_file(make_database(*STAFF), name="staff.db", **connector(table="staff"))
    (query,) = [statement for statement in statements if "FROM staff" in statement]
    assert '"A"' in query and '"B"' in query
    assert not any("phone" in statement for statement in statements if statement.lower().startswith("select"))


def test_a_hashed_identifier_and_no_unknown_column_is_asked_for(
    make_database: Any, read_file: Any, statements: list[str]
) -> None:
    keys = connector(table="staff")
    keys["columns"] = [COLUMNS[0], {"name": "phone", "privacy": "direct_identifier", "keep": "hash"}]
    (table,) = read_file(make_database(*STAFF), name="staff.db", **keys)
    (query,) = [statement for statement in statements if "FROM staff" in statement]
    assert "phone" in query and '"B"' not in query
    assert table.unknown == ("B",)
    assert CANARY not in str(table.rows)


def test_every_value_comes_as_text(make_database: Any, read_file: Any) -> None:
    values = "(7, 0.1), ('007', '1.10'), ('soon', 'Jané'), (x'41', 10000000000)"
    data = make_database("create table staff (A, B)", f"insert into staff values {values}")
    (table,) = read_file(data, name="staff.db", **connector(table="staff"))
    assert table.rows == [("7", "0.1"), ("007", "1.10"), ("soon", "Jané"), ("A", "10000000000")]
    assert table.missing == ("phone",)


def test_many_rows_come_in_batches(make_database: Any, read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.connectors.databases.BATCH_ROWS", 10)
    rows = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 45) insert into staff select i, i from n"
    (table,) = read_file(
        make_database("create table staff (A integer, B integer)", rows), name="staff.db", **connector(table="staff")
    )
    assert table.rows == [(str(i), str(i)) for i in range(1, 46)]
    assert table.numbers == list(range(1, 46))


def test_names_with_quotes_and_spaces_are_quoted(make_database: Any, read_file: Any) -> None:
    data = make_database(
        'create table "the ""staff"" list" (" A " text, "B" text)', 'insert into "the ""staff"" list" values (\'1\', \'2\')'
    )
    (table,) = read_file(data, name="staff.db", **connector(table='the "staff" list'))
    assert table.rows == [("1", "2")]


def test_the_only_table_needs_no_name(make_database: Any, read_file: Any) -> None:
    (table,) = read_file(make_database(*STAFF), name="staff.db", **connector(query="select * from somewhere"))
    assert table.rows == [("1", "1.5"), (None, "2.0")]


@pytest.mark.parametrize(
    ("tables", "contract", "message"),
    [
        (["other"], connector(table="staff"), "it has no table staff; it has other; correct connector.table"),
        (
            ["one", "two"],
            connector(query="select * from somewhere"),
            "the contract names no table of several; it has one, two; correct connector.table",
        ),
        ([], connector(table="staff"), "it has no table staff; it has no table; correct connector.table"),
    ],
)
def test_a_table_that_does_not_exist_is_reported(
    make_database: Any, read_file: Any, tables: list[str], contract: Any, message: str
) -> None:
    data = make_database("create table gone (A text)", "drop table gone", *(f"create table {name} (A text)" for name in tables))
    with pytest.raises(DeliveryError) as error:
        read_file(data, name="staff.db", **contract)
    assert str(error.value).startswith(f"dpt__visits: staff.db: {message}")


@pytest.mark.parametrize("size", [3000, 9000])
def test_a_damaged_file_is_reported_without_quoting_it(make_database: Any, read_file: Any, size: int) -> None:
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 900)"
    rows = f"{numbers} insert into staff select i, '{CANARY}' from n"
    data = make_database("create table staff (A text, B text)", rows)
    with pytest.raises(DeliveryError, match=r"staff\.db: the database refused or ended the request \(DatabaseError\)") as error:
        read_file(data[:size] + b"x" * 5000, name="staff.db", **connector(table="staff"))
    assert "Canary" not in "".join(traceback.format_exception(error.value))


def test_a_value_that_is_no_text_is_reported_without_quoting_it(make_database: Any, read_file: Any) -> None:
    data = make_database("create table staff (A blob, B text)", "insert into staff values (x'4a616e65ff', 'x')")
    with pytest.raises(DeliveryError, match=r"staff\.db: ") as error:
        read_file(data, name="staff.db", **connector(table="staff"))
    assert "Jane" not in "".join(traceback.format_exception(error.value))


def test_bytes_of_a_driver_that_are_no_text_are_reported(make_database: Any, read_file: Any) -> None:
    def as_bytes(connection: Any, _record: object) -> None:
        connection.text_factory = lambda raw: raw if b"\xff" in raw else raw.decode()

    sa.event.listen(sa.Engine, "connect", as_bytes)
    try:
        data = make_database("create table staff (A blob, B text)", "insert into staff values (x'4a616e65ff', 'x')")
        with pytest.raises(
            DeliveryError, match=r"staff\.db: a value cannot be read as text; cast it in the database, or read it"
        ) as error:
            read_file(data, name="staff.db", **connector(table="staff"))
    finally:
        sa.event.remove(sa.Engine, "connect", as_bytes)
    assert error.value.__suppress_context__


@pytest.fixture
def url(tmp_path: Path, make_database: Any) -> str:
    path = tmp_path / "live.db"
    path.write_bytes(make_database(*STAFF))
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    ("keys", "name", "rows"),
    [
        ({"table": "staff"}, "staff", [("1", "1.5"), (None, "2.0")]),
        ({"table": "staff", "schema": "main"}, "staff", [("1", "1.5"), (None, "2.0")]),
        ({"query": "select A, B + 1 as B, 5 as more from staff where A is not null"}, "query", [("1", "2.5")]),
    ],
)
def test_a_live_table_or_query(
    make_contract: MakeContract, read_origin: Any, url: str, keys: dict[str, str], name: str, rows: list[Any]
) -> None:
    contract = make_contract(**connector(**keys))
    origin = open_live(contract, FetchRequest({"DPT_URL": url}, Path()))
    assert origin is not None and origin.file_hashes == {}
    (table,) = read_origin(contract, origin)
    assert (table.name, table.rows) == (name, rows)


def test_an_unset_variable_is_named(make_contract: MakeContract) -> None:
    for environment in ({}, {"DPT_URL": ""}):
        with pytest.raises(DeliveryError, match="dpt__visits: staff: DPT_URL is not set; set DPT_URL to the SQLAlchemy URL of"):
            open_live(make_contract(**connector(table="staff")), FetchRequest(environment, Path()))


@pytest.mark.parametrize(
    "secret",
    [
        "hunter2",
        "postgresql://desk:hunter2@db.example:port/staff",
        "nosuch+driver://desk:hunter2@db.example/staff",
        "oracle://desk:hunter2@db.example/staff",
        "sqlite:////nowhere/hunter2/staff.db",
        "sqlite://hunter2:password@host/x",
    ],
)
def test_a_bad_url_is_reported_without_its_password(make_contract: MakeContract, read_origin: Any, secret: str) -> None:
    contract = make_contract(**connector(table="staff"))

    def read() -> None:
        origin: Origin | None = open_live(contract, FetchRequest({"DPT_URL": secret}, Path()))
        assert origin is not None
        read_origin(contract, origin)

    with pytest.raises(DeliveryError, match="dpt__visits: ") as error:
        read()
    assert "hunter2" not in str(error.value)
    assert "DPT_URL" in str(error.value) or "check that the database is up" in str(error.value)
    assert error.value.__suppress_context__


@pytest.mark.parametrize("query", ["select A from nowhere", "select A, from staff", f"select '{CANARY}' as A from nowhere"])
def test_a_bad_query_is_reported_without_quoting_it(make_contract: MakeContract, read_origin: Any, url: str, query: str) -> None:
    contract = make_contract(**connector(query=query))
    origin = open_live(contract, FetchRequest({"DPT_URL": url}, Path()))
    with pytest.raises(
        DeliveryError, match=r"query: the database refused or ended the request \(OperationalError\); check"
    ) as error:
        read_origin(contract, origin)
    assert "Canary" not in "".join(traceback.format_exception(error.value))


def test_a_connection_lost_in_mid_fetch_is_reported(make_contract: MakeContract, url: str) -> None:
    contract = make_contract(**connector(query="select A, abs(-9223372036854775808) as B from staff"))
    origin = open_live(contract, FetchRequest({"DPT_URL": url}, Path()))
    assert origin is not None
    with (
        origin.tables[0].read() as opened,
        pytest.raises(
            DeliveryError, match="the connection was lost while fetching; nothing was ingested; the next run fetches again"
        ),
    ):
        list(opened.batches)
