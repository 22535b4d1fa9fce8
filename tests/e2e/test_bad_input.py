"""Every bad input ends in a message that names source, file, column and remedy, the right exit code, and a readable release."""

from __future__ import annotations

import html
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Place

STOPS, REQUESTS, CALLS, SCHOOLS, STAFF, MONEY, COURT = (
    "fpc__police_stops",
    "ucc__service_requests",
    "mpd__dispatched_calls",
    "dpi__enrollment",
    "der__employees",
    "doa__arpa_projects",
    "mmc__court_cases",
)
# A cell of the workbook of recovery money, by its column, a wrong value, and the message for the steward.
DOCTORED: list[tuple[str, object, str]] = [
    ("H", 1, "obligated more than its adopted budget"),
    ("L", 10**9, "spent more than it has obligated"),
    ("I", 10**9, "more than its sum up to then"),
    ("J", 0, "less than it was a period before"),
    ("F", 2.1, "one code has two names"),
    ("F", "Jobs", "the form of the Treasury's codes"),
]


def _header(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        first, rest = text.split("\n", 1)
        return change(first) + "\n" + rest

    return changed


def _renamed(place: Place) -> None:
    place.rewrite(STOPS, _header(lambda line: line.replace("personSearch", "person_search")))


def _missing(place: Place) -> None:
    def without_last_column(text: str) -> str:
        return "\n".join(line.rsplit(",", 1)[0] for line in text.splitlines()) + "\n"

    place.rewrite(STOPS, without_last_column)


def _duplicate(place: Place) -> None:
    place.rewrite(STOPS, _header(lambda line: line.replace("gender", "race")))


def _wrong_type(place: Place) -> None:
    def unreadable_dates(text: str) -> str:
        lines = text.splitlines()
        return "\n".join([lines[0], *(line.replace("2025-", "day ", 1) for line in lines[1:])]) + "\n"

    place.rewrite(STOPS, unreadable_dates)


def _unmapped(place: Place) -> None:
    place.rewrite(STOPS, lambda text: text.replace(",Black,", ",Blackk,"))


def _empty(place: Place) -> None:
    place.file(STOPS).write_bytes(b"")


def _no_rows(place: Place) -> None:
    place.rewrite(STOPS, lambda text: text.split("\n", 1)[0] + "\n")


def _wrong_encoding(place: Place) -> None:
    path = place.file(STOPS)
    path.write_bytes(path.read_bytes().replace(b"traffic", "tráffic".encode("latin-1")))


def _corrupt_zip(place: Place) -> None:
    path = place.file(CALLS)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def add_second_table(place: Place) -> None:
    """The archive has a table of other columns, too."""
    with zipfile.ZipFile(place.file(CALLS), "a") as archive:
        archive.writestr("zzz_notes.csv", "just,one,line\r\n")


def _ragged(place: Place) -> None:
    def one_value_more(text: str) -> str:
        header, first, rest = text.split("\n", 2)
        return "\n".join([header, f"{first},stop", rest])

    place.rewrite(STOPS, one_value_more)


def _cut_off(place: Place) -> None:
    path = place.file("comptroller__checkbook", "*2024*")
    path.write_bytes(path.read_bytes()[:-500])


def _no_table(place: Place) -> None:
    with sqlite3.connect(place.file(STAFF)) as database:
        database.execute("alter table employees rename to staff")


def _endless_view(place: Place) -> None:
    with sqlite3.connect(place.file(STAFF)) as database:
        database.execute("alter table employees rename to staff")
        endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
        database.execute(f"create view employees as select staff.* from staff, ({endless})")


def _undeclared_database(place: Place) -> None:
    path = place.file(SCHOOLS)
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("create table enrollment (a, b)")


def _name_in_latin_1(place: Place) -> None:
    path = place.file(REQUESTS)
    path.rename(path.with_name(os.fsdecode(b"qu\xe9jas.csv")))


def _doctored(place: Place) -> None:
    """Each cell is of another project of 2.10, which as a number is 2.1."""
    book = openpyxl.load_workbook(place.file(MONEY))
    sheet = book["Projects"]
    jobs = [row for row in range(8, sheet.max_row) if sheet[f"F{row}"].value == "2.10"]
    for row, (column, value, _) in zip(jobs[::-1], DOCTORED, strict=False):
        sheet[f"{column}{row}"] = value
    book.save(place.file(MONEY))


HELD_BACK = {
    "renamed column": (STOPS, _renamed, ["personSearch", "person_search"]),
    "missing column": (STOPS, _missing, ["neighborhood"]),
    "duplicate column": (STOPS, _duplicate, ["race"]),
    "wrong type": (STOPS, _wrong_type, ["occurred_at"]),
    "unmapped label": (STOPS, _unmapped, ["race_ethnicity", "police_observed"]),
    "empty file": (STOPS, _empty, ["stops_2025.csv", "empty"]),
    "no rows": (STOPS, _no_rows, ["rows"]),
    "wrong encoding": (STOPS, _wrong_encoding, ["stops_2025.csv", "utf-8", "format.encoding"]),
    "corrupt zip": (CALLS, _corrupt_zip, ["police_scrape_data1.zip", "damaged", "deliver it again"]),
    "ragged row": (STOPS, _ragged, ["stops_2025.csv", "record 2", "15 values where the first has 14"]),
    "cut-off Parquet": ("comptroller__checkbook", _cut_off, ["2024", "not a Parquet file"]),
    "doctored workbook": (MONEY, _doctored, [reason for _, _, reason in DOCTORED]),
    "endless view": (STAFF, _endless_view, ["hr.sqlite", "employees is a view", "create table"]),
    "undeclared database": (SCHOOLS, _undeclared_database, ["this is a SQLite database, but the contract has csv"]),
    "name in Latin-1": (REQUESTS, _name_in_latin_1, [r"qu\xe9jas.csv", "not UTF-8", "rename it"]),
    "renamed table": (STAFF, _no_table, ["hr.sqlite", "employees", "staff", "connector.table"]),
}


@pytest.mark.parametrize("case", HELD_BACK)
def test_bad_delivery_does_not_pass_its_check(place: Place, case: str) -> None:
    source, spoil, words = HELD_BACK[case]
    spoil(place)
    report = place.home / "report.html"
    result = place.levelground("sources", "check", source, place.deliveries / source, "--report", report)
    assert result.returncode == 3, result.stdout + result.stderr
    page = html.unescape(report.read_text(encoding="utf-8"))
    for word in words:
        assert word in result.stdout + result.stderr
        assert word in page


def test_extra_column_is_a_warning_and_passes(place: Place) -> None:
    place.rewrite(
        STOPS,
        lambda text: "\n".join(f"{line},x" for line in text.splitlines()).replace("neighborhood,x", "neighborhood,mood") + "\n",
    )
    result = place.levelground("sources", "check", STOPS, place.deliveries / STOPS)
    assert result.returncode == 0, result.stdout + result.stderr
    (warning,) = [line for line in result.stdout.splitlines() if "mood" in line and line.startswith("warning")]
    assert "unknown" in warning


def test_unknown_contract_key_is_refused(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    text = (ROOT / "ingest" / "sources" / f"{STOPS}.yml").read_text().replace(STOPS, "fpc__frisks")
    (folder / "fpc__frisks.yml").write_text(text.replace("grain:", "grian:"))
    before = place.published()
    result = place.levelground("run", "--deliveries", place.deliveries, env={"LEVELGROUND_SOURCES": str(folder)})
    assert result.returncode == 2
    assert "fpc__frisks.yml:" in result.stderr
    assert "grian" in result.stderr
    assert "grain" in result.stderr
    assert place.published() == before


def test_hash_key_unset_is_refused(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    text = (ROOT / "ingest" / "sources" / f"{REQUESTS}.yml").read_text().replace(REQUESTS, "ucc__callers")
    (folder / "ucc__callers.yml").write_text(text.replace("keep: drop", "keep: hash"))
    result = place.levelground("run", "--deliveries", place.deliveries, env={"LEVELGROUND_SOURCES": str(folder)})
    assert result.returncode == 2
    assert "LEVELGROUND_HASH_KEY" in result.stderr
    assert "ucc__callers" in result.stderr


def test_locked_warehouse_ends_with_5_and_the_pid(place: Place) -> None:
    path = str(place.home / "warehouse.duckdb")
    code = f"import duckdb, time; c = duckdb.connect({path!r}); print('open', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        result = place.levelground("run", "--deliveries", place.deliveries)
        other.kill()
    assert result.returncode == 5
    assert str(other.pid) in result.stderr
    assert place.levelground.ask("select 1 as one") == [{"one": 1}]


def test_held_lock_ends_with_5_and_names_the_holder(place: Place) -> None:
    code = (
        "import time; from pathlib import Path; from warehouse.lock import RunLock; from warehouse.paths import Home\n"
        f"lock = RunLock(Home(Path({str(place.home)!r})), 'schedule'); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:
        assert other.stdout is not None
        other.stdout.readline()
        result = place.levelground("run", "--deliveries", place.deliveries)
        other.kill()
    assert result.returncode == 5
    assert str(other.pid) in result.stderr
    assert "schedule" in result.stderr


def test_unwritable_home_is_named(place: Place, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    result = place.levelground("run", "--deliveries", place.deliveries, env={"LEVELGROUND_HOME": str(blocked / "home")})
    assert result.returncode == 2
    assert str(blocked) in result.stderr
    assert "LEVELGROUND_HOME" in result.stderr


def test_another_city_is_refused_naming_both(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(place.deliveries, other)
    (other / "city.yml").write_text((other / "city.yml").read_text().replace("city: sampleton", "city: springfield"))
    result = place.levelground("run", "--deliveries", other)
    assert result.returncode == 2
    assert "sampleton" in result.stderr
    assert "springfield" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--deliveries", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--as-of", "yesterday"], "yesterday"),
        (["--source", "ucc__requests"], "ucc__requests"),
        (["--live", "--deliveries", "."], "exclude"),
    ],
)
def test_bad_arguments_end_with_2(place: Place, arguments: list[str], word: str) -> None:
    first = [] if "--deliveries" in arguments or "--live" in arguments else ["--deliveries", str(place.deliveries)]
    result = place.levelground("run", *first, *arguments)
    assert result.returncode == 2
    assert word in result.stderr
