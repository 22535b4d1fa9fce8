"""Files that are elsewhere, change while they are read, or are still being written; and archives that are not safe to read."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import openpyxl
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ingest.connectors import FetchRequest, Origin, open_folder
from ingest.connectors import open_live as open_live_by
from ingest.contract import Contract
from ingest.errors import DeliveryError
from ingest.readers import delivered_files
from ingest.readers.files import is_delivered_file, local_files

MakeContract = Callable[..., Contract]


def open_live(contract: Contract, environment: dict[str, str]) -> Origin | None:
    """A file connector needs nothing of what a run gives to a live one."""
    return open_live_by(contract, FetchRequest(environment, Path()))


@pytest.fixture
def remote() -> Iterator[MemoryFileSystem]:
    """A file system that fsspec reaches, with the interface that S3 and SFTP have, too."""
    system = fsspec.filesystem("memory")
    yield system
    system.rm("/", recursive=True)


def at(path: str, **changes: Any) -> dict[str, Any]:
    return {"connector": {"kind": "file", "path": path}, **changes}


def workbook() -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["A", "B"])
    book.active.append(["5", "6"])
    book.save(buffer)
    return buffer.getvalue()


def zipped(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("memory://drop", ["a.csv", "b.zip/x.csv", "sub/c.csv.gz"]),
        ("memory://drop/", ["a.csv", "b.zip/x.csv", "sub/c.csv.gz"]),
        ("memory://drop/a.csv", ["a.csv"]),
        ("memory://drop/*.zip", ["b.zip/x.csv"]),
        ("memory://drop/[ab].*", ["a.csv", "b.zip/x.csv"]),
    ],
)
def test_a_folder_a_file_or_a_glob_elsewhere(
    remote: MemoryFileSystem, make_contract: MakeContract, read_origin: Callable[..., Any], path: str, names: list[str]
) -> None:
    remote.pipe(
        {
            "/drop/a.csv": b"A,B\n1,2\n",
            "/drop/b.zip": zipped({"x.csv": "A,B\n1,2\n"}),
            "/drop/sub/c.csv.gz": gzip.compress(b"A,B\n1,2\n"),
            "/drop/d.csv.part": b"A,B\n",
            "/drop/.keep": b"",
        }
    )
    contract = make_contract(**at(path))
    tables = read_origin(contract, open_live(contract, {}))
    assert [(table.name, table.rows) for table in tables] == [(name, [("1", "2")]) for name in names]


def test_the_same_bytes_are_the_same_delivery_in_any_folder(
    remote: MemoryFileSystem, make_contract: MakeContract, tmp_path: Path
) -> None:
    remote.pipe("/drop/a.csv", b"A,B\n1,2\n")
    (tmp_path / "a.csv").write_bytes(b"A,B\n1,2\n")
    far, near = (open_live(make_contract(**at(path)), {}) for path in ("memory://drop", str(tmp_path)))
    assert far is not None
    assert near is not None
    assert far.file_hashes == near.file_hashes


def test_a_workbook_elsewhere(remote: MemoryFileSystem, make_contract: MakeContract, read_origin: Callable[..., Any]) -> None:
    remote.pipe("/drop/a.xlsx", workbook())
    contract = make_contract(**at("memory://drop/a.xlsx", format={"kind": "excel"}))
    (table,) = read_origin(contract, open_live(contract, {}))
    assert table.rows == [("5", "6")]


def test_nothing_is_copied_to_this_machine(
    remote: MemoryFileSystem, make_contract: MakeContract, read_origin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary file would hold what the contract drops."""
    remote.pipe("/drop/b.zip", zipped({"x.csv": "A,B\n1,2\n"}))
    monkeypatch.setattr("tempfile.mkstemp", lambda *_args, **_keys: pytest.fail("a temporary file"))
    contract = make_contract(**at("memory://drop"))
    assert len(read_origin(contract, open_live(contract, {}))) == 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("memory://drop/none.csv", "no such file or folder; correct connector.path"),
        ("memory://drop/*.csv", "no such file or folder"),
        ("memory://none", "no such file or folder"),
        ("nowhere://drop", "it cannot be listed (ValueError); check its address, that it is up, and its credentials"),
        (
            "s3://bucket/drop",
            "reading s3:// needs a package that is not installed; install it in the project with .venv/bin/uv pip install",
        ),
        ("https://data.dpt.example/a.csv", "a file connector does not read this address; write a plain address like s3://"),
        ("simplecache::s3://bucket/drop", "a file connector does not read this address"),
    ],
)
def test_an_address_that_leads_nowhere_is_reported(make_contract: MakeContract, path: str, message: str) -> None:
    with pytest.raises(DeliveryError) as error:
        open_live(make_contract(**at(path)), {})
    assert message in str(error.value)


