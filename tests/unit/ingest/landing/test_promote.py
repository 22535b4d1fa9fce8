"""A batch taken into landing by each load mode: what it replaces, what it loses, and that a second time changes nothing."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ingest.contract import Contract
from ingest.delivery import AcceptedLoad
from ingest.landing import apply_load
from ingest.landing.loads import contract_fingerprint

MakeContract = Callable[..., Contract]
COLUMNS = [
    {"name": "k", "type": "integer"},
    {"name": "d", "type": "date", "formats": ["%m/%d/%Y", "%Y-%m-%d"], "required": True},
    {"name": "v"},
]
LOADS: dict[str, dict[str, Any]] = {
    "replace": {"mode": "replace"},
    "merge": {"mode": "merge", "key": ["k"]},
    "replace_period": {"mode": "replace_period", "period_column": "d", "period": "day"},
    "replace_partition": {"mode": "replace_partition", "partition_by": ["d"]},
    "append": {"mode": "append"},
}


@pytest.fixture
def contract_of(make_contract: MakeContract) -> Callable[..., Contract]:
    """A contract of a load mode, with other load keys."""
    return lambda mode, **load: make_contract(columns=COLUMNS, load=LOADS[mode] | load)


def rows(*records: str) -> str:
    return "\n".join(["k,d,v", *records, ""])


def counted(promotion: AcceptedLoad) -> tuple[int, int, int, int, int]:
    """Delivered, blank, duplicate, rejected, landed."""
    p = promotion
    return p.rows_delivered, p.rows_blank, p.rows_duplicate, p.rows_rejected, p.rows_in_landing


OLD = rows("1,2025-01-01,a", "2,2025-01-02,b", "3,2025-01-04,c")
NEW = rows("2,2025-01-02,B", "4,2025-01-03,D")
LEFT = {
    "replace": [("2", "B"), ("4", "D")],
    "merge": [("1", "a"), ("2", "B"), ("3", "c"), ("4", "D")],
    "replace_period": [("1", "a"), ("2", "B"), ("3", "c"), ("4", "D")],
    "replace_partition": [("1", "a"), ("2", "B"), ("3", "c"), ("4", "D")],
    "append": [("1", "a"), ("2", "B"), ("2", "b"), ("3", "c"), ("4", "D")],
}


@pytest.mark.parametrize("mode", LOADS)
def test_each_mode_replaces_its_own_rows(warehouse: Any, contract_of: Callable[..., Contract], mode: str) -> None:
    contract = contract_of(mode)
    assert counted(warehouse.take(contract, {"f.csv": OLD})) == (3, 0, 0, 0, 3)
    assert counted(warehouse.take(contract, {"f.csv": NEW})) == (2, 0, 0, 0, 2)
    assert warehouse.rows("k, v") == LEFT[mode]


@pytest.mark.parametrize("duplicates", ["keep", "drop_exact"])
@pytest.mark.parametrize("mode", LOADS)
def test_the_same_delivery_twice_changes_nothing(
    warehouse: Any, contract_of: Callable[..., Contract], mode: str, duplicates: str
) -> None:
    contract = contract_of(mode, duplicates=duplicates)
    warehouse.take(contract, {"f.csv": OLD})
    twice = {"f.csv": rows("2,2025-01-02,B", "2,2025-01-02,B", ",,", "x,never,D"), "g.csv": rows("2,2025-01-02,C")}
    first = warehouse.take(contract, twice)
    landed, ledger = warehouse.rows("*"), warehouse.con.execute("select * from intake.loads order by all").fetchall()
    rejected = warehouse.con.execute("select * from intake.rejected_rows order by all").fetchall()
    assert warehouse.take(contract, twice) == first
    assert warehouse.rows("*") == landed
    assert warehouse.con.execute("select * from intake.loads order by all").fetchall() == ledger
    assert warehouse.con.execute("select * from intake.rejected_rows order by all").fetchall() == rejected


@pytest.mark.parametrize("mode", LOADS)
def test_an_earlier_state_that_is_delivered_again_wins(warehouse: Any, contract_of: Callable[..., Contract], mode: str) -> None:
    contract = contract_of(mode)
    a, b = rows("1,2025-01-01,a", "2,2025-01-02,b"), rows("1,2025-01-01,A")
    for text in (a, b, a):
        warehouse.take(contract, {"f.csv": text})
    remaining = {"append": [("1", "A"), ("1", "a"), ("2", "b")]}.get(mode, [("1", "a"), ("2", "b")])
    assert warehouse.rows("k, v") == remaining
    (first, second) = sorted(warehouse.store.records(), key=lambda receipt: receipt.rows)
    for receipt in (first, second):
        assert min(vars(warehouse.counts(contract, receipt.load_id)).values()) >= 0
    assert warehouse.counts(contract, second.load_id).staged == 2


def test_merge_takes_the_last_row_of_a_key_in_a_batch(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    files = {"b.csv": rows("1,,first in b", "2,,only in b"), "a.csv": rows("1,,a", "1,,A"), "c.csv": rows("3,,c", "1,,last in c")}
    promotion = warehouse.take(contract_of("merge"), files)
    assert warehouse.rows("k, v") == [("1", "last in c"), ("2", "only in b"), ("3", "c")]
    assert counted(promotion) == (6, 0, 0, 0, 3)


@pytest.mark.parametrize(
    ("records", "winner"),
    [
        (["1,2025-01-02,later", "1,2025-01-01,earlier"], "later"),
        (["1,1/2/2025,later", "1,2025-01-01,earlier"], "later"),
        (["1,2025-01-01,first", "1,2025-01-01,second"], "second"),
        (["1,2025-01-01,dated", "1,,without a date"], "dated"),
        (["1,2025-01-01,dated", "1,soon,without a usable date"], "dated"),
    ],
)
def test_order_by_decides_which_row_is_the_last_one(
    warehouse: Any, contract_of: Callable[..., Contract], records: list[str], winner: str
) -> None:
    warehouse.take(contract_of("merge", order_by=["d"]), {"f.csv": rows(*records)})
    assert warehouse.rows("v") == [(winner,)]


def test_order_by_may_fall_back_on_the_place_in_the_file(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    records = rows("1,2025-01-01,first", "1,2025-01-01,second")
    warehouse.take(contract_of("merge", order_by=["d", "_source_row"]), {"f.csv": records})
    assert warehouse.rows("v") == [("second",)]


def test_keys_are_the_same_when_they_mean_the_same(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(columns=COLUMNS, load={"mode": "merge", "key": ["k", "d"]})
    warehouse.take(contract, {"f.csv": rows("1,2025-01-02,a", "01,2025-01-02,b", "2,2025-01-02,c")})
    warehouse.take(contract, {"f.csv": rows(" 1.0 ,1/2/2025,d")})
    assert warehouse.rows("v") == [("c",), ("d",)]


@pytest.mark.parametrize("key", [["k"], ["k", "v"]])
def test_merge_of_one_and_of_several_key_columns(warehouse: Any, make_contract: MakeContract, key: list[str]) -> None:
    contract = make_contract(columns=COLUMNS, load={"mode": "merge", "key": key})
    warehouse.take(contract, {"f.csv": rows("1,2025-01-01,a", "1,2025-01-01,b")})
    warehouse.take(contract, {"f.csv": rows("1,2025-01-02,b")})
    remaining = {1: [("2025-01-02", "b")], 2: [("2025-01-01", "a"), ("2025-01-02", "b")]}
    assert warehouse.rows("d, v") == remaining[len(key)]


@pytest.mark.parametrize(
    ("period", "remaining"),
    [
        ("day", ["2024-12-31", "2025-01-01", "2025-01-31", "2025-02-28", "2025-04-01"]),
        ("month", ["2024-12-31", "2025-01-31", "2025-02-28", "2025-04-01"]),
        ("quarter", ["2024-12-31", "2025-01-31", "2025-02-28", "2025-04-01"]),
        ("year", ["2024-12-31", "2025-01-31", "2025-02-28"]),
    ],
)
def test_replace_period_empties_every_period_inside_its_span(
    warehouse: Any, contract_of: Callable[..., Contract], period: str, remaining: list[str]
) -> None:
    """The batch has no row in the days and weeks between its first and its last period: they are emptied with the rest."""
    contract = contract_of("replace_period", period=period)
    days = ["2024-12-31", "2025-01-01", "2025-02-01", "2025-02-15", "2025-02-27", "2025-04-01"]
    warehouse.take(contract, {"f.csv": rows(*(f"1,{day},old" for day in days))})
    warehouse.take(contract, {"f.csv": rows("1,2025-02-28,new", "1,2025-01-31,new")})
    assert [day for (day,) in warehouse.rows("d")] == remaining


def test_replace_period_of_nothing_empties_nothing(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of("replace_period")
    warehouse.take(contract, {"f.csv": OLD})
    warehouse.take(contract, {"f.csv": rows(",,", "5,soon,e")})
    assert len(warehouse.rows("k")) == 3


def test_replace_period_reads_its_column_on_the_citys_clock(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(
        columns=[{"name": "at", "type": "timestamp", "timezone": "UTC"}, {"name": "v"}],
        load={"mode": "replace_period", "period_column": "at", "period": "day"},
    )
    warehouse.take(contract, {"f.csv": "at,v\n2025-01-02 03:00:00,Jan 1 in Chicago\n2025-01-02 12:00:00,Jan 2\n"})
    warehouse.take(contract, {"f.csv": "at,v\n2025-01-02 23:00:00,Jan 2 again\n"})
    assert [value for (_, value) in warehouse.rows('"at", v')] == ["Jan 1 in Chicago", "Jan 2 again"]


def test_replace_period_with_a_key_moves_a_record_to_its_new_day(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of("replace_period", key=["k"])
    warehouse.take(contract, {"f.csv": rows("1,2025-01-01,old", "2,2025-01-01,stays")})
    warehouse.take(contract, {"f.csv": rows("1,2025-01-05,moved", "1,2025-01-06,moved again")})
    assert warehouse.rows("k, d, v") == [("1", "2025-01-06", "moved again"), ("2", "2025-01-01", "stays")]


def test_append_takes_each_file_once(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of("append")
    a, b, c = (rows(f"{n},2025-01-01,{n}", f"{n},2025-01-01,{n}") for n in (1, 2, 3))
    assert counted(warehouse.take(contract, {"a.csv": a, "b.csv": b})) == (4, 0, 0, 0, 4)
    assert counted(warehouse.take(contract, {"b again.csv": b, "c.csv": c})) == (4, 0, 2, 0, 2)
    assert [key for (key,) in warehouse.rows("k")] == ["1", "1", "2", "2", "3", "3"]


def test_append_takes_two_equal_files_of_one_delivery_once(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    text = rows("1,2025-01-01,a", "1,2025-01-01,a")
    assert counted(warehouse.take(contract_of("append"), {"a.csv": text, "b.csv": text, "c.csv": rows("2,,")})) == (5, 0, 2, 0, 3)
    assert warehouse.rows("k, _source_file") == [("1", "a.csv"), ("1", "a.csv"), ("2", "c.csv")]


def test_append_takes_every_member_of_an_archive(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    def zipped(**members: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in members.items():
                archive.writestr(zipfile.ZipInfo(f"{name}.csv"), text)
        return buffer.getvalue()

    contract, both = contract_of("append"), zipped(a=rows("1,,a"), b=rows("2,,b"))
    assert counted(warehouse.take(contract, {"x.zip": both})) == (2, 0, 0, 0, 2)
    assert counted(warehouse.take(contract, {"y.zip": both, "z.csv": rows("3,,c")})) == (3, 0, 2, 0, 1)
    assert warehouse.rows("k") == [("1",), ("2",), ("3",)]


def test_append_remembers_a_file_of_which_nothing_landed(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    """All of a.csv repeats b.csv; alone, later, it is still a file that was taken."""
    contract = contract_of("append", duplicates="drop_exact")
    a, b = rows("1,,a"), rows("1,,a", "2,,b")
    warehouse.take(contract, {"a.csv": a, "b.csv": b})
    warehouse.take(contract, {"a.csv": a})
    assert warehouse.rows("k, _source_file") == [("1", "b.csv"), ("2", "b.csv")]


def test_append_takes_a_file_anew_under_a_changed_contract(warehouse: Any, make_contract: MakeContract) -> None:
    old = make_contract(columns=COLUMNS[:2], load=LOADS["append"])
    new = make_contract(columns=COLUMNS, load=LOADS["append"])
    a, b = rows("1,,a"), rows("2,,b")
    first = warehouse.deliver(old, {"a.csv": a, "b.csv": b})
    warehouse.promote(old, first)
    assert counted(warehouse.take(new, {"a.csv": a})) == (1, 0, 0, 0, 1)
    assert warehouse.rows("k, v") == [("1", "a"), ("2", None)]
    assert warehouse.counts(old, first.load_id).superseded == 1
    assert counted(warehouse.take(new, {"a.csv": a, "c.csv": rows("3,,c")})) == (2, 0, 1, 0, 1)
    assert warehouse.rows("k, v") == [("1", "a"), ("2", None), ("3", "c")]


def test_a_database_appends_each_of_its_states(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    """Rows of a database have no bytes: two states of it are two files."""
    contract = contract_of("append")
    for text in (rows("1,,a"), rows("1,,a", "2,,b")):
        receipt = warehouse.deliver(contract, {"f.csv": text})
        (file,) = receipt.files
        object.__setattr__(file, "sha256", None)
        warehouse.promote(contract, receipt)
        warehouse.promote(contract, receipt)
    assert warehouse.rows("k") == [("1",), ("1",), ("2",)]


@pytest.mark.parametrize(
    ("duplicates", "remaining"),
    [("keep", [("a", 1), ("a", 3), ("b", 2)]), ("drop_exact", [("a", 3), ("b", 2)])],
)
def test_exact_duplicates_leave_their_last_occurrence(
    warehouse: Any, contract_of: Callable[..., Contract], duplicates: str, remaining: list[tuple[str, int]]
) -> None:
    promotion = warehouse.take(contract_of("replace", duplicates=duplicates), {"f.csv": rows("1,,a", "1,,b", "1,,a")})
    assert warehouse.rows("v, _source_row") == remaining
    assert promotion.rows_duplicate == 3 - len(remaining)


def test_a_state_that_returned_is_the_last_one(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    """A, B, A: dropping the second A as a repetition of the first would leave B."""
    promotion = warehouse.take(contract_of("merge", duplicates="drop_exact"), {"f.csv": rows("1,,a", "1,,b", "1,,a")})
    assert warehouse.rows("v") == [("a",)]
    assert counted(promotion) == (3, 0, 1, 0, 1)


def test_rows_with_the_same_hash_are_compared(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    """DuckDB's hash has collisions: here all rows have one."""
    warehouse.con.execute("create macro hash(a) as 1, (a, b, c) as 1")
    text = rows("1,,a", "1,,b", "2,,b", "1,,b", "3,,c")
    assert counted(warehouse.take(contract_of("merge", duplicates="drop_exact"), {"f.csv": text})) == (5, 0, 1, 0, 3)
    assert warehouse.rows("k, v") == [("1", "b"), ("2", "b"), ("3", "c")]


