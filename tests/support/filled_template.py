"""Fill in a template workbook as a department does, and land it as a run does."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from ingest.readers.formats.template import DATA_SHEET, HEADER_ROW
from orchestration.stewardship.template import write_template
from tests.support.visits import CITY_ZONE, HASH_KEY, NOON
from warehouse.metadata import migrate


def empty_template(contract: Contract) -> bytes:
    """The bytes of the workbook as the command writes it."""
    with tempfile.TemporaryDirectory(prefix="levelground-") as folder:
        return write_template(contract, "xlsx", Path(folder)).read_bytes()


def filled(template: bytes, rows: Sequence[Sequence[Any]]) -> bytes:
    """The workbook with rows below its header."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book[DATA_SHEET]
    for number, row in enumerate(rows, HEADER_ROW + 2):
        for at, value in enumerate(row, 1):
            if value is not None:
                sheet.cell(number, at, value)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def landed(contract: Contract, data: bytes, name: str) -> list[dict[str, Any]]:
    """The typed rows after a delivery of that file, in the order of its rows."""
    with tempfile.TemporaryDirectory(prefix="levelground-") as folder, duckdb.connect() as con:
        delivery = Path(folder) / "in"
        delivery.mkdir()
        (delivery / name).write_bytes(data)
        store = DeliveryStore(Path(folder) / "deliveries", contract.source)
        record = deliver(contract, open_folder(contract, delivered_files(delivery), delivery), store, HASH_KEY, NOON)
        migrate(con)
        ensure_tables(con, contract, CITY_ZONE)
        LandingTable(con, contract, store, CITY_ZONE).promote(record, run_id="run", now=NOON)
        found = con.execute(f"select * from typed.{contract.source} order by _source_row")
        names = [about[0] for about in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
