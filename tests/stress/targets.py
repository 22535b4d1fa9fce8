"""The targets of the fuzz campaign: how to make a case of each, and what must hold for every one."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow.parquet as pq
from graphql import OperationType, build_schema, graphql_sync
from starlette.datastructures import QueryParams
from typer.testing import CliRunner

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.contract.registry import ContractError, read_contract
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord, DeliveryStore, deliver
from ingest.errors import DeliveryError
from ingest.readers import delivered_files
from ingest.sample import write_sample
from ingest.typing import accepted_rows
from orchestration.cli.application import application
from orchestration.instance.web.ui_access import (
    Refused,
    operation_of_body,
    operation_of_query_string,
    subscription_message,
)
from tests.e2e.test_queries import QUERIES
from tests.stress.mutations import mutate, reword
from tests.support.shipped import CONTRACT_FILES
from tests.support.visits import CITY_ZONE
from warehouse.sql import literal

NOON = dt.datetime(2025, 12, 1, 12)
HASH_KEY = b"a key for the fuzz campaign, 32 b"
CONTRACTS = {file.stem: file for file in CONTRACT_FILES}
MOST_BYTES = 400_000
CANARY = "Canary of the fuzz campaign"


@dataclass(frozen=True)
class Case:
    """The bytes that are tried, and what is needed to try them again."""

    data: bytes
    about: dict[str, Any] = field(default_factory=dict)


class Target(Protocol):
    """One kind of input."""

    def make(self, pick: random.Random) -> Case:
        """The next case."""

    def check(self, case: Case) -> bool:
        """Try a case; whether it was accepted. Any exception is a finding."""


class Deliveries:
    """Files of the sample city with changed bytes: a delivery, or a message for the steward."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.city = folder, folder / "city"
        write_sample(self.city, rows=1000, seed=23)
        files = sorted(path for path in self.city.glob("*/*") if path.is_file() and path.stat().st_size <= MOST_BYTES)
        self.files = [path for path in files if path.parent.name in CONTRACTS]
        self.contracts = {source: read_contract(CONTRACTS[source]) for source in {p.parent.name for p in self.files}}

    def make(self, pick: random.Random) -> Case:
        file, other = pick.choice(self.files), pick.choice(self.files)
        return Case(mutate(file.read_bytes(), pick, other.read_bytes()), {"source": file.parent.name, "file": file.name})

    def check(self, case: Case) -> bool:
        return self.deliver(self.contracts[case.about["source"]], case) is not None

    def deliver(self, contract: Contract, case: Case) -> Path | None:
        """The batch of a delivery with one file replaced by the case; None if it is refused with a message."""
        inbox, store = self.folder / "inbox", DeliveryStore(self.folder / "store", contract.source)
        for old in (inbox, store.folder):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self.city / case.about["source"], inbox)
        (inbox / case.about["file"]).write_bytes(case.data)
        try:
            record = deliver(contract, open_folder(contract, delivered_files(inbox), inbox), store, HASH_KEY, NOON)
        except DeliveryError as error:
            assert str(error).isprintable(), "the message prints as it is"
            return None
        assert DeliveryRecord.model_validate_json(record.model_dump_json()) == record
        batch = store.batch(record.load_id)
        assert pq.read_metadata(batch).num_rows == record.rows
        return batch


class Contracts(Deliveries):
    """Contracts with changed lines and words: problems with file and line, or a contract that reads its delivery."""

    def make(self, pick: random.Random) -> Case:
        file = pick.choice(self.files)
        text = CONTRACTS[file.parent.name].read_text(encoding="utf-8")
        other = pick.choice(CONTRACT_FILES).read_text(encoding="utf-8")
        return Case(reword(text, pick, other).encode(), {"source": file.parent.name, "file": file.name})

    def check(self, case: Case) -> bool:
        path = self.folder / f"{case.about['source']}.yml"
        path.write_bytes(case.data)
        try:
            contract = read_contract(path)
        except ContractError as error:
            assert error.problems
            assert all(problem.file == path and problem.line >= 1 and problem.message for problem in error.problems)
            return False
        delivered = self.city / case.about["source"] / case.about["file"]
        batch = self.deliver(contract, Case(delivered.read_bytes(), case.about))
        if batch is not None:
            # landing dates the rows of a stock
            snapshot = f", null::date as {SNAPSHOT_ON}" if contract.snapshot else ""
            with duckdb.connect() as con:
                con.execute(f"create view delivered as select *{snapshot} from read_parquet({literal(str(batch))})")
                con.execute(f"select count(*) from ({accepted_rows(contract, 'delivered', CITY_ZONE)})").fetchall()
        return True


