"""A load without the files that were held back: their landed periods stay, and the whole delivery is not sent again by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, LeftOutFile, as_newest_load, deliver
from ingest.landing import last_load
from tests.support.visits import HASH_KEY, NOON

COLUMNS = [{"name": "k"}, {"name": "d", "type": "date"}]
BY_YEAR = {"mode": "replace_period", "period_column": "d", "period": "year"}
WHOLE = {"a": "k,d\n1,2022-01-01\n", "b": "k,d\n2,2023-01-01\n", "c": "k,d\n3,2024-01-01\n"}


@pytest.fixture
def contract(make_contract: Callable[..., Contract]) -> Contract:
    return make_contract(columns=COLUMNS, load=BY_YEAR)


def rest(warehouse: Any, contract: Contract, folder: Path, **files: str) -> DeliveryRecord:
    """Deliver the files a and c of a delivery of which b was held back."""
    for name, text in files.items():
        (folder / name).write_text(text)
    paths = tuple(folder / name for name in files)
    left_out = (LeftOutFile(name="b", first=dt.date(2023, 1, 1), last=dt.date(2023, 1, 1)),)
    origin = open_folder(contract, paths, folder)
    return deliver(contract, origin, warehouse.store, HASH_KEY, NOON, DeliveryOptions(left_out=left_out))


def test_the_landed_periods_of_a_file_that_is_held_back_stay(warehouse: Any, contract: Contract, tmp_path: Path) -> None:
    warehouse.take(contract, WHOLE)
    record = rest(warehouse, contract, tmp_path, a="k,d\n7,2022-05-01\n", c="k,d\n8,2024-05-01\n")
    warehouse.promote(contract, record)
    assert warehouse.rows("k") == [("2",), ("7",), ("8",)]
    # a load without that record replaces the years in between
    warehouse.take(contract, {"a": "k,d\n7,2022-05-01\n", "c": "k,d\n9,2024-05-01\n"})
    assert warehouse.rows("k") == [("7",), ("9",)]


def test_the_whole_delivery_is_not_newer_than_its_rest_until_it_is_promoted(
    warehouse: Any, contract: Contract, tmp_path: Path
) -> None:
    whole = warehouse.deliver(contract, WHOLE)
    others = {name: WHOLE[name] for name in "ac"}
    part = rest(warehouse, contract, tmp_path, **others)
    assert part.is_rest_of(whole) and not whole.is_rest_of(part)
    assert [file.first_sequence for file in part.files] == [2, 2], "its files are as new as in the whole delivery"
    warehouse.promote(contract, part)
    # the next run tries both again
    assert warehouse.deliver(contract, WHOLE).sequence == whole.sequence == 1
    assert rest(warehouse, contract, tmp_path, **others) == part
    # once it passes, or is accepted, it becomes the newest load
    newest = as_newest_load(whole, warehouse.store)
    warehouse.promote(contract, newest)
    last = last_load(warehouse.con, contract)
    assert last is not None and (last.load_id, last.sequence) == (whole.load_id, 3)
    assert as_newest_load(newest, warehouse.store) == newest
    assert warehouse.rows("k") == [("1",), ("2",), ("3",)]


def test_the_same_files_without_a_bad_one_are_a_delivery_of_their_own(warehouse: Any, contract: Contract, tmp_path: Path) -> None:
    """The department took the bad file away on purpose: its years are replaced like any others."""
    warehouse.take(contract, WHOLE)
    others = {"a": "k,d\n7,2022-05-01\n", "c": "k,d\n8,2024-05-01\n"}
    warehouse.promote(contract, rest(warehouse, contract, tmp_path, **others))
    again = warehouse.deliver(contract, others)
    assert (again.left_out, again.sequence) == ((), 3)
    warehouse.promote(contract, again)
    assert warehouse.rows("k") == [("7",), ("8",)]
