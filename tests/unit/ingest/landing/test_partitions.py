"""What a release of whole partitions would withdraw, and how its size compares with what has landed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from expectations.delivery.delivery_facts import VolumeBaseline, volume_baseline
from ingest.contract import Contract
from ingest.landing import PartitionComparison, ensure_tables

MakeContract = Callable[..., Contract]
ZONE = "America/Chicago"
COLUMNS = [{"name": "year", "type": "integer", "required": True}, {"name": "school", "required": True}, {"name": "n"}]
LOAD: dict[str, Any] = {"mode": "replace_partition", "partition_by": ["year"], "key": ["school"]}


def year(year: int, schools: range, n: str = "1") -> list[str]:
    return [f"{year},{school},{n}" for school in schools]


@pytest.fixture
def compare(warehouse: Any, make_contract: MakeContract) -> Callable[..., VolumeBaseline]:
    """What a file of records would be compared with; it is promoted afterwards."""

    def take(*records: str, **changes: Any) -> VolumeBaseline:
        contract = make_contract(**{"columns": COLUMNS, "load": LOAD} | changes)
        ensure_tables(warehouse.con, contract, ZONE)
        receipt = warehouse.deliver(contract, {"f.csv": "\n".join(["year,school,n", *records, ""])})
        found = volume_baseline(warehouse.batch(contract, receipt), warehouse.store)
        warehouse.promote(contract, receipt)
        assert not warehouse.con.execute("select * from duckdb_tables() where temporary").fetchall()
        return found

    return take


BEFORE = [*year(2023, range(10)), *year(2024, range(20)), *year(2025, range(30))]


def test_the_first_load_is_compared_with_nothing(compare: Callable[..., VolumeBaseline]) -> None:
    assert compare(*BEFORE) == VolumeBaseline(())


def test_rows_without_a_successor_are_withdrawn(compare: Callable[..., VolumeBaseline]) -> None:
    compare(*BEFORE)
    release = [*year(2023, range(6), "2"), *year(2024, range(19)), *year(2026, range(7))]
    assert compare(*release) == VolumeBaseline((), partitions=PartitionComparison(25, 30, 5, "year = 2023", 10, 4, 1, 7, 20.0))
    assert compare(*year(2023, range(6))).partitions == PartitionComparison(6, 6, 0, "year = 2023", 6, 0, 0, 0, 13.0)


def test_a_renamed_record_is_withdrawn_although_the_size_is_the_same(compare: Callable[..., VolumeBaseline]) -> None:
    compare(*BEFORE)
    found = compare(*year(2024, range(1, 21))).partitions
    assert found is not None
    assert (found.rows, found.landed, found.withdrawn) == (20, 20, 1)


def test_without_a_key_sizes_are_compared(compare: Callable[..., VolumeBaseline]) -> None:
    load = LOAD | {"key": None}
    compare(*BEFORE, load=load)
    found = compare(*year(2024, range(100, 118)), *year(2023, range(100, 130)), load=load).partitions
    assert found == PartitionComparison(48, 30, 2, "year = 2024", 20, 2, 0, 0, 20.0)


def test_a_private_partition_is_not_named(compare: Callable[..., VolumeBaseline]) -> None:
    private = [column | ({"privacy": "quasi_identifier"} if column["name"] == "year" else {}) for column in COLUMNS]
    compare(*BEFORE, columns=private)
    found = compare(*year(2023, range(1)), columns=private).partitions
    assert found is not None
    assert found.largest_loss == "year = (private)"


def test_the_same_files_under_another_contract_withdraw_nothing(compare: Callable[..., VolumeBaseline]) -> None:
    compare(*BEFORE)
    changed = [*COLUMNS[:2], {"name": "n", "type": "integer"}]
    assert compare(*BEFORE, columns=changed) == VolumeBaseline(())
