"""Files of one source that differ: other names, no header, other periods, and files in the folder that are no delivery."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.connectors import DownloadedFile, Origin, open_folder
from ingest.contract import Contract
from ingest.contract.vocabularies import load_vocabulary
from ingest.delivery import deliver
from ingest.delivery.store import compute_load_id
from ingest.errors import DeliveryError
from ingest.readers import delivered_files
from tests.support.file_formats import workbook
from tests.support.visits import HASH_KEY, NOON
from warehouse.fingerprint import bytes_sha256

COLUMNS: list[dict[str, Any]] = [
    {"name": "a", "from": "A"},
    {"name": "b", "from": ["B", "Bee"]},
    {"name": "starts", "type": "date", "from_period": "start"},
    {"name": "ends", "type": "date", "from_period": "end", "role": "period"},
]
LAYOUTS: list[dict[str, Any]] = [
    {
        "files": "v_2018*",
        "columns": {"a": "ID", "b": None},
        "period": {"start": dt.date(2018, 1, 1), "end": dt.date(2018, 12, 31)},
    },
    {"files": "v_2019*", "header": {"rows": "none"}, "columns": {"a": 2, "b": 1}},
]
PERIOD = {"start": dt.date(2020, 1, 1), "end": dt.date(2020, 12, 31)}
MakeContract = Callable[..., Contract]


@pytest.fixture
def contract(make_contract: MakeContract) -> Contract:
    return make_contract(columns=COLUMNS, format={"kind": "csv", "layouts": LAYOUTS}, period=PERIOD)


def test_each_file_is_read_by_its_layout(warehouse: Any, contract: Contract) -> None:
    delivery = warehouse.deliver(contract, {"v_2018.csv": "ID,B\n1,x\n", "v_2019.csv": "y,2\n", "v_2020.csv": "Bee,A\nz,3\n"})
    assert (delivery.columns_missing, delivery.columns_unknown) == ((), ("B",))
    warehouse.promote(contract, delivery)
    assert warehouse.rows("a, b, starts, ends") == [
        ("1", None, "2018-01-01", "2018-12-31"),
        ("2", "y", "2020-01-01", "2020-12-31"),
        ("3", "z", "2020-01-01", "2020-12-31"),
    ]


def test_a_member_of_an_archive_has_the_layout_of_its_own_name_or_of_the_archive(warehouse: Any, contract: Contract) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.csv", "ID\n1\n")
        archive.writestr("v_2019.csv", "y,2\n")
    warehouse.take(contract, {"v_2018.zip": packed.getvalue()})
    assert warehouse.rows("a, b") == [("1", None), ("2", "y")]


def test_a_name_of_a_layout_that_is_missing_is_reported(warehouse: Any, contract: Contract) -> None:
    delivery = warehouse.deliver(contract, {"v_2018.csv": "A,B\n1,x\n"})
    assert delivery.columns_missing == ("ID",)
    assert contract.names_of(contract.column("a")) == ("A", "ID", 2)


def test_a_file_without_a_period_lacks_the_column(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(columns=COLUMNS, format={"kind": "csv", "layouts": LAYOUTS})
    assert warehouse.deliver(contract, {"v_2020.csv": "A,B\n1,x\n"}).columns_missing == ("starts", "ends")
    assert warehouse.deliver(contract, {"v_2018.csv": "ID\n1\n"}).columns_missing == ()


@pytest.mark.parametrize("name", ["Notes.PDF", "README.txt", "below/readme.md"])
def test_files_that_are_no_delivery_are_ignored(tmp_path: Path, make_contract: MakeContract, name: str) -> None:
    contract = make_contract(ignore_files=["*.pdf", "README*"])
    for file in (name, "v.csv"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("A,B\n1,2\n")
    assert [file.name for file in delivered_files(tmp_path, contract.ignore_files)] == ["v.csv"]
    assert len(delivered_files(tmp_path)) == 2


def test_a_database_needs_no_format_until_a_file_is_delivered(
    warehouse: Any, tmp_path: Path, make_contract: MakeContract
) -> None:
    contract = make_contract(
        connector={"kind": "database", "credentials_env": "DPT_URL", "table": "visits"}, format={"kind": "csv"}
    )
    data = contract.model_dump(by_alias=True, exclude_unset=True)
    data.pop("format")
    without = Contract.model_validate(data, context=load_vocabulary())
    assert contract.has_format and not without.has_format
    (tmp_path / "v.csv").write_text("A,B\n1,2\n")
    with pytest.raises(DeliveryError, match="has no format for files; write how the file is written into the contract"):
        deliver(without, open_folder(without, (tmp_path / "v.csv",), tmp_path), warehouse.store, HASH_KEY, NOON)


def sheets(**rows: str) -> bytes:
    """A workbook with a sheet per name, of the columns A and B with one record."""

    def fill(book: openpyxl.Workbook) -> None:
        book.remove(book.active)
        for name, cells in rows.items():
            one = book.create_sheet(name.removeprefix("_"))
            one.append(["A", "B"])
            one.append(list(cells))

    return workbook(fill)


SHEET_LAYOUTS = [{"files": f"*{year}*", "sheet": str(year)} for year in (2021, 2022, 2023)]
MODES: list[dict[str, Any]] = [{"mode": "append"}, {"mode": "replace_partition", "partition_by": ["a"]}]


@pytest.mark.parametrize("load", MODES)
def test_copies_of_a_workbook_that_are_read_by_other_layouts_are_other_tables(
    warehouse: Any, make_contract: MakeContract, load: dict[str, Any]
) -> None:
    columns = [{"name": "a", "from": "A", "required": True}, {"name": "b", "from": "B"}]
    contract = make_contract(columns=columns, format={"kind": "excel", "layouts": SHEET_LAYOUTS}, load=load)
    book = sheets(_2021="1x", _2022="2y", _2023="3z")
    warehouse.take(contract, {"v_2022.xlsx": book})
    warehouse.take(contract, {"v_2021.xlsx": book, "v_2022.xlsx": book, "v_2022_copy.xlsx": book})
    assert warehouse.rows("a, b") == [("1", "x"), ("2", "y")]
    warehouse.take(contract, {"v_2023.xlsx": book})
    warehouse.take(contract, {"v_2021.xlsx": book, "v_2022.xlsx": book})
    assert warehouse.rows("a, b") == [("1", "x"), ("2", "y"), ("3", "z")]


def test_the_layout_is_in_no_hash_where_one_layout_reads_the_bytes(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(format={"kind": "excel", "layouts": [*SHEET_LAYOUTS, {"files": "w_*", "sheet": "2021"}]})
    book = sheets(_2021="1x", _2022="2y")
    delivery = warehouse.deliver(contract, {"v_2021.xlsx": book, "w_x.xlsx": book})
    plain = bytes_sha256(book)
    assert [file.sha256 for file in delivery.files] == [plain, plain]
    assert delivery.load_id == compute_load_id(contract, (plain, plain))
    other = warehouse.deliver(contract, {"v_2022.xlsx": book, "v_2021.xlsx": book})
    first, second = (file.sha256 for file in other.files)
    assert first == plain != second and other.load_id != delivery.load_id
    assert warehouse.deliver(contract, {"v_2022.xlsx": book}).files[0].sha256 == second


def test_a_download_that_has_not_changed_is_known_whatever_its_layouts(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(format={"kind": "excel", "layouts": SHEET_LAYOUTS})
    book = sheets(_2021="1x", _2022="2y")
    delivery = warehouse.deliver(contract, {"v_2021.xlsx": book, "v_2022.xlsx": book})
    same = tuple(DownloadedFile(name=file.name, address=file.name, sha256=bytes_sha256(book)) for file in delivery.files)
    warehouse.store.save(delivery.model_copy(update={"fetched": same}))
    assert warehouse.store.newest_downloads(contract) == same
    unchanged = Origin((), {file.name: file.sha256 for file in same}, fetched=same)
    assert deliver(contract, unchanged, warehouse.store, HASH_KEY, NOON).load_id == delivery.load_id


def test_each_sheet_that_a_glob_selects_is_a_table(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [*COLUMNS[:2], {"name": "year", "from_file": r"(20\d\d)", "type": "integer"}]
    layouts = [{"files": "2019", "columns": {"a": "B", "b": "A"}}]
    contract = make_contract(columns=columns, format={"kind": "excel", "sheet": "20*", "layouts": layouts})
    delivery = warehouse.deliver(contract, {"v.xlsx": sheets(_2019="1x", _2020="1x", Notes="9n"), "w.xlsx": sheets(_2021="3z")})
    assert [file.name for file in delivery.files] == ["v.xlsx/2019", "v.xlsx/2020", "w.xlsx/2021"]
    assert len({file.sha256 for file in delivery.files}) == 3
    warehouse.promote(contract, delivery)
    assert warehouse.rows("a, b, year") == [("1", "x", "2020"), ("3", "z", "2021"), ("x", "1", "2019")]


@pytest.mark.parametrize(
    ("data", "message"),
    [(sheets(Old="1x"), "it has no sheet 20*; there are Old"), (b"A,B\n", "this is not an Excel workbook"), (b"", "is empty")],
)
def test_a_file_without_a_sheet_that_fits_a_glob_is_refused(
    warehouse: Any, make_contract: MakeContract, data: bytes, message: str
) -> None:
    contract = make_contract(format={"kind": "excel", "sheet": "20*"})
    with pytest.raises(DeliveryError, match=re.escape(message)):
        warehouse.deliver(contract, {"v.xlsx": data})


MIXED: list[dict[str, Any]] = [{"name": "a", "from": ["A", 2]}, {"name": "b", "from": ["B", "Bee", 1]}]


@pytest.mark.parametrize("header", [{"rows": "optional"}, {"rows": "optional", "skip": 1}])
def test_files_with_and_without_header_are_of_one_source(
    warehouse: Any, make_contract: MakeContract, header: dict[str, Any]
) -> None:
    contract = make_contract(columns=MIXED, format={"kind": "csv", "header": header})
    title = "Visits\n" if "skip" in header else ""
    files = {"with.csv": f"{title}A,Bee\n1,x\n", "without.csv": f"{title}y,2\nz,3\n"}
    delivery = warehouse.deliver(contract, files)
    assert (delivery.columns_missing, delivery.columns_unknown) == ((), ())
    warehouse.promote(contract, delivery)
    assert warehouse.rows("a, b, _source_row") == [("1", "x", 1), ("2", "y", 1), ("3", "z", 2)]


def test_a_renamed_column_of_a_file_with_optional_header_is_missing(warehouse: Any, make_contract: MakeContract) -> None:
    columns = [*MIXED, {"name": "c", "from": ["C", 3]}]
    contract = make_contract(columns=columns, format={"kind": "csv", "header": {"rows": "optional"}})
    delivery = warehouse.deliver(contract, {"v.csv": "A,B,See\n1,x,2\n"})
    assert (delivery.columns_missing, delivery.columns_unknown) == (("C",), ("See",))


def test_a_layout_without_header_uses_the_positions_of_the_columns(warehouse: Any, make_contract: MakeContract) -> None:
    layouts = [{"files": "old*", "header": {"rows": "none"}}]
    contract = make_contract(columns=MIXED, format={"kind": "csv", "layouts": layouts})
    warehouse.take(contract, {"old.csv": "y,2\n", "new.csv": "A,B\n1,x\n"})
    assert warehouse.rows("a, b") == [("1", "x"), ("2", "y")]


def test_an_empty_file_with_optional_header_is_refused_like_any(warehouse: Any, make_contract: MakeContract) -> None:
    contract = make_contract(columns=MIXED, format={"kind": "csv", "header": {"rows": "optional"}})
    with pytest.raises(DeliveryError):
        warehouse.deliver(contract, {"v.csv": ""})