def test_a_lost_connection_is_reported(
    remote: MemoryFileSystem, make_contract: MakeContract, read_origin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class TokenExpired(Exception):
        """What botocore or paramiko raise is no OSError."""

    remote.pipe("/drop/a.csv", b"A,B\n" + b"1,2\n" * 1000)
    contract = make_contract(**at("memory://drop"))
    origin = open_live(contract, {})

    def lost(*_: Any, **__: Any) -> Any:
        raise TokenExpired("user=desk secret=hunter2")

    monkeypatch.setattr(MemoryFileSystem, "_open", lost)
    with pytest.raises(
        DeliveryError, match=r"a\.csv: reading stopped \(the connection was lost \(TokenExpired\)\); check the di"
    ) as error:
        read_origin(contract, origin)
    assert "hunter2" not in str(error.value)


def test_a_file_that_changes_while_it_is_read_is_refused(
    make_contract: MakeContract, read_origin: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("A,B\n1,2\n")
    contract = make_contract(**at(str(tmp_path)))
    origin = open_live(contract, {})
    with (tmp_path / "a.csv").open("a") as file:
        file.write("3,4\n")
    with pytest.raises(DeliveryError, match=r"a\.csv: it changed while it was read; wait until it is complete"):
        read_origin(contract, origin)


def test_a_file_elsewhere_that_changes_while_it_is_read_is_refused(
    remote: MemoryFileSystem, make_contract: MakeContract, read_origin: Callable[..., Any]
) -> None:
    remote.pipe("/drop/a.csv", b"A,B\n1,2\n")
    contract = make_contract(**at("memory://drop"))
    origin = open_live(contract, {})
    remote.pipe("/drop/a.csv", b"A,B\n1,3\n")
    with pytest.raises(DeliveryError, match="it changed while it was read"):
        read_origin(contract, origin)


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.filepart", "a.TMP", "x/.a.csv", "~$a.xlsx", "desktop.ini", "x.crdownload"])
def test_what_is_still_being_written_is_no_delivery(name: str) -> None:
    assert not is_delivered_file(PurePosixPath(name))
    assert is_delivered_file(PurePosixPath("2024/a.csv"))


def archive(tmp_path: Path, make_contract: MakeContract, read_origin: Callable[..., Any], name: str, data: bytes) -> Any:
    (tmp_path / name).write_bytes(data)
    contract = make_contract()
    return read_origin(contract, open_folder(contract, (tmp_path / name,), tmp_path))


def test_an_archive_that_explodes_is_refused(
    make_contract: MakeContract, read_origin: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.readers.files.NEVER_A_BOMB", 1 << 20)
    bomb = "A,B\n" + "0,0\n" * 1_000_000
    message = "the archive unpacks to more than 300 times its size; deliver the files themselves, unless it is a mistake"
    with pytest.raises(DeliveryError, match=f"visits.zip: {message}"):
        archive(tmp_path, make_contract, read_origin, "visits.zip", zipped({"a.csv": bomb}))
    with pytest.raises(DeliveryError, match=f"visits.csv.gz: {message}"):
        archive(tmp_path, make_contract, read_origin, "visits.csv.gz", gzip.compress(bomb.encode()))


def test_an_archive_with_a_false_size_is_refused(
    make_contract: MakeContract, read_origin: Callable[..., Any], tmp_path: Path
) -> None:
    """A member yields no more than it declares, and then its check sum is wrong."""
    data = bytearray(zipped({"a.csv": "A,B\n" + "0,0\n" * 100_000}))
    for start in (data.find(b"PK\x03\x04") + 22, data.rfind(b"PK\x01\x02") + 24):
        data[start : start + 4] = (64).to_bytes(4, "little")
    with pytest.raises(DeliveryError, match=r"visits\.zip/a\.csv: the compressed data is damaged or cut off"):
        archive(tmp_path, make_contract, read_origin, "visits.zip", bytes(data))


@pytest.mark.parametrize("member", ["../a.csv", "/etc/passwd", "x/../../a.csv", "C:\\a.csv", "..\\a.csv", "a\x1b[31m.csv"])
def test_a_member_whose_name_leads_elsewhere_is_refused(
    make_contract: MakeContract, read_origin: Callable[..., Any], tmp_path: Path, member: str
) -> None:
    with pytest.raises(DeliveryError, match=r"visits\.zip: the name of a member points outside the archive, or contains control"):
        archive(tmp_path, make_contract, read_origin, "visits.zip", zipped({member: "A,B\n1,2\n"}))
    assert [path.name for path in tmp_path.iterdir()] == ["visits.zip"]


def test_two_members_of_one_name_are_refused(
    make_contract: MakeContract, read_origin: Callable[..., Any], tmp_path: Path
) -> None:
    data = bytearray(zipped({"a.csv": "A,B\n1,2\n", "b.csv": "A,B\n3,4\n"}))
    data = data.replace(b"b.csv", b"a.csv")
    with pytest.raises(DeliveryError, match="1 names in it are repeated, and only the last member of each could be read"):
        archive(tmp_path, make_contract, read_origin, "visits.zip", bytes(data))


def test_a_file_that_is_read_whole_has_a_limit(read_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.readers.reader_types.MOST_IN_MEMORY", 1 << 10)
    with pytest.raises(
        DeliveryError, match="it is larger than 0 MB, and a file of this kind is read whole; deliver it in several"
    ):
        read_file(workbook(), name="a.xlsx", format={"kind": "excel"})


@pytest.mark.parametrize("to", ["secret.csv", "folder", "nothing"])
def test_a_symbolic_link_in_a_folder_is_refused(make_contract: MakeContract, tmp_path: Path, to: str) -> None:
    """A sender who may write to the folder could have any file of this machine read, also one that appears later."""
    (tmp_path / "secret.csv").write_text("A,B\n1,2\n")
    (tmp_path / "folder").mkdir()
    drop = tmp_path / "drop"
    (drop / "sub").mkdir(parents=True)
    (drop / "a.csv").write_text("A,B\n1,2\n")
    (drop / "sub" / "link.csv").symlink_to(tmp_path / to)
    message = (
        r"^dpt__visits: sub/link\.csv: it is a symbolic link; replace it by a copy of the file that it leads to, and run again$"
    )
    with pytest.raises(DeliveryError, match=message):
        open_folder(make_contract(), delivered_files(drop), drop)
    with pytest.raises(DeliveryError, match=message):
        open_live(make_contract(**at(str(drop))), {})
    (drop / "link.csv").symlink_to(tmp_path / to)
    with pytest.raises(DeliveryError, match="it is a symbolic link"):
        open_live(make_contract(**at(str(drop / "*.csv"))), {})


def test_a_link_that_replaces_a_listed_file_is_not_followed(make_contract: MakeContract, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("A,B\n1,2\n")
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.csv").write_text("A,B\n1,2\n")
    (file,) = local_files(make_contract(), delivered_files(drop), drop)
    before = file.mark()
    (drop / "a.csv").unlink()
    (drop / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(OSError, match="symbolic link"):
        file.open()
    assert file.mark() != before


def test_a_link_that_the_contract_names_is_read(
    make_contract: MakeContract, read_origin: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "visits-2026.csv").write_text("A,B\n1,2\n")
    (tmp_path / "latest.csv").symlink_to("visits-2026.csv")
    contract = make_contract(**at(str(tmp_path / "latest.csv")))
    (table,) = read_origin(contract, open_live(contract, {}))
    assert (table.name, table.rows) == ("latest.csv", [("1", "2")])


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"caf\xe9/visits.csv", b"\xff\xfe"])
def test_a_name_that_is_not_utf8_is_refused_and_escaped(tmp_path: Path, name: bytes, make_contract: MakeContract) -> None:
    (tmp_path / "a.csv").write_bytes(b"A,B\n1,2\n")
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"A,B\n3,4\n")
    with pytest.raises(DeliveryError) as error:
        open_folder(make_contract(), delivered_files(tmp_path), tmp_path)
    escaped = name.decode("ascii", "backslashreplace")
    assert str(error.value).startswith(
        f"dpt__visits: {escaped}: the bytes of its name are not UTF-8; rename it in ASCII or UTF-8"
    )