class Queries:
    """Statements for `levelground query`: a result or one message, in time, and nothing of any other file."""

    seconds = 5

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        (self.home / "published").mkdir(parents=True, exist_ok=True)
        self.canary = folder / "canary.csv"
        self.canary.write_text(f"a,b\n{CANARY},1\n")
        path = self.home / "published" / "levelground.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as con:
            con.execute("create schema marts; create schema stats; create schema quality")
            con.execute("create table marts.dim_department as select 'd' || range as department, range as n from range(1000)")
            con.execute("create table marts.fct as select date '2025-01-01' + range::int as day, range / 7 as v from range(1000)")
            con.execute("create macro stats.half(x) as x / 2")
        hostile = (
            f"select * from read_csv('{self.canary}')", f"copy marts.fct to '{folder}/stolen.csv'", "install httpfs",
            f"attach '{self.canary}' as x", "pragma enable_logging", "set memory_limit = '99GB'", "load spatial",
            "select repeat('x', 1000000000)", "select count(*) from range(100000000) a, range(100000000) b",
            "select len(range(400000000))", "call pragma_version()", "select getenv('HOME')", "checkpoint",
            "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n", "select 1 as a, 2 as a",
            f"create secret (type s3, key_id '{CANARY}')", f"export database '{folder}/stolen'", "from duckdb_settings()",
            "select 'nan'::double, 'inf'::double, -0.0, '\x1b[2J'", "select * from marts.fct, marts.dim_department",
            "select {'a': [1, null]}, map {'k': 1}, 1::union(n int, s text)", "select uuid(), '1 day'::interval, 'x'::blob",
        )  # fmt: skip
        plain = (
            "select department, n from marts.dim_department where n < 10 order by n", "describe marts.fct", "show all tables",
            "select date_trunc('month', day) as m, count(*), avg(v), stats.half(max(v)) from marts.fct group by all order by 1",
            "select * from marts.fct join marts.dim_department on v = n where day between '2025-01-01' and '2025-03-01'",
            "from marts.fct select day, sum(v) over (order by day rows 6 preceding) limit 20", "summarize marts.fct",
        )  # fmt: skip
        self.seeds = [*hostile, *plain * 6, *(sql for sql, _ in QUERIES.values())]
        self.app = application("query")
        os.chdir(folder)  # relative names in statements would be files here
        self.before = sorted(folder.rglob("*"))
        self.folder = folder

    def make(self, pick: random.Random) -> Case:
        one, other = pick.choice(self.seeds), pick.choice(self.seeds)
        sql = pick.choice(("{0}", "{0}", "select * from ({0}) a, ({1}) b", "with a as ({0}) {1}", "{0}; {1}")).format(one, other)
        sql = reword(sql, pick, other) if pick.random() < 0.5 else sql
        return Case(sql.replace("\x00", "").encode(), {"format": pick.choice(("table", "csv", "json", "parquet"))})

    def check(self, case: Case) -> bool:
        arguments = ["query", "--format", case.about["format"], "--timeout", str(self.seconds), "--", case.data.decode()]
        began = time.monotonic()
        result = CliRunner().invoke(self.app, arguments, env={"LEVELGROUND_HOME": str(self.home)})
        assert time.monotonic() - began < self.seconds + 30, "the time limit holds, also on a busy machine"
        assert result.exit_code in (0, 1, 2), (result.exit_code, result.output[-2000:])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.stderr, result.stderr[-2000:]
        assert CANARY.encode() not in result.stdout_bytes or CANARY in case.data.decode(), "a statement read another file"
        leftover = [path for path in sorted(self.folder.rglob("*")) if path not in self.before and "/home/" not in str(path)]
        assert leftover == [], f"a statement wrote {leftover}"
        return result.exit_code == 0


class Graphql:
    """Requests to the UI's guard: what it passes on as no mutation changes nothing when a server executes it."""

    schema_text = "type Query { a: Int b(x: Int): Query } type Mutation { m: Int } type Subscription { s: Int }"
    seeds = (
        "{ a }", "query Q($x: Int = 1) { b(x: $x) { a } }", "mutation M { m }", "query Q { a } mutation M { m }",
        "fragment f on Query { a } query Q { ...f }", "subscription S { s }", "mutation { m } # query { a }", "{ __typename }",
        "query Q @skip(if: true) { a }", '"""mutation""" query Q { a }', "mutation M { m } fragment g on Mutation { m }",
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.schema, self.changes = build_schema(self.schema_text), 0
        assert self.schema.mutation_type is not None
        self.schema.mutation_type.fields["m"].resolve = self._change

    def _change(self, *_args: Any) -> int:
        self.changes += 1
        return 1

    def make(self, pick: random.Random) -> Case:
        query = reword(pick.choice(self.seeds), pick, pick.choice(self.seeds))
        name = pick.choice((None, None, "Q", "M", "S", "", "absent"))
        how = pick.choice(("json", "graphql", "get", "socket"))
        if how == "json":
            body = json.dumps({"query": query, "operationName": name, "variables": pick.choice((None, {"x": 2}, "{}"))}).encode()
            body = mutate(body, pick) if pick.random() < 0.3 else body
        elif how == "socket":
            body = json.dumps({"type": pick.choice(("start", "stop", "x")), "id": "1", "payload": {"query": query}}).encode()
            body = mutate(body, pick) if pick.random() < 0.3 else body
        else:
            body = query.encode(errors="replace")
        return Case(body, {"how": how, "name": name})

    def check(self, case: Case) -> bool:
        how, name = case.about["how"], case.about["name"]
        try:
            if how == "socket":
                passed = json.loads(subscription_message(case.data.decode(errors="replace")))
                request, found = passed.get("payload"), OperationType.SUBSCRIPTION
                if request is None:
                    return True
            elif how == "get":
                query = case.data.decode(errors="replace")
                body = {"query": query} | ({"operationName": name} if name is not None else {})
                operation = operation_of_query_string(QueryParams(body))
                assert operation is not None
                request, found = {"query": query, "operationName": name}, operation
            else:
                media = "application/json" if how == "json" else "application/graphql"
                found, request = operation_of_body(media, case.data)
        except Refused:
            return False
        before = self.changes
        variables = request.get("variables") if isinstance(request.get("variables"), dict) else None
        graphql_sync(self.schema, request["query"], operation_name=request.get("operationName"), variable_values=variables)
        assert found == OperationType.MUTATION or self.changes == before, "a mutation was passed on as something else"
        return True


TARGETS: dict[str, Callable[[Path], Target]] = {
    "contracts": Contracts,
    "deliveries": Deliveries,
    "queries": Queries,
    "graphql": Graphql,
}
