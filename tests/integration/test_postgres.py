"""A department's PostgreSQL: every kind of value as text, read-only, and what happens when it breaks off."""

from __future__ import annotations

import datetime as dt
import os
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import sqlalchemy as sa

from ingest.connectors import CursorPosition, FetchRequest, Origin, databases, open_live
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.contract_draft import Answers, read_sample
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, deliver
from ingest.errors import DeliveryError
from ingest.landing import LandingTable, ensure_tables, read_cursor
from orchestration.codegen.draft_source import draft_source
from orchestration.codegen.folders import Folders
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunOptions
from orchestration.stewardship.check_delivery import check_delivery
from tests.support import dropped_files
from tests.support.dropped_files import BY_YEAR, SOURCE, records
from tests.support.postgres import Postgres
from tests.support.visits import CITY_ZONE, CONTRACT, HASH_KEY, NOON
from warehouse.metadata import migrate


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.remove()


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    """The server with the schemas desk and public, both empty."""
    for schema in ("desk", "public"):
        server.do(f"drop schema if exists {schema} cascade", f"create schema {schema}")
    server.do("grant usage on schema public to public")
    return server


def contract_of(*columns: dict[str, Any] | str, load: dict[str, Any] | None = None, **keys: Any) -> Contract:
    listed = [{"name": column, "from": column} if isinstance(column, str) else column for column in columns]
    connector = {"kind": "database", "credentials_env": "DPT_URL", **keys}
    changes = {"connector": connector, "columns": listed, "load": load or {"mode": "replace"}}
    return Contract.model_validate(CONTRACT | changes, context=load_vocabulary())


def origin_of(postgres: Postgres, contract: Contract, since: CursorPosition | None = None, user: str = "postgres") -> Origin:
    origin = open_live(contract, FetchRequest({"DPT_URL": postgres.url(user)}, Path(), since))
    assert origin is not None
    return origin


def read(postgres: Postgres, contract: Contract, **how: Any) -> list[tuple[str | None, ...]]:
    (part,) = origin_of(postgres, contract, **how).tables
    with part.read() as opened:
        return [tuple(row.values()) for batch in opened.batches for row in batch.to_pylist()]


@pytest.mark.parametrize("kind", ["table", "view", "materialized view"])
def test_a_table_or_view_of_a_schema(postgres: Postgres, kind: str) -> None:
    postgres.do("create table desk.visits_all (a int, b text)", "insert into desk.visits_all values (1, 'x'), (2, null)")
    postgres.do(f"create {kind} desk.visits as select * from desk.visits_all")
    assert read(postgres, contract_of("a", "b", schema="desk", table="visits")) == [("1", "x"), ("2", None)]
    with pytest.raises(DeliveryError, match="it has no table visits; it has no table"):
        read(postgres, contract_of("a", "b", table="visits"))


@pytest.mark.parametrize(
    "query",
    [
        "select a, b from desk.visits where b like 'x%'",
        "select a, b from desk.visits where b::text = 'x' -- not the :others",
        "select a, b from desk.visits where ' :b' <> '12:30' and b = 'x';",
        "with found as (select * from desk.visits) select a, b from found where b = 'x'",
    ],
)
def test_a_query_is_taken_as_it_is_written(postgres: Postgres, query: str) -> None:
    postgres.do("create table desk.visits (a int, b text)", "insert into desk.visits values (1, 'x'), (2, 'y')")
    assert read(postgres, contract_of("a", "b", query=query)) == [("1", "x")]


VALUES = {
    "timestamptz '2025-07-01 12:00:00.5-05'": "2025-07-01 17:00:00.5+00",
    "timestamp '2025-07-01 12:00:00'": "2025-07-01 12:00:00",
    "date '2025-07-01'": "2025-07-01",
    "time '12:30'": "12:30:00",
    "interval '1 day 2 hours'": "P1DT2H",
    "numeric '12345678901234567890.10'": "12345678901234567890.10",
    "numeric 'NaN'": "NaN",
    "9007199254740993::bigint": "9007199254740993",
    "0.1::float8 + 0.2": "0.30000000000000004",
    "1.10::numeric(6,2)": "1.10",
    "true": "true",
    "array['a', null, 'b c']": '{a,NULL,"b c"}',
    "array[[1, 2], [3, 4]]": "{{1,2},{3,4}}",
    "'{\"a\": 1.10}'::jsonb": '{"a": 1.10}',
    "'\\x4a616e65'::bytea": "\\x4a616e65",
    "'jürgen 🙂'::text": "jürgen 🙂",
    "'ab'::char(5)": "ab",
    "'6f1e9a4e-0000-4000-8000-000000000000'::uuid": "6f1e9a4e-0000-4000-8000-000000000000",
    "'10.0.0.1/8'::inet": "10.0.0.1/8",
    "''": "",
    "null::int": None,
}


