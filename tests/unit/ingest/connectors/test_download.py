"""Files behind an address, and behind a CKAN resource: whole, only when they changed, and gone when they were read."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.connectors import FetchRequest, open_live
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, deliver
from ingest.errors import DeliveryError
from tests.support.portals import FakeCkan, hang, reset, status, truncated, web_page
from tests.support.visits import HASH_KEY, NOON
from tests.unit.ingest.connectors.conftest import Live

MakeContract = Callable[..., Contract]
CSV = b"A,B\n1,2\n3,4\n"
ROWS = [("1", "2"), ("3", "4")]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.csv", data)
    return buffer.getvalue()


@pytest.fixture
def files(ckan: FakeCkan) -> FakeCkan:
    ckan.files["visits.csv"] = CSV
    ckan.resource["url"] = f"{ckan.url}/file/visits.csv"
    return ckan


@pytest.fixture(params=["http", "ckan"])
def connector(request: pytest.FixtureRequest, files: FakeCkan) -> dict[str, Any]:
    """The same file by its address, and as a resource of a portal."""
    if request.param == "http":
        return {"kind": "http", "url": f"{files.url}/file/visits.csv"}
    return {"kind": "ckan", "base_url": files.url, "resource": "r1", "mode": "download"}


@pytest.fixture
def take(tmp_path: Path, make_contract: MakeContract) -> Callable[..., DeliveryRecord]:
    """What a run does: fetch into a folder of its own, knowing the newest delivery."""
    store = DeliveryStore(tmp_path / "deliveries", "dpt__visits")

    def deliver_live(**changes: Any) -> DeliveryRecord:
        contract = make_contract(**changes)
        folder = tmp_path / f"fetched{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        origin = open_live(contract, FetchRequest({}, folder, known=store.newest_downloads(contract)))
        assert origin is not None
        return deliver(contract, origin, store, HASH_KEY, NOON, DeliveryOptions(live=True))

    return deliver_live


def test_a_file_is_read_as_one_that_was_delivered(
    connector: dict[str, Any], make_contract: MakeContract, read_live: Live
) -> None:
    (table,) = read_live(make_contract(connector=connector))
    assert (table.name, table.rows) == ("visits.csv", ROWS)


@pytest.mark.parametrize(
    ("name", "body", "parts"),
    [
        ("visits.csv.gz", gzip.compress(CSV), ["visits.csv.gz"]),
        ("visits.zip", zipped(a=CSV, b=CSV), ["visits.zip/a.csv", "visits.zip/b.csv"]),
        ("download?id=5&key=hunter2", CSV, ["download"]),
        ("V%20is%2Fits.csv", CSV, ["V is_its.csv"]),
        (".hidden.csv", CSV, ["hidden.csv"]),
    ],
    ids=["gz", "zip", "query", "escaped", "dot"],
)
def test_a_file_of_any_name_and_packing(
    ckan: FakeCkan, make_contract: MakeContract, read_live: Live, name: str, body: bytes, parts: list[str]
) -> None:
    ckan.faults = [truncated(body, len(body), "application/octet-stream")]
    tables = read_live(make_contract(connector={"kind": "http", "url": f"{ckan.url}/{name}"}))
    assert [table.name for table in tables] == parts
    assert [table.rows for table in tables] == [ROWS] * len(parts)


def test_a_file_that_has_not_changed_is_not_sent_again(
    connector: dict[str, Any], files: FakeCkan, take: Callable[..., DeliveryRecord]
) -> None:
    first = take(connector=connector)
    second = take(connector=connector)
    assert second == first
    assert files.downloads == 1
    assert [file.etag is not None for file in first.fetched] == [True]


def test_a_file_that_changed_is_another_load(
    connector: dict[str, Any], files: FakeCkan, take: Callable[..., DeliveryRecord]
) -> None:
    first = take(connector=connector)
    files.files["visits.csv"] = CSV + b"5,6\n"
    second = take(connector=connector)
    assert (first.rows, second.rows, second.sequence) == (2, 3, 2)
    assert first.load_id != second.load_id


def test_without_marks_of_its_server_a_file_is_known_by_its_bytes(
    connector: dict[str, Any], files: FakeCkan, take: Callable[..., DeliveryRecord]
) -> None:
    files.etags = False
    assert take(connector=connector) == take(connector=connector)
    assert files.downloads == 2


def test_under_another_contract_a_file_is_sent_again(
    connector: dict[str, Any], files: FakeCkan, take: Callable[..., DeliveryRecord]
) -> None:
    """What was read under the old one lacks a column of the new one."""
    take(connector=connector, columns=[{"name": "a", "from": "A"}], ignore=["B"])
    take(connector=connector)
    assert files.downloads == 2


def test_a_file_of_another_address_is_another_file(files: FakeCkan, take: Callable[..., DeliveryRecord]) -> None:
    files.files["other.csv"] = CSV
    for name in ("visits.csv", "other.csv"):
        take(connector={"kind": "http", "url": f"{files.url}/file/{name}"})
    assert files.downloads == 2


def test_a_new_mark_of_old_bytes_is_kept(files: FakeCkan, take: Callable[..., DeliveryRecord]) -> None:
    keys = {"connector": {"kind": "http", "url": f"{files.url}/file/visits.csv"}}
    files.etags = False
    take(**keys)
    files.etags = True
    take(**keys)
    take(**keys)
    assert files.downloads == 2


@pytest.mark.parametrize(
    "fault",
    [status(500), status(429), reset, pytest.param(hang(0.3), marks=pytest.mark.hangs), truncated(b"A,B\n1,2\n", 5000)],
)
def test_what_passes_is_waited_for(files: FakeCkan, make_contract: MakeContract, read_live: Live, fault: Any) -> None:
    files.faults = [fault, fault]
    (table,) = read_live(make_contract(connector={"kind": "http", "url": f"{files.url}/file/visits.csv"}))
    assert table.rows == ROWS


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (status(500), "the portal failed 4 times (500)"),
        (status(404), "the portal no longer has it (404); find its new address"),
        (truncated(b"A,B\n1,2\n", 5000), "the connection was interrupted, 4 times; nothing was ingested"),
        (web_page, "its server sent a web page instead of the file; open the address in a browser"),
    ],
    ids=["500", "404", "truncated", "web page"],
)
def test_what_stays_is_reported_and_nothing_is_taken(
    files: FakeCkan, take: Callable[..., DeliveryRecord], tmp_path: Path, fault: Any, message: str
) -> None:
    files.faults = [fault] * 20
    with pytest.raises(DeliveryError, match=r"dpt__visits: visits\.csv: ") as error:
        take(connector={"kind": "http", "url": f"{files.url}/file/visits.csv?key=hunter2"})
    assert message in str(error.value) and "hunter2" not in str(error.value)
    assert not (tmp_path / "deliveries").exists()


def test_a_download_that_trickles_is_given_up(
    files: FakeCkan, make_contract: MakeContract, read_live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.connectors.http_client.DOWNLOAD_SECONDS", -1.0)
    with pytest.raises(DeliveryError, match="the download was not complete after"):
        read_live(make_contract(connector={"kind": "http", "url": f"{files.url}/file/visits.csv"}))
    assert files.downloads == 1


def test_a_full_disk_is_reported(files: FakeCkan, make_contract: MakeContract, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = make_contract(connector={"kind": "http", "url": f"{files.url}/file/visits.csv"})
    with pytest.raises(DeliveryError, match=r"writing the download failed \(No such file or directory\); free space on the disk"):
        open_live(contract, FetchRequest({}, Path("/nowhere/at/all")))


def test_a_download_has_no_name_on_the_disk(files: FakeCkan, make_contract: MakeContract, tmp_path: Path) -> None:
    origin = open_live(
        make_contract(connector={"kind": "http", "url": f"{files.url}/file/visits.csv"}), FetchRequest({}, tmp_path)
    )
    assert origin is not None
    assert origin.file_hashes and list(tmp_path.iterdir()) == []


PACKAGE = [
    {"id": "r3", "name": "2021 sales", "state": "active", "url": "/file/sales.csv"},
    {"id": "r2", "name": "2020 sales", "state": "active", "url": "/file/sales.csv"},
    {"id": "r4", "name": "Data dictionary", "state": "active", "url": "/file/words.pdf"},
    {"id": "r5", "name": "2019 sales", "state": "deleted", "url": "/file/gone.csv"},
]


@pytest.fixture
def package(files: FakeCkan) -> dict[str, Any]:
    files.files["sales.csv"] = CSV
    files.package = [resource | {"url": files.url + resource["url"]} for resource in PACKAGE]
    return {"kind": "ckan", "base_url": files.url, "package": "visits", "resource": "* sales", "mode": "download"}


def test_a_package_gives_every_resource_that_is_meant(
    package: dict[str, Any], make_contract: MakeContract, read_live: Live
) -> None:
    tables = read_live(make_contract(connector=package))
    assert [table.name for table in tables] == ["2_sales.csv", "sales.csv"]
    assert [table.rows for table in tables] == [ROWS, ROWS]


def test_of_a_package_one_changed_file_brings_all_of_them(
    package: dict[str, Any], files: FakeCkan, take: Callable[..., DeliveryRecord]
) -> None:
    files.package[0]["url"] = f"{files.url}/file/visits.csv"
    assert take(connector=package).rows == 4
    assert take(connector=package).rows == 4
    assert files.downloads == 2
    files.files["visits.csv"] = CSV + b"5,6\n"
    changed = take(connector=package)
    assert (changed.rows, files.downloads) == (5, 4)
    del files.package[1]
    assert take(connector=package).rows == 3


def test_a_package_without_the_resource_names_those_it_has(
    package: dict[str, Any], make_contract: MakeContract, read_live: Live
) -> None:
    with pytest.raises(DeliveryError, match="has no such resource; it has 2020 sales, 2021 sales, Data dictionary; correct conn"):
        read_live(make_contract(connector=package | {"resource": "* permits"}))


def test_a_resource_by_its_id_within_its_package(package: dict[str, Any], make_contract: MakeContract, read_live: Live) -> None:
    (table,) = read_live(make_contract(connector=package | {"resource": "r2"}))
    assert table.name == "sales.csv"


def test_rows_of_a_file_without_a_datastore_are_reported(ckan: FakeCkan, make_contract: MakeContract, read_live: Live) -> None:
    ckan.resource["datastore_active"] = False
    with pytest.raises(DeliveryError, match="the portal has only the file of Visits, not its rows; write mode: download"):
        read_live(make_contract(connector={"kind": "ckan", "base_url": ckan.url, "resource": "r1"}))


NOT_CKANS = ("[]", "{}", '{"success": true}', '{"success": true, "result": {}}', '{"success": true, "result": []}')


@pytest.mark.parametrize("answer", NOT_CKANS)
def test_an_answer_that_is_not_ckans_is_reported(
    ckan: FakeCkan, make_contract: MakeContract, read_live: Live, answer: str
) -> None:
    ckan.faults = [status(200, answer, Content_Type="application/json")]
    with pytest.raises(DeliveryError, match="its answer is not from CKAN; check that base_url is the portal's address, without"):
        read_live(make_contract(connector={"kind": "ckan", "base_url": ckan.url, "resource": "r1"}))
