"""What a folder or a live connector holds: which files, in which order, known by which bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.connectors import FetchRequest, open_folder, open_live
from ingest.contract import Contract
from ingest.errors import DeliveryError
from ingest.readers import delivered_files

MakeContract = Callable[..., Contract]


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".csv").write_text(text)
    return folder


def test_files_come_in_the_order_of_their_names_and_folders(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "2024/z.csv", "A.csv", "2024/10/a.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in delivered_files(tmp_path)]
    assert found == ["2024/10/a.csv", "2024/z.csv", "A.csv", "a.csv", "b.csv"]


def test_what_desktop_programs_leave_behind_is_no_delivery(tmp_path: Path) -> None:
    for name in (".DS_Store", "~$visits.xlsx", "Thumbs.db", ".hidden/a.csv", "__MACOSX/a.csv", "visits.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "empty folder").mkdir()
    assert [path.name for path in delivered_files(tmp_path)] == ["visits.csv"]


def test_each_file_is_known_by_its_bytes(make_contract: MakeContract, tmp_path: Path) -> None:
    long = "A,B\n" + "1,2\n" * 100_000
    put(tmp_path, b=long, sub__a="A,B\n3,4\n")
    origin = open_folder(make_contract(), delivered_files(tmp_path), tmp_path)
    assert [part.name for part in origin.tables] == ["b.csv", "sub/a.csv"]
    assert origin.file_hashes == {
        "b.csv": hashlib.sha256(long.encode()).hexdigest(),
        "sub/a.csv": hashlib.sha256(b"A,B\n3,4\n").hexdigest(),
    }


def test_a_file_that_cannot_be_read_is_reported(make_contract: MakeContract, tmp_path: Path) -> None:
    put(tmp_path, a="A,B\n1,2\n")
    files = delivered_files(tmp_path)
    (tmp_path / "a.csv").unlink()
    with pytest.raises(
        DeliveryError, match=r"dpt__visits: a\.csv: it cannot be read \(No such file or directory\); check its perm"
    ):
        open_folder(make_contract(), files, tmp_path)


@pytest.mark.parametrize(
    ("path", "rows"),
    [("", [("1", "2"), ("3", "4")]), ("/a.csv", [("1", "2")]), ("/*.csv", [("1", "2"), ("3", "4")]), ("/b*", [("3", "4")])],
)
def test_a_live_file_is_a_folder_a_file_or_a_glob(
    make_contract: MakeContract, read_origin: Callable[..., list[object]], tmp_path: Path, path: str, rows: list[tuple[str, str]]
) -> None:
    put(tmp_path, a="A,B\n1,2\n", b="A,B\n3,4\n")
    contract = make_contract(connector={"kind": "file", "path": f"{tmp_path}{path}"})
    origin = open_live(contract, FetchRequest({}, tmp_path))
    found = [row for table in read_origin(contract, origin) for row in table.rows]  # type: ignore[attr-defined]
    assert found == rows


def test_a_live_file_without_a_path_has_nothing(make_contract: MakeContract, tmp_path: Path) -> None:
    assert open_live(make_contract(), FetchRequest({}, tmp_path)) is None


@pytest.mark.parametrize("path", ["nowhere.csv", "*.csv", "nowhere/at/all.csv"])
def test_a_live_file_that_does_not_exist_is_reported(make_contract: MakeContract, tmp_path: Path, path: str) -> None:
    contract = make_contract(connector={"kind": "file", "path": str(tmp_path / path)})
    with pytest.raises(
        DeliveryError, match=r"no such file or folder; correct connector\.path in the contract, or put the file there"
    ):
        open_live(contract, FetchRequest({}, tmp_path))