def test_every_kind_of_value_is_written_the_same_whatever_the_server_prefers(postgres: Postgres) -> None:
    """This server has its clock in Kathmandu and writes dates in German."""
    columns = {f"c{number}": expression for number, expression in enumerate(VALUES)}
    postgres.do("create table made as select " + ", ".join(f"{expression} as {name}" for name, expression in columns.items()))
    (row,) = read(postgres, contract_of(*columns, table="made"))
    assert dict(zip(VALUES, row, strict=True)) == VALUES


def test_a_column_that_was_dropped_is_missing(postgres: Postgres) -> None:
    postgres.do("create table visits (a int, b text)", "insert into visits values (1, 'x')", "alter table visits drop column b")
    (part,) = origin_of(postgres, contract_of("a", "b", table="visits")).tables
    with part.read() as opened:
        assert opened.header == ("a",)


def test_a_column_that_is_dropped_under_the_reader_is_reported(postgres: Postgres) -> None:
    postgres.do("create table visits (a int, b text)", "insert into visits values (1, 'x')")

    def drop(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM visits" in statement:
            postgres.do("alter table visits drop column if exists b")

    sa.event.listen(sa.Engine, "before_cursor_execute", drop)
    try:
        with pytest.raises(DeliveryError, match=r"visits: the database refused or ended the request \(UndefinedColumn\)"):
            read(postgres, contract_of("a", "b", table="visits"))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", drop)


@pytest.mark.parametrize(
    "query",
    ["with gone as (delete from visits returning *) select a from gone", "select nextval('counter') as a from visits"],
)
def test_a_session_cannot_write(postgres: Postgres, query: str) -> None:
    postgres.do("create table visits (a int)", "insert into visits values (1)", "create sequence counter")
    with pytest.raises(
        DeliveryError, match=r"query: the database refused or ended the request \((ReadOnly|FeatureNot|SyntaxError)"
    ):
        read(postgres, contract_of("a", query=query))
    assert postgres.ask("select * from visits") == [(1,)]
    assert postgres.ask("select is_called from counter") == [(False,)]


def _give_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(databases._settings()["statements"], "postgresql", ["set statement_timeout = 200"])


def test_a_query_that_takes_too_long_is_given_up(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    _give_up_soon(monkeypatch)
    with pytest.raises(DeliveryError, match=r"query: the database refused or ended the request \(QueryCanceled\)"):
        read(postgres, contract_of("a", query="select pg_sleep(30)::text as a"))


def test_a_table_that_is_locked_is_given_up(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    _give_up_soon(monkeypatch)
    postgres.do("create table visits (a int)")
    with psycopg.connect(host="127.0.0.1", port=postgres.port, user="postgres", dbname="postgres") as other:
        other.execute("lock table visits in access exclusive mode")
        with pytest.raises(DeliveryError, match=r"visits: the database refused or ended the request \(QueryCanceled\)"):
            read(postgres, contract_of("a", table="visits"))


@pytest.mark.parametrize("how", ["no right", "no account", "no server"])
def test_what_cannot_be_opened_is_reported_without_its_password(
    postgres: Postgres, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.do("create table visits (a int)", "drop role if exists clerk", "create role clerk login")
    user = "nobody_knows" if how == "no account" else "clerk"
    if how == "no server":
        monkeypatch.setattr(postgres, "port", 9)
    with pytest.raises(DeliveryError, match="visits: the database refused or ended the request") as error:
        read(postgres, contract_of("a", table="visits"), user=user)
    assert "hunter2" not in "".join(traceback.format_exception(error.value))
    remedy = "grant the account" if how == "no right" else "check that the database is up, the account may read it"
    assert remedy in str(error.value)


def test_a_server_that_is_killed_in_mid_fetch_leaves_nothing(server: Postgres, tmp_path: Path) -> None:
    server.do("drop table if exists visits", "create table visits as select i as a from generate_series(1, 200000) i")
    contract, store = contract_of("a", table="visits"), DeliveryStore(tmp_path, "dpt__visits")
    batches: list[int] = []

    def kill_after_the_first(rows: int) -> None:
        if not batches:
            server.kill()
        batches.append(rows)

    try:
        with pytest.raises(DeliveryError, match="the connection was lost while fetching; nothing was ingested; the next run"):
            deliver(contract, origin_of(server, contract), store, HASH_KEY, NOON, DeliveryOptions(progress=kill_after_the_first))
        assert store.records() == () and not list(tmp_path.rglob("*.parquet"))
    finally:
        server.start()
    assert deliver(contract, origin_of(server, contract), store, HASH_KEY, NOON).rows == 200_000


def test_rows_that_are_written_meanwhile_do_not_mix_in(postgres: Postgres) -> None:
    """One statement sees one state, however long it is read."""
    postgres.do("create table visits as select i as a, 'old' as b from generate_series(1, 200000) i")
    (part,) = origin_of(postgres, contract_of("a", "b", table="visits")).tables
    with part.read() as opened:
        first = next(opened.batches)
        writer = threading.Thread(
            target=postgres.do, args=("update visits set b = 'new'", "delete from visits where a > 199000", "vacuum visits")
        )
        writer.start()
        writer.join()
        values = {b for batch in (first, *opened.batches) for b in batch.column(1).to_pylist()}
    assert values == {"old"}


class Department:
    """A table with a composite key and a clock, asked for what is new and landed."""

    def __init__(self, postgres: Postgres, folder: Path, clock: str) -> None:
        self.postgres = postgres
        postgres.do(f"create table cases (office text, number int, note text, changed_at {clock}, primary key (office, number))")
        self.contract = contract_of(
            {"name": "office", "required": True},
            {"name": "number", "type": "integer", "required": True},
            {"name": "note"},
            {"name": "changed_at", "type": "timestamp", "timezone": "America/Chicago" if clock == "timestamp" else None},
            table="cases",
            cursor="changed_at",
            lookback="1 hour",
            load={"mode": "merge", "key": ["office", "number"]},
        )
        self.con = duckdb.connect()
        migrate(self.con)
        ensure_tables(self.con, self.contract, CITY_ZONE)
        self.store = DeliveryStore(folder, "dpt__visits")

    def fetch(self, everything: bool = False) -> DeliveryRecord:
        now = dt.datetime(2026, 1, 1)
        since = None if everything else read_cursor(self.con, self.contract, CITY_ZONE, now)
        origin = origin_of(self.postgres, self.contract, since)
        receipt = deliver(self.contract, origin, self.store, HASH_KEY, NOON, DeliveryOptions(live=True, since=since))
        LandingTable(self.con, self.contract, self.store, CITY_ZONE).promote(receipt, run_id="run", now=NOON)
        return receipt

    def landed(self) -> list[Any]:
        return self.con.execute("select office, number, note from typed.dpt__visits order by all").fetchall()


@pytest.mark.parametrize("clock", ["timestamp", "timestamptz"])
def test_what_is_new_is_merged_by_a_composite_key(postgres: Postgres, tmp_path: Path, clock: str) -> None:
    city = "set time zone 'America/Chicago'; "
    department = Department(postgres, tmp_path, clock)
    postgres.do(
        city + "insert into cases values ('a', 1, 'x', '2025-07-01 09:00'), ('a', 2, 'x', '2025-07-01 11:30'), "
        "('b', 1, 'x', null), ('b', 2, 'x', '2025-07-01 12:00')"
    )
    first = department.fetch()
    assert (first.rows, first.whole, first.since) == (4, True, None)
    postgres.do(
        city + "update cases set note = 'corrected', changed_at = '2025-07-01 13:00' where office = 'a' and number = 1",
        city + "insert into cases values ('c', 1, 'late', '2025-07-01 11:15')",
        "delete from cases where office = 'a' and number = 2",
    )
    second = department.fetch()
    assert (second.whole, second.since) == (False, "2025-07-01 11:00:00")
    # from the look-back on, and what has no time
    assert second.rows == 4
    assert department.landed() == [("a", 1, "corrected"), ("a", 2, "x"), ("b", 1, "x"), ("b", 2, "x"), ("c", 1, "late")]
    third = department.fetch(everything=True)
    assert (third.rows, third.whole) == (4, True)
    assert ("a", 2, "x") not in department.landed()
    assert len(department.landed()) == 4


def test_a_drafted_table_is_fetched_next_to_dropped_files(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.do("create table desk.permits (permit_id int primary key, issued_at timestamptz, fee numeric(8, 2))")
    postgres.do("insert into desk.permits select n, '2025-11-01 02:30+00', n / 4.0 from generate_series(1, 40) as each(n)")
    monkeypatch.setenv("DPT_URL", postgres.url())
    department = dropped_files.Department(tmp_path, monkeypatch, BY_YEAR)
    department.delivers(b_2023=records(2023, 3))
    folders = Folders.of_layer(tmp_path)
    delivered = read_sample("DPT_URL", os.environ, table="desk.permits")
    drafted = draft_source(department.settings, "dpt__permits", delivered, folders, Answers("open_data", "record"))
    assert drafted.contract == tmp_path / "sources" / "dpt__permits.yml"
    assert check_delivery(department.settings, "dpt__permits", None).result == "fits its contract"
    with open_run(department.settings, RunOptions(as_of="2025-12-01"), "run") as run:
        found = [ingest_source(run, run.location.registry[source])[0].verdict for source in (SOURCE, "dpt__permits")]
        assert found == ["landed_only"] * 2
        total = run.con.execute("select count(*), sum(fee), min(issued_at) from typed.dpt__permits").fetchone()
        assert total == (40, 205, dt.datetime(2025, 10, 31, 21, 30)), "an instant becomes the wall clock of the city"
        assert run.con.execute(f"select k from typed.{SOURCE}").fetchall() == [("3",)]
        run.end("unchanged")
