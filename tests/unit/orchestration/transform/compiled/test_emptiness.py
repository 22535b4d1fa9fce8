"""When a model has no row because what it reads has none: each condition is compared with what DuckDB finds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import duckdb
import pytest

from orchestration.transform.compiled.emptiness import NEVER, aggregate_functions, empty_if, is_met

A, B, C = "db.main.a", "db.main.b", "db.main.c"
# the SQL, and the sets of empty tables of which it follows that there is no row
QUERIES = {
    "a table": (f"select * from {A}", "a ab ac abc"),
    "a filter": (f"select id + 1 from {A} where id > 1 order by id limit 3", "a ab ac abc"),
    "an inner join": (f"select * from {A} as a inner join {B} as b on a.id = b.id", "a b ab ac bc abc"),
    "a comma": (f"select * from {A} as a, {B} as b", "a b ab ac bc abc"),
    "a left join": (f"select * from {A} as a left join {B} as b on a.id = b.id", "a ab ac abc"),
    "a right join": (f"select * from {A} as a right join {B} as b on a.id = b.id", "b ab bc abc"),
    "a full join": (f"select * from {A} as a full join {B} as b on a.id = b.id", "ab abc"),
    "a semi join": (f"select * from {A} as a semi join {B} as b on a.id = b.id", "a b ab ac bc abc"),
    "an anti join": (f"select * from {A} as a anti join {B} as b on a.id = b.id", "a ab ac abc"),
    "two joins": (f"select a.id from {A} as a left join {B} as b using (id) cross join {C} as c", "a c ab ac bc abc"),
    "a union": (f"select id from {A} union all by name select id from {B}", "ab abc"),
    "what is not in another": (f"select id from {A} except select id from {B}", "a ab ac abc"),
    "what is in both": (f"select id from {A} intersect select id from {B}", "a b ab ac bc abc"),
    "a union with nothing": (f"select 1 as id where false union all select id from {A}", "a ab ac abc"),
    "common table expressions": (
        f"with x as (select * from {A}), y as (select * from x) select * from y, {B}",
        "a b ab ac bc abc",
    ),
    "one that hides a table": (f"with a as (select * from {B}) select * from a", "b ab bc abc"),
    "one that reads itself": (f"with recursive r as (select id from {A} union all select id + 1 from r where id < 3) from r", ""),
    "a subquery": (f"select * from (select id from {A}) as x", "a ab ac abc"),
    "an aggregate": (f"select count(*) as n from {A}", ""),
    "an aggregate of ours": (f"select double_of(id) as n from {A}", ""),
    "an aggregate in a condition": (f"select 1 as n from {A} having count(*) = 0", ""),
    "groups": (f"select id, count(*) from {A} group by id", "a ab ac abc"),
    "all groups": (f"select id, count(*) from {A} group by all", "a ab ac abc"),
    "all groups without one": (f"select count(*), max(id) from {A} group by all", ""),
    "sets of groups": (f"select id, count(*) from {A} group by grouping sets ((id), ())", ""),
    "a window": (f"select max(id) filter (where id > 0) over (partition by id) from {A}", "a ab ac abc"),
    "a window over an aggregate": (f"select sum(count(*)) over () from {A}", ""),
    "a window by an aggregate": (f"select row_number() over (order by count(*)) from {A}", ""),
    "an aggregate of another query": (f"select id, (select count(*) from {B}) from {A}", "a ab ac abc"),
    "columns as rows": (f"select * from (unpivot {A} on id into name column_name value number)", "a ab ac abc"),
    "values": ("select * from (values (1)) as x (id)", ""),
    "nothing to read": ("select 1 as id", ""),
    "elements of lists": (f"select unnest([1, 2]) from {A}", "a ab ac abc"),
    "rows by position": (f"select * from {A} positional join {B}", ""),
    "a function": (f"select * from range(3) cross join {A}", "a ab ac abc"),
}


@pytest.fixture(scope="module")
def con() -> Iterator[Any]:
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as db")
        con.execute("create macro double_of(x) as 2 * sum(x)")
        yield con


@pytest.mark.parametrize(("sql", "expected"), QUERIES.values(), ids=QUERIES)
def test_a_query_is_empty_exactly_if_its_condition_says_so(con: Any, sql: str, expected: str) -> None:
    condition = empty_if(sql, aggregate_functions(con))
    sets = {"".join(name for name, chosen in zip("abc", each, strict=True) if chosen) for each in product((0, 1), repeat=3)}
    assert {names for names in sets if is_met(condition, {f"db.main.{name}" for name in names})} == set(expected.split())
    for names in expected.split():
        for name in "abc":
            con.execute(f"create or replace table db.main.{name} as select i as id from range({0 if name in names else 2}) r(i)")
        assert con.execute(f"select count(*) from ({sql})").fetchone() == (0,), names


def test_what_is_not_understood_is_never_proven() -> None:
    for sql in ("pivot db.main.a on id using count(*)", "select * from read_csv('x.csv')", "summarize db.main.a"):
        assert empty_if(sql, ()) == NEVER
