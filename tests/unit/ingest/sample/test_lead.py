"""The sample's lead lines and lead orders, read again without the generator's help."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.health import lead_lines, lead_orders_abated, lead_orders_open
from ingest.sample.places.houses import addresses, long_form


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lead")
    lead_lines.write(folder, np.random.default_rng(11))
    lead_orders_open.write(folder, np.random.default_rng(11))
    lead_orders_abated.write(folder, np.random.default_rng(11))
    return folder


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_of_lines_ends_in_a_blank_row_and_its_date(folder: Path) -> None:
    assert (folder / "leadservicelines.csv").read_bytes().endswith(b"\r\n,,,,,\r\n,,,,,7/1/2025\r\n")


def test_lines_were_replaced_between_the_two_lists(folder: Path) -> None:
    earlier = folder / "leadservicelines_2025-01-01.csv"
    assert earlier.read_bytes().endswith(b"\r\n,,,,,\r\n,,,,,1/1/2025\r\n")
    now, before = (
        {(row["House Number Range"], row["Street Name"]) for row in read(folder, name)}
        for name in ("leadservicelines.csv", earlier.name)
    )
    assert now < before
    assert 100 < len(before - now) < len(now) / 5


def test_house_numbers_are_in_two_columns(folder: Path) -> None:
    rows = read(folder, "leadservicelines.csv")[:-2]
    more = {row["House Number contd."] for row in rows}
    assert {" ", " A"} < more
    assert all(re.fullmatch(r" | A|\d\d", text) for text in more)
    ranges = [row for row in rows if row["House Number contd."].strip().isdigit()]
    assert all(int(row["House Number contd."]) == int(row["House Number Range"][-2:]) + 4 for row in ranges)
    assert any(row["City"] == "FARVILLE" for row in rows)
    assert {row["State"] for row in rows} == {"SAMPLE STATE", ""}
    assert {len(row["Zip Code"]) for row in rows} == {5, 10}


def test_orders_are_of_houses_written_out(folder: Path) -> None:
    index = {long_form(address) for address in addresses()}
    for name in ("open_lead.csv", "abated_lead.csv"):
        texts = [row["Address"] for row in read(folder, name)]
        streets = [re.sub(r" (A|Lower)$", "", text.split(",")[0]) for text in texts]
        assert set(streets) <= index
        assert streets != [text.split(",")[0] for text in texts]
        assert all(re.search(r", Sampleton, ZZ 000\d\d$", text) for text in texts)


def test_dates_of_orders_are_text_with_the_month_first(folder: Path) -> None:
    orders = read(folder, "open_lead.csv")
    issued = [datetime.strptime(row["Order Issued Date"], "%m-%d-%Y") for row in orders if row["Order Issued Date"]]
    assert max(issued) == datetime(2025, 12, 29)
    assert len(orders) - len(issued) == 4
    early = [
        row
        for row in orders
        if row["Order Issued Date"]
        for due_on in (row["Exterior Order Due Date"] or row["Interior Orders Due Date"],)
        if due_on and datetime.strptime(due_on, "%m-%d-%Y") < datetime.strptime(row["Order Issued Date"], "%m-%d-%Y")
    ]
    assert len(early) == 1
    assert {row["Type of Orders"] for row in orders} == {"Both", "Interior", "Exterior", "None"}
    for row in orders:
        if row["Type of Orders"] == "Interior":
            assert row["Exterior Order Due Date"] == ""


def test_one_abated_order_occurs_twice(folder: Path) -> None:
    rows = [tuple(row.values()) for row in read(folder, "abated_lead.csv")]
    assert len(rows) - len(set(rows)) == 1
    assert {row[2] for row in rows} <= {str(district) for district in range(1, 16)}
