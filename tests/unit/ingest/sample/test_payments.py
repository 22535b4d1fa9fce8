"""The sample's payments, read again without the generator's help."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.sample import delivery
from ingest.sample.delivery import PlantedCounts
from ingest.sample.money import payments

ROWS = 8_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("money")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "CHUNK", 1_000)  # so that the rows cross chunk borders
        return payments.write(folder, np.random.default_rng(11), ROWS)


@pytest.fixture(scope="module")
def tables(folder: Path, claim: PlantedCounts) -> dict[int, pa.Table]:
    return {year: pq.read_table(folder / f"city-checkbook-{year}.parquet") for year in (2023, 2024, 2025)}


def test_columns_are_typed_as_the_real_ones(tables: dict[int, pa.Table]) -> None:
    for table in tables.values():
        assert [(field.name, str(field.type)) for field in table.schema] == [
            ("voucher_id_0", "large_string"),
            ("date", "timestamp[us]"),
            ("amount", "double"),
            ("vendor_name", "large_string"),
            ("spending_department_id", "large_string"),
            ("spending_department_name", "large_string"),
            ("account_description", "large_string"),
            ("fund_0", "large_string"),
            ("descr", "large_string"),
        ]
        assert sum(column.null_count for column in table.columns) == 0


def test_rows_duplicates_and_money_are_as_claimed(tables: dict[int, pa.Table], claim: PlantedCounts) -> None:
    rows = [tuple(row.values()) for table in tables.values() for row in table.to_pylist()]
    assert len(rows) == claim.delivered == ROWS
    assert len(rows) - len(set(rows)) == claim.duplicate > 0
    assert sum(round(row[2] * 100) for row in rows) == claim.facts["cents"]
    assert sum(row[2] < 0 for row in rows) == claim.facts["reversals"] > 0
    assert any(row[2] == 0 for row in rows)


def test_each_year_keeps_to_itself(tables: dict[int, pa.Table]) -> None:
    for year, table in tables.items():
        days = table["date"].to_pylist()
        assert {day.year for day in days} == {year}
        assert max(days) == datetime(year, 12, 31)
        assert days != sorted(days)


def test_reversals_take_an_earlier_payment_back(tables: dict[int, pa.Table]) -> None:
    rows = [row for table in tables.values() for row in table.to_pylist()]
    paid = {(row["amount"], row["vendor_name"], row["fund_0"], row["account_description"]) for row in rows}
    back = [row for row in rows if row["amount"] < 0]
    assert all((-row["amount"], row["vendor_name"], row["fund_0"], row["account_description"]) in paid for row in back)


def test_vouchers_have_lines_and_names_are_cut(tables: dict[int, pa.Table]) -> None:
    rows = [row for table in tables.values() for row in table.to_pylist()]
    lines = Counter(row["voucher_id_0"] for row in rows)
    assert max(lines.values()) > 2
    assert all(re.fullmatch(r"0\d{7}", voucher) for voucher in lines)
    assert max(len(row["spending_department_name"]) for row in rows) == 30
    assert any(re.fullmatch(r"[A-Z]+, [A-Z]+", row["vendor_name"]) for row in rows)


def test_no_two_lines_are_equal_by_chance(tables: dict[int, pa.Table], claim: PlantedCounts) -> None:
    lines = [(row["voucher_id_0"], row["account_description"]) for table in tables.values() for row in table.to_pylist()]
    assert len(set(lines)) == len(lines) - claim.duplicate


def test_lines_of_a_voucher_are_not_adjacent(tables: dict[int, pa.Table]) -> None:
    vouchers = tables[2025]["voucher_id_0"].to_pylist()
    together = sum(one == next_one for one, next_one in pairwise(vouchers))
    assert len(vouchers) - len(set(vouchers)) > 300
    assert together < 20


def test_the_last_day_has_a_payment_however_few_there_are(tmp_path: Path) -> None:
    payments.write(tmp_path, np.random.default_rng(1), 30)
    assert max(pq.read_table(tmp_path / "city-checkbook-2025.parquet")["date"].to_pylist()) == datetime(2025, 12, 31)
