"""The landing tables and their ledger, and the account of every delivered row and refused cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.landing import (
    LaterEvents,
    LoadCounts,
    create_delivery_view,
    ensure_tables,
    last_load,
    later_events,
)
from ingest.landing.tables import rejected_rows, rejected_values
from ingest.typing import required_columns

MakeContract = Callable[..., Contract]
ZONE = "America/Chicago"
CANARY = "Jane Q. Canary"
VISITS = [
    {"name": "why", "type": "integer", "role": "key"},
    {"name": "refused", "type": "date", "role": "event_time"},
    {"name": "fee", "type": "decimal", "min": 0},
    {"name": "pay", "type": "decimal", "privacy": "sensitive"},
    {"name": "channel", "values": ["desk", "phone"]},
    {"name": "race", "role": "race", "vocabulary": "eeo4_hr", "privacy": "sensitive", "values": ["WHITE"]},
]
HEADER = "why,refused,fee,pay,channel,race\n"


@pytest.fixture
def contract(make_contract: MakeContract) -> Contract:
    """Its columns are called like the words that the SELECTs use themselves."""
    return make_contract(columns=VISITS, load={"mode": "merge", "key": ["why"], "period_column": "refused", "period": "day"})


def landed(warehouse: Any, contract: Contract, rows: str) -> DuckDBPyConnection:
    warehouse.take(contract, {"f.csv": HEADER + rows})
    con: DuckDBPyConnection = warehouse.con
    return con


def reported_rejections(con: DuckDBPyConnection, sql: str | None) -> list[tuple[Any, ...]]:
    assert sql is not None
    result = con.execute(sql)
    names = [column[0] for column in result.description or ()]
    assert names == ["source", "load_id", "source_file", "source_row", "column", "reason_code", "message"]
    return sorted((row[0], *row[2:]) for row in result.fetchall())


def test_rejected_rows_have_their_location_and_reason(warehouse: Any, contract: Contract) -> None:
    landed(warehouse, contract, f"1,2025-01-01,,,,\n,2025-01-01,1,,,\n{CANARY},2025-01-01,,,,\n3,soon,,,,\n")
    assert reported_rejections(warehouse.con, "select * from intake.rejected_rows") == [
        ("dpt__visits", "f.csv", 2, "why", "missing", "why is empty"),
        ("dpt__visits", "f.csv", 3, "why", "invalid", f"why: not a usable integer: {CANARY}"),
        ("dpt__visits", "f.csv", 4, "refused", "invalid", "refused: not a usable date: soon"),
    ]


def test_rejected_rows_of_landing_are_those_that_the_view_leaves_out(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(columns=[{"name": "a", "required": True}, {"name": "b", "type": "integer"}])
    warehouse.take(contract, {"f.csv": "a,b\n1,5\n,y\n2,z\n"})
    sql = rejected_rows(contract, required_columns(contract), "landing.dpt__visits", ZONE)
    assert reported_rejections(warehouse.con, sql) == [("dpt__visits", "f.csv", 2, "a", "missing", "a is empty")]
    assert warehouse.con.execute("select a, b from typed.dpt__visits").fetchall() == [("1", 5), ("2", None)]
    # a row that is rejected as a whole has no rejected cells
    cells = reported_rejections(warehouse.con, rejected_values(contract, "landing.dpt__visits", ZONE))
    assert cells == [("dpt__visits", "f.csv", 3, "b", "invalid", "b: not a usable integer: z")]


def test_rejected_values_quote_public_cells_only(warehouse: Any, contract: Contract) -> None:
    con = landed(
        warehouse,
        contract,
        f"1,2025-01-01,{CANARY},{CANARY},{CANARY},{CANARY}\n2,2025-01-01,-1,5,phone,WHITE\n3,2025-01-01,1,,,\n{CANARY},2025-01-01,x,x,x,x\n",
    )
    assert reported_rejections(con, rejected_values(contract, 'landing."dpt__visits"', ZONE)) == [
        ("dpt__visits", "f.csv", 1, "channel", "invalid", f"channel: not a usable text, or not one of desk, phone: {CANARY}"),
        ("dpt__visits", "f.csv", 1, "fee", "invalid", f"fee: not a usable decimal: {CANARY}"),
        ("dpt__visits", "f.csv", 1, "pay", "invalid", "pay: not a usable decimal (the value is private)"),
        ("dpt__visits", "f.csv", 2, "fee", "invalid", "fee: not a usable decimal: -1"),
    ]


@pytest.mark.parametrize("privacy", ["quasi_identifier", "sensitive"])
def test_no_message_holds_a_private_value(warehouse: Any, make_contract: MakeContract, privacy: str) -> None:
    kinds = ["integer", "decimal", "boolean", "date", "timestamp"]
    private = [{"name": kind, "type": kind, "privacy": privacy} for kind in kinds]
    contract = make_contract(
        columns=[
            {"name": "k", "type": "integer", "privacy": privacy},
            *private,
            {"name": "v", "values": ["x"], "privacy": privacy},
        ],
        load={"mode": "merge", "key": ["k"]},
    )
    header = ",".join(["k", *kinds, "v"])
    cells = ",".join([CANARY] * 6)
    warehouse.take(contract, {"f.csv": f"{header}\n{CANARY},{cells}\n1,{cells}\n"})
    rows = warehouse.con.execute("select message from intake.rejected_rows").fetchall()
    cells_told = warehouse.con.execute(
        f"select message from ({rejected_values(contract, 'landing.dpt__visits', ZONE)})"
    ).fetchall()
    assert (len(rows), len(cells_told)) == (1, 6)
    for (message,) in rows + cells_told:
        assert "(the value is private)" in message
        assert "Canary" not in message


def test_a_long_cell_is_cut_in_its_message(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(columns=[{"name": "a", "type": "integer"}])
    cell = "it's " * 100
    warehouse.take(contract, {"f.csv": f"a\n{cell}\n"})
    ((message,),) = warehouse.con.execute(
        f"select message from ({rejected_values(contract, 'landing.dpt__visits', ZONE)})"
    ).fetchall()
    assert message == f"a: not a usable integer: {cell[:60]}"


def marks(warehouse: Any) -> list[Any]:
    rows: list[Any] = warehouse.rows("v, _refused, _doubtful, _period, _latest")
    return rows


def test_landed_rows_are_marked_as_they_land_and_anew_when_the_contract_reads_them_in_another_way(
    warehouse: Any, make_contract: MakeContract
) -> None:
    clocks = [{"name": "d", "type": "date", "role": "event_time"}, {"name": "t", "type": "timestamp", "role": "closed_time"}]
    columns = [*clocks, {"name": "n", "type": "integer"}, {"name": "v"}]
    load = {"mode": "replace_period", "period_column": "d", "period": "month"}
    old = make_contract(columns=columns, load=load)
    warehouse.take(old, {"f.csv": "d,t,n,v\n2025-01-31,2025-03-01 09:00,1,a\n2025-02-01,,x,b\n2025-02-01,soon,,c\n"})
    january, february = dt.date(2025, 1, 1), dt.date(2025, 2, 1)
    closed, begun = dt.datetime(2025, 3, 1, 9), dt.datetime(2025, 2, 1)
    landed = [("a", False, False, january, closed), ("b", False, True, february, begun), ("c", False, True, february, begun)]
    assert marks(warehouse) == landed
    # as an earlier version left them
    warehouse.con.execute(
        "update landing.dpt__visits set _refused = null, _doubtful = null, _period = null, _latest = null;"
        "delete from intake.marks"
    )
    ensure_tables(warehouse.con, old, ZONE)
    assert marks(warehouse) == landed
    stricter = make_contract(columns=[*clocks, columns[2] | {"required": True}, columns[3]], load=load | {"period": "year"})
    ensure_tables(warehouse.con, stricter, ZONE)
    assert marks(warehouse) == [
        ("a", False, False, january, closed),
        ("b", True, False, january, begun),
        ("c", True, True, january, begun),
    ]
    assert warehouse.con.execute("select v from typed.dpt__visits").fetchall() == [("a",)]


def test_where_no_cell_can_be_refused_there_is_nothing_to_ask(make_contract: MakeContract) -> None:
    columns = [{"name": "a"}, {"name": "b", "type": "integer", "required": True}, VISITS[-1]]
    assert rejected_values(make_contract(columns=columns), "landing", ZONE) is None


def test_a_new_column_is_added_and_an_old_one_stays(warehouse: Any, make_contract: MakeContract) -> None:
    old = make_contract(columns=[{"name": "a"}, {"name": "b"}])
    new = make_contract(columns=[{"name": "a"}, {"name": "c", "type": "integer"}])
    warehouse.take(old, {"f.csv": "a,b\n1,2\n"})
    ensure_tables(warehouse.con, new, ZONE)
    assert warehouse.rows() == [("1", "2", None)]
    assert warehouse.con.execute("select a, c, c_missing_reason from typed.dpt__visits").fetchall() == [
        ("1", None, "not_collected")
    ]
    ensure_tables(warehouse.con, new, ZONE)
    assert warehouse.rows() == [("1", "2", None)]


def test_the_newest_delivery_is_shown_as_sent(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract()
    for text in ("A,B\n x ,\n", "A,B\n y ,1\n"):
        receipt = warehouse.deliver(contract, {"it's.csv": text})
        create_delivery_view(warehouse.con, contract.source, warehouse.store.batch(receipt.load_id))
    rows = warehouse.con.execute("select a, b, _source_file, _source_row, _load_id from delivery.dpt__visits").fetchall()
    assert rows == [(" y ", "1", "it's.csv", 1, receipt.load_id)]


def test_every_delivered_row_is_accounted_for(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(
        columns=[{"name": "k", "type": "integer"}, {"name": "v", "required": True}],
        load={"mode": "merge", "key": ["k"], "duplicates": "drop_exact"},
    )
    first = warehouse.deliver(contract, {"f.csv": "k,v\n1,a\n1,a\n1,b\n2,c\n3,\n,d\nx,e\n,\n ,\n"})
    warehouse.promote(contract, first)
    assert warehouse.counts(contract, first.load_id) == LoadCounts(9, staged=2, rejected=3, blank=2, duplicate=1, superseded=1)
    second = warehouse.deliver(contract, {"f.csv": "k,v\n2,d\n3,e\n"})
    warehouse.promote(contract, second)
    assert warehouse.counts(contract, first.load_id) == LoadCounts(9, staged=1, rejected=2, blank=2, duplicate=1, superseded=3)
    assert warehouse.counts(contract, second.load_id) == LoadCounts(2, staged=2, rejected=0, blank=0, duplicate=0, superseded=0)
    assert warehouse.counts(contract, "nowhere") == LoadCounts(0, 0, 0, 0, 0, 0)


def test_a_source_that_was_never_delivered_has_no_last_load(warehouse: Any, make_contract: MakeContract) -> None:
    assert last_load(warehouse.con, make_contract()) is None


def test_a_late_correction_does_not_turn_the_clock_back(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [{"name": "d", "type": "date", "role": "event_time"}, {"name": "c", "type": "timestamp", "role": "closed_time"}]
    contract = make_contract(
        columns=[*columns, {"name": "v"}], load={"mode": "replace_period", "period_column": "d", "period": "day"}
    )
    warehouse.take(contract, {"f.csv": "d,c,v\n2025-11-28,2025-11-29 08:00:00,a\n2025-11-30,,b\n"})
    receipt = warehouse.deliver(contract, {"f.csv": "d,c,v\n2025-11-28,2025-11-28 09:00:00,b\n"})
    warehouse.promote(contract, receipt)
    last = last_load(warehouse.con, contract)
    assert (last.load_id, last.sequence, last.data_as_of, last.delivered_at) == (
        receipt.load_id,
        2,
        dt.datetime(2025, 11, 30),
        receipt.delivered_at,
    )


def test_the_clock_of_a_source_follows_valid_cells(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [
        {"name": "d", "type": "date", "role": "event_time"},
        {"name": "c", "type": "timestamp", "role": "closed_time", "max": dt.date(2030, 1, 1)},
    ]
    contract = make_contract(columns=columns)
    receipt = warehouse.deliver(contract, {"f.csv": "d,c\n2025-11-28,2925-11-29 08:00:00\nsoon,2025-11-29 07:00:00\n"})
    warehouse.promote(contract, receipt)
    last = last_load(warehouse.con, contract)
    assert (last.load_id, last.sequence, last.data_as_of, last.delivered_at) == (
        receipt.load_id,
        1,
        dt.datetime(2025, 11, 29, 7),
        receipt.delivered_at,
    )


def test_a_record_dated_ahead_is_no_end_of_the_data(warehouse: Any, make_contract: MakeContract) -> None:
    """One payment of 2062 made its source a year ahead, and fresh for ever."""
    contract = make_contract(columns=[{"name": "d", "type": "date", "role": "event_time"}, {"name": "v"}])
    delivered = warehouse.deliver(contract, {"f.csv": "d,v\n2025-11-28,a\n2025-11-30,b\n2062-12-05,c\n"})
    warehouse.promote(contract, delivered)

    def end(day: dt.date) -> dt.datetime | None:
        last = last_load(warehouse.con, contract, day, ZONE)
        return last.data_as_of if last else None

    assert end(delivered.delivered_at.date()) == end(dt.date(2099, 1, 1)) == dt.datetime(2025, 11, 30)  # also after it has come
    assert end(dt.date(2025, 11, 29)) == dt.datetime(2025, 11, 28)
    assert end(dt.date(2025, 1, 1)) == dt.datetime(2025, 1, 1)  # all records are later


def test_events_after_a_day_are_counted_by_their_own_date(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [{"name": "d", "type": "date", "role": "event_time"}, {"name": "c", "type": "timestamp", "role": "closed_time"}]
    contract = make_contract(columns=columns)
    rows = "2025-11-30,2026-02-01 08:00:00\n2025-12-01,\n2025-12-09,\n2025-12-05,\n"
    warehouse.promote(contract, warehouse.deliver(contract, {"f.csv": f"d,c\n{rows}"}))
    on = dt.date(2025, 12, 1)
    assert later_events(warehouse.con, contract, on, ZONE) == LaterEvents(2, dt.date(2025, 12, 5))
    # a closing is no event, and a day has its own events
    assert later_events(warehouse.con, contract, dt.date(2025, 12, 9), ZONE) is None


@pytest.mark.parametrize(
    ("changes", "as_of"),
    [
        ({}, None),
        ({"as_of": dt.date(2025, 6, 30)}, dt.datetime(2025, 6, 30)),
        ({"as_of": dt.datetime(2025, 6, 30, 8)}, dt.datetime(2025, 6, 30, 8)),
        ({"period": {"start": dt.date(2025, 1, 1), "end": dt.date(2025, 12, 31)}}, dt.datetime(2025, 12, 31)),
    ],
    ids=str,
)
def test_files_without_a_clock_have_the_contracts(
    warehouse: Any, make_contract: MakeContract, changes: dict[str, Any], as_of: dt.datetime | None
) -> None:
    contract = make_contract(**changes)
    assert contract.declared_as_of == as_of
    warehouse.take(contract, {"f.csv": "A,B\n1,2\n"})
    last = last_load(warehouse.con, contract)
    assert last is not None and last.data_as_of == as_of


def test_a_contract_that_requires_nothing_refuses_no_row(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract()
    warehouse.take(contract, {"a.csv": "A,B\n1,2\n"})
    assert (
        reported_rejections(warehouse.con, rejected_rows(contract, required_columns(contract), "landing.dpt__visits", ZONE)) == []
    )


@pytest.mark.parametrize(
    ("cells", "rule", "end"),
    [
        (("2023-24", "2024-25", "2022-23"), {"ends": "06-30", "plus_years": 1}, dt.datetime(2025, 6, 30)),
        (("2023", " 2024 ", "n/a", ""), {"ends": "12-31"}, dt.datetime(2024, 12, 31)),
        (("FY 2023",), {"ends": "02-29"}, dt.datetime(2023, 2, 28)),
        (("n/a", ""), {"ends": "12-31"}, None),
    ],
)
def test_a_rule_finds_the_end_of_the_data_in_a_column(
    warehouse: Any, make_contract: MakeContract, cells: tuple[str, ...], rule: dict[str, Any], end: dt.datetime | None
) -> None:
    columns = [{"name": "school_year", "from": "Y"}, {"name": "n", "from": "N"}]
    contract = make_contract(columns=columns, as_of={"column": "school_year"} | rule)
    warehouse.take(contract, {"f.csv": "Y,N\n" + "".join(f"{cell},1\n" for cell in cells)})
    last = last_load(warehouse.con, contract)
    assert last is not None and last.data_as_of == end
    assert contract.declared_as_of is None


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (dt.date(2025, 11, 30), dt.datetime(2025, 6, 30)),  # 2062-63 is mistyped
        (dt.date(2025, 3, 1), dt.datetime(2025, 3, 1)),  # 2024-25 is not over
        (dt.date(2024, 6, 29), dt.datetime(2024, 6, 29)),
        (dt.date(2022, 1, 1), None),
    ],
)
def test_the_end_by_a_rule_is_not_after_the_run(
    warehouse: Any, make_contract: MakeContract, today: dt.date, end: dt.datetime | None
) -> None:
    columns = [{"name": "school_year", "from": "Y"}, {"name": "n", "from": "N"}]
    contract = make_contract(columns=columns, as_of={"column": "school_year", "ends": "06-30", "plus_years": 1})
    warehouse.take(contract, {"f.csv": "Y,N\n2023-24,1\n2024-25,1\n2062-63,1\n"})
    last = last_load(warehouse.con, contract, today, ZONE)
    assert last is not None and last.data_as_of == end


def test_the_end_by_a_rule_follows_the_rows_that_are_in_landing(warehouse: Any, make_contract: MakeContract) -> None:
    """Not the ledger: a correction may withdraw the latest year."""
    columns = [{"name": "year", "from": "Y"}, {"name": "n", "from": "N"}]
    contract = make_contract(columns=columns, as_of={"column": "year", "ends": "12-31"})
    for year in ("2024", "2023"):
        warehouse.take(contract, {"f.csv": f"Y,N\n{year},1\n"})
    last = last_load(warehouse.con, contract)
    assert last is not None and last.data_as_of == dt.datetime(2023, 12, 31)