def test_rows_that_differ_in_anything_are_no_duplicates(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    promotion = warehouse.take(
        contract_of("replace", duplicates="drop_exact"), {"f.csv": rows("1,,a", "1.0,,a", "1,,a ", "1,,A")}
    )
    assert counted(promotion) == (4, 0, 0, 0, 4)


def test_blank_rows_are_counted_first(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    text = rows(",,", " ,  ,", ",,", "1,,", "1,,")
    assert counted(warehouse.take(contract_of("merge", duplicates="drop_exact"), {"f.csv": text})) == (5, 3, 1, 0, 1)


@pytest.mark.parametrize(
    ("mode", "bad"), [("merge", ",2025-01-01,x"), ("merge", "one,2025-01-01,x"), ("replace_period", "1,soon,x")]
)
def test_a_row_without_a_usable_key_or_period_is_rejected(
    warehouse: Any, contract_of: Callable[..., Contract], mode: str, bad: str
) -> None:
    assert counted(warehouse.take(contract_of(mode), {"f.csv": rows(bad, "2,2025-01-02,y")})) == (2, 0, 0, 1, 1)
    (rejected,) = warehouse.con.execute('select "column", source_file, source_row from intake.rejected_rows').fetchall()
    assert rejected == ("k" if mode == "merge" else "d", "f.csv", 1)


@pytest.mark.parametrize("mode", ["replace", "append"])
def test_a_mode_without_key_or_period_rejects_nothing(warehouse: Any, contract_of: Callable[..., Contract], mode: str) -> None:
    assert counted(warehouse.take(contract_of(mode), {"f.csv": rows("one,soon,x")})) == (1, 0, 0, 0, 1)


def test_a_contract_with_a_new_column_takes_it_from_then_on(warehouse: Any, make_contract: MakeContract) -> None:
    load = LOADS["merge"]
    warehouse.take(make_contract(columns=COLUMNS[:2], load=load), {"f.csv": rows("1,2025-01-01,a", "2,2025-01-01,b")})
    warehouse.take(make_contract(columns=COLUMNS, load=load), {"f.csv": rows("2,2025-01-02,B")})
    assert warehouse.rows("k, d, v") == [("1", "2025-01-01", None), ("2", "2025-01-02", "B")]


def test_a_failure_takes_nothing_in(
    warehouse: Any, contract_of: Callable[..., Contract], monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_of("replace")
    warehouse.take(contract, {"f.csv": OLD})
    before = warehouse.rows("*"), warehouse.con.execute("select * from intake.loads").fetchall()

    def fail(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(apply_load, "_data_as_of", fail)
        with pytest.raises(KeyboardInterrupt):
            warehouse.take(contract, {"f.csv": NEW})
    assert (warehouse.rows("*"), warehouse.con.execute("select * from intake.loads").fetchall()) == before
    assert [load.rows_delivered for load in warehouse.store.accepted()] == [3]
    assert counted(warehouse.take(contract, {"f.csv": NEW})) == (2, 0, 0, 0, 2)


def test_the_ledger_records_the_result_of_a_load(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [*COLUMNS[:1], COLUMNS[1] | {"role": "event_time"}, COLUMNS[2]]
    contract = make_contract(columns=columns, load={"mode": "merge", "key": ["k"], "duplicates": "drop_exact"})
    receipt = warehouse.deliver(contract, {"f.csv": rows("1,2025-01-05,a", "1,2025-01-05,a", ",,", "x,,"), "g.csv": rows("2,,b")})
    warehouse.promote(contract, receipt)
    noon = dt.datetime(2025, 12, 1, 12)
    terms = contract_fingerprint(contract)
    assert warehouse.con.execute("select * from intake.loads").fetchall() == [
        ("dpt__visits", receipt.load_id, 1, "run", 2, noon, noon, terms, 5, 1, 1, 1, dt.datetime(2025, 1, 5), False, 0, terms)
    ]
    assert {row[:2] for row in warehouse.rows("_load_id, _contract")} == {(receipt.load_id, terms)}


def test_awkward_names_and_cells_land_as_they_are(warehouse: Any, make_contract: MakeContract) -> None:
    cells = ["it's", 'say "x"', "a\x00b", "日本 🎉", "'); drop table landing.dpt__visits; --"]
    contract = make_contract(columns=[{"name": "select", "from": "A"}, {"name": "order", "from": "B"}], load=LOADS["append"])
    text = "A,B\n" + "".join('{},"{}"\n'.format(at, cell.replace('"', '""')) for at, cell in enumerate(cells))
    warehouse.take(contract, {"it's a 'file'.csv": text})
    assert [cell for (_, cell) in warehouse.rows('"select", "order"')] == cells


WITHDRAWN = [
    ("replace", {"key": ["k"]}, 2),  # 1 and 3 have no successor
    ("replace", {}, 1),
    ("merge", {}, 0),
    ("replace_period", {}, 0),
    ("replace_period", {"period": "month", "key": ["k"]}, 2),
    ("replace_period", {"period": "month"}, 1),
    ("replace_partition", {}, 0),
    ("append", {}, 0),
]


@pytest.mark.parametrize(("mode", "load", "withdrawn"), WITHDRAWN)
def test_replaced_rows_without_a_successor_are_counted(
    warehouse: Any, contract_of: Callable[..., Contract], mode: str, load: dict[str, Any], withdrawn: int
) -> None:
    contract = contract_of(mode, **load)
    assert warehouse.take(contract, {"f.csv": OLD}).rows_withdrawn == 0
    second = {"f.csv": NEW}
    assert warehouse.take(contract, second).rows_withdrawn == withdrawn
    receipt = warehouse.deliver(contract, second)
    assert warehouse.promote(contract, receipt).rows_withdrawn == withdrawn, "a load that is promoted again"
    assert warehouse.counts(contract, receipt.load_id).withdrawn == withdrawn


@pytest.mark.parametrize(("key", "withdrawn"), [(["k"], 2), (None, 1)])
def test_a_partition_counts_its_withdrawn_rows(
    warehouse: Any, contract_of: Callable[..., Contract], key: list[str] | None, withdrawn: int
) -> None:
    contract = contract_of("replace_partition", key=key)
    warehouse.take(contract, {"f.csv": rows("1,2025-01-01,a", "2,2025-01-01,b", "3,2025-01-02,c")})
    assert warehouse.take(contract, {"f.csv": rows("4,2025-01-01,a")}).rows_withdrawn == withdrawn


def test_contract_terms_of_earlier_versions_are_kept(make_contract: MakeContract) -> None:
    # computed by commit 2dc9705: another value would make every home promote all its deliveries again
    assert contract_fingerprint(make_contract()) == "1bcaac886e8eab92"
