"""Stocks keep their snapshots: the source of a delivery's date, and the rows that it replaces."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from expectations.delivery.delivery_facts import volume_baseline
from ingest.connectors import open_folder
from ingest.delivery import DeliveryOptions, DeliveryStore, deliver
from ingest.errors import DeliveryError
from ingest.landing import ensure_tables, last_load
from ingest.readers import delivered_files
from tests.support.visits import CITY_ZONE, HASH_KEY, NOON
from tests.unit.ingest.conftest import MakeContract

BY_DATE = {"mode": "replace_partition", "partition_by": ["_snapshot_on"]}
DATED = "_snapshot_on::varchar, a, b"


def stock(make_contract: MakeContract, **changes: Any) -> Any:
    return make_contract(**{"load": BY_DATE, "snapshot": {"from": "file_name"}, "as_of": "2020-11-30", **changes})


def test_two_files_of_two_dates_are_two_snapshots(warehouse: Any, make_contract: MakeContract) -> None:
    promotion = warehouse.take(
        stock(make_contract), {"staff_2025-12-31.csv": "A,B\n1,x\n2,y\n", "staff_2026-03-31.csv": "A,B\n1,x\n3,z\n"}
    )
    assert (promotion.rows_in_landing, promotion.rows_duplicate) == (4, 0)
    assert warehouse.rows(DATED) == [
        ("2025-12-31", "1", "x"), ("2025-12-31", "2", "y"), ("2026-03-31", "1", "x"), ("2026-03-31", "3", "z"),
    ]  # fmt: skip


def test_the_next_delivery_leaves_the_one_before(warehouse: Any, make_contract: MakeContract) -> None:
    contract = stock(make_contract)
    warehouse.take(contract, {"staff_2025-12-31.csv": "A,B\n1,x\n2,y\n"})
    warehouse.take(contract, {"staff_2026-03-31.csv": "A,B\n1,x\n"})
    assert [row[0] for row in warehouse.rows(DATED)] == ["2025-12-31", "2025-12-31", "2026-03-31"]
    last = last_load(warehouse.con, contract)
    assert last is not None and last.data_as_of == dt.datetime(2026, 3, 31)


def test_a_corrected_delivery_replaces_its_own_date_alone(warehouse: Any, make_contract: MakeContract) -> None:
    contract = stock(make_contract)
    first = warehouse.deliver(contract, {"staff_2025-12-31.csv": "A,B\n1,x\n"})
    warehouse.promote(contract, first)
    second = warehouse.deliver(contract, {"staff_2026-03-31.csv": "A,B\n1,x\n2,y\n"})
    warehouse.promote(contract, second)
    warehouse.take(contract, {"corrected_2025-12-31.csv": "A,B\n1,z\n"})
    assert warehouse.rows(DATED) == [("2025-12-31", "1", "z"), ("2026-03-31", "1", "x"), ("2026-03-31", "2", "y")]
    assert warehouse.counts(contract, first.load_id).superseded == 1
    assert warehouse.counts(contract, second.load_id).superseded == 0
    last = last_load(warehouse.con, contract)
    assert last is not None and last.data_as_of == dt.datetime(2026, 3, 31)  # a correction does not turn the clock back


def test_the_same_bytes_as_of_another_day_are_another_snapshot(warehouse: Any, make_contract: MakeContract) -> None:
    contract = stock(make_contract)
    files = dict.fromkeys(("staff_2025-12-31.csv", "staff_2026-03-31.csv"), "A,B\n1,x\n")
    assert warehouse.take(contract, files).rows_duplicate == 0
    assert [row[0] for row in warehouse.rows(DATED)] == ["2025-12-31", "2026-03-31"]
    later = warehouse.deliver(contract, {"staff_2026-06-30.csv": "A,B\n1,x\n"})
    earlier = warehouse.deliver(contract, {"again_2026-03-31.csv": "A,B\n1,x\n"})
    assert later.load_id != earlier.load_id
    warehouse.promote(contract, later)
    assert len(warehouse.rows(DATED)) == 3


def test_the_same_delivery_twice_changes_nothing(warehouse: Any, make_contract: MakeContract) -> None:
    contract = stock(make_contract)
    once = warehouse.deliver(contract, {"staff_2025-12-31.csv": "A,B\n1,x\n"})
    twice = warehouse.deliver(contract, {"renamed_2025-12-31.csv": "A,B\n1,x\n"})
    assert (once.load_id, once.sequence) == (twice.load_id, twice.sequence)


def test_a_file_without_a_date_is_of_the_day_of_as_of(warehouse: Any, make_contract: MakeContract) -> None:
    files = {"staff.csv": "A,B\n1,x\n"}
    warehouse.take(stock(make_contract), files)
    warehouse.take(stock(make_contract, as_of="2026-03-31T18:00:00"), files)  # city.yml has another one
    assert [row[0] for row in warehouse.rows(DATED)] == ["2020-11-30", "2026-03-31"]


def test_as_of_never_moves_a_snapshot_that_has_landed(warehouse: Any, make_contract: MakeContract) -> None:
    """Landing made again from the kept deliveries has the dates of then, under the contract of today."""
    warehouse.take(stock(make_contract), {"staff.csv": "A,B\n1,x\n"})
    now = stock(make_contract, as_of="2026-03-31")
    warehouse.take(now, {"staff.csv": "A,B\n1,x\n2,y\n"})
    before = warehouse.rows(DATED)
    warehouse.con.execute("drop table landing.dpt__visits; delete from intake.loads")
    ensure_tables(warehouse.con, now, CITY_ZONE)
    assert warehouse.landing(now).restore() == 2
    assert warehouse.rows(DATED) == before
    assert [row[0] for row in before] == ["2020-11-30", "2026-03-31", "2026-03-31"]


def test_a_footer_dates_its_file(warehouse: Any, make_contract: MakeContract) -> None:
    snapshot = {"from": "footer", "pattern": r"(\d{1,2}/\d{1,2}/\d{4})", "formats": ["%m/%d/%Y"]}
    contract = stock(make_contract, snapshot=snapshot, footer={"rows": 1})
    warehouse.take(contract, {"a.csv": "A,B\n1,x\n,7/1/2018\n", "b.csv": "A,B\n1,x\n,10/1/2018\n"})
    warehouse.take(contract, {"c.csv": "A,B\n2,y\n,\n"})  # an empty footer: as_of
    assert warehouse.rows(DATED) == [("2018-07-01", "1", "x"), ("2018-10-01", "1", "x"), ("2020-11-30", "2", "y")]


def test_a_column_dates_each_row(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [{"name": "a", "from": "A"}, {"name": "b", "from": "B"}, {"name": "of", "from": "OF", "type": "date"}]
    contract = stock(make_contract, snapshot={"from": "column", "column": "of"}, columns=columns)
    promotion = warehouse.take(contract, {"f.csv": "A,B,OF\n1,x,2025-12-31\n2,y,2026-03-31\n3,z,someday\n"})
    assert promotion.rows_rejected == 1
    warehouse.take(contract, {"f.csv": "A,B,OF\n4,w,2026-03-31\n"})
    assert warehouse.rows(DATED) == [("2025-12-31", "1", "x"), ("2026-03-31", "4", "w")]


def test_without_any_date_the_latest_event_dates_a_stock(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [{"name": "a", "from": "A"}, {"name": "b", "from": "B", "type": "date", "role": "event_time"}]
    contract = stock(make_contract, as_of=None, columns=columns)
    warehouse.take(contract, {"f.csv": "A,B\n1,2022-08-31\n2,2021-01-01\n", "g.csv": "A,B\n3,2020-01-01\n"})
    assert {row[0] for row in warehouse.rows(DATED)} == {"2022-08-31"}


def test_a_stock_that_nothing_dates_is_refused(warehouse: Any, make_contract: MakeContract) -> None:
    with pytest.raises(DeliveryError, match=r"nothing dates this stock.*as_of of the source in city\.yml"):
        warehouse.deliver(stock(make_contract, as_of=None), {"staff.csv": "A,B\n1,x\n"})


@pytest.mark.parametrize(
    ("snapshot", "files"),
    [
        ({"from": "file_name"}, {"staff_2025-13-31.csv": "A,B\n1,x\n"}),
        ({"from": "footer", "pattern": "^(.+)$"}, {"staff.csv": "A,B\n1,x\n,secret\n"}),
    ],
)
def test_what_is_no_date_in_the_place_of_one_is_refused(
    warehouse: Any, make_contract: MakeContract, snapshot: dict[str, Any], files: dict[str, str]
) -> None:
    with pytest.raises(DeliveryError, match="no date in the form %Y-%m-%d") as refused:
        warehouse.deliver(stock(make_contract, snapshot=snapshot, footer={"rows": 1}), files)
    assert "secret" not in str(refused.value)


def test_a_folder_or_archive_may_have_the_date(warehouse: Any, make_contract: MakeContract) -> None:
    warehouse.take(stock(make_contract), {"2025-12-31/staff.csv": "A,B\n1,x\n", "2026-03-31/staff.csv": "A,B\n1,x\n"})
    assert [row[0] for row in warehouse.rows(DATED)] == ["2025-12-31", "2026-03-31"]


def test_exact_repetitions_and_keys_are_of_one_snapshot(warehouse: Any, make_contract: MakeContract) -> None:
    files = {"s_2025-12-31.csv": "A,B\n1,x\n1,x\n", "s_2026-03-31.csv": "A,B\n1,x\n"}
    dropped = stock(make_contract, load=BY_DATE | {"duplicates": "drop_exact"})
    assert warehouse.take(dropped, files).rows_duplicate == 1
    assert len(warehouse.rows(DATED)) == 2
    keyed = stock(make_contract, load=BY_DATE | {"key": ["a"]})
    warehouse.take(keyed, files | {"s_2026-03-31.csv": "A,B\n1,x\n1,y\n"})
    assert warehouse.rows(DATED) == [("2025-12-31", "1", "x"), ("2026-03-31", "1", "y")]


def test_rows_from_before_stocks_kept_snapshots_give_way(warehouse: Any, make_contract: MakeContract) -> None:
    warehouse.take(make_contract(as_of="2020-11-30"), {"staff.csv": "A,B\n1,x\n2,y\n"})
    # an earlier version promoted it
    warehouse.con.execute("update landing.dpt__visits set _snapshot_on = null; update intake.loads set chosen_by = null")
    warehouse.take(stock(make_contract), {"staff_2026-03-31.csv": "A,B\n1,x\n"})
    assert warehouse.rows(DATED) == [("2026-03-31", "1", "x")]


def test_a_snapshot_is_compared_with_the_one_before_and_a_correction_with_its_own_date(
    warehouse: Any, make_contract: MakeContract
) -> None:
    contract = stock(make_contract)
    whole = "A,B\n" + "".join(f"{at},x\n" for at in range(10))
    warehouse.take(contract, {"staff_2025-12-31.csv": whole})
    cut_off = warehouse.deliver(contract, {"staff_2026-03-31.csv": "A,B\n1,x\n2,y\n"})
    compared = volume_baseline(warehouse.batch(contract, cut_off), warehouse.store).partitions
    assert compared is not None and (compared.new, compared.new_rows, compared.usual) == (1, 2, 10.0)
    corrected = warehouse.deliver(contract, {"again_2025-12-31.csv": "A,B\n1,x\n2,y\n3,z\n"})
    compared = volume_baseline(warehouse.batch(contract, corrected), warehouse.store).partitions
    assert compared is not None and (compared.new, compared.rows, compared.landed, compared.withdrawn) == (0, 3, 10, 7)
    assert compared.largest_loss == "snapshot = 2025-12-31"


def test_the_same_key_in_two_snapshots_is_no_rival(warehouse: Any, make_contract: MakeContract) -> None:
    contract = stock(make_contract, load=BY_DATE | {"key": ["a"]})
    ensure_tables(warehouse.con, contract, CITY_ZONE)
    two = warehouse.deliver(contract, {"s_2025-12-31.csv": "A,B\n1,x\n", "s_2026-03-31.csv": "A,B\n1,y\n"})
    assert volume_baseline(warehouse.batch(contract, two), warehouse.store).rival_files == ()


def fetch(folder: Path, store: DeliveryStore, contract: Any, rows: list[tuple[str, str]], day: dt.date) -> Any:
    """A live fetch of a database on a day; from a SQLite file instead."""
    folder.mkdir(exist_ok=True)
    database = sqlite3.connect(folder / "desk.sqlite")
    with database:
        database.execute("drop table if exists visits")
        database.execute("create table visits (A text, B text)")
        database.executemany("insert into visits values (?, ?)", rows)
    database.close()
    origin = open_folder(contract, delivered_files(folder), folder)
    object.__setattr__(origin, "file_hashes", {})  # a live database has no bytes
    return deliver(contract, origin, store, HASH_KEY, NOON, DeliveryOptions(live=True, fetched_on=day))


def test_a_live_source_keeps_the_newest_fetch_of_each_period(tmp_path: Path, warehouse: Any, make_contract: MakeContract) -> None:
    connector = {"kind": "database", "credentials_env": "DESK", "table": "visits"}
    contract = stock(make_contract, snapshot={"from": "fetched", "per": "month"}, connector=connector)
    days = [dt.date(2026, 1, 5), dt.date(2026, 1, 20), dt.date(2026, 1, 21), dt.date(2026, 2, 3)]
    states = [[("1", "x")], [("1", "x"), ("2", "y")], [("1", "x"), ("2", "y")], [("1", "x"), ("2", "y")]]
    loads = []
    for day, rows in zip(days, states, strict=True):
        receipt = fetch(tmp_path / "live", warehouse.store, contract, rows, day)
        if not loads or receipt.load_id != loads[-1]:
            warehouse.promote(contract, receipt)
        loads.append(receipt.load_id)
    # the fetch of the 21st has the rows of the 20th, and is no other load; in February the same rows are the next snapshot
    assert (loads[1] == loads[2], len(set(loads))) == (True, 3)
    assert warehouse.rows("_snapshot_on::varchar, a") == [
        ("2026-01-20", "1"), ("2026-01-20", "2"), ("2026-02-03", "1"), ("2026-02-03", "2"),
    ]  # fmt: skip
