"""A small city in a home of its own, for tests that run the whole job many times: six sources, of every load mode in use.

Here: its deliveries in two states, its home with a release, and what must hold of a home after anything. Not here: any fault.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ingest.sample import write_sample
from tests.conftest import ROOT, CommandLine

ROWS = 6_000
SOURCES = (
    "census__tracts_2020", "comptroller__checkbook", "der__employees", "dpi__enrollment", "fpc__police_stops",
    "ucc__service_requests",
)  # fmt: skip
STOCK = "der__employees"  # each delivery of it is another snapshot
MERGED = "fpc__police_stops"  # what a second delivery of it lacks stays
CHANGED = "comptroller__checkbook"
BIN = Path(sys.executable).parent


def write_small_city(folder: Path) -> None:
    """Its deliveries."""
    whole = folder.with_name(f"{folder.name}-whole")
    write_sample(whole, rows=ROWS)
    folder.mkdir()
    shutil.copy(whole / "city.yml", folder)
    for source in SOURCES:
        shutil.copytree(whole / source, folder / source)
    shutil.rmtree(whole)


def deliver_other_state(folder: Path, night: int = 1) -> None:
    """The same city a while later, each night another: changed stops, some of them deleted, fewer payments, and
    the staff of a quarter later."""
    (stops,) = (folder / MERGED).iterdir()
    clock = f"{night // 60 % 60:02d}:{night % 60:02d}"
    header, *lines = stops.read_text().splitlines(keepends=True)
    for number in range(night % 7, len(lines), 7):
        lines[number] = re.sub(r"(?<= \d\d):\d\d:\d\d", f":{clock}", lines[number].replace("Black", "White"))
    stops.write_text("".join([header, *lines[: -1 - night % 5]]))
    newest = max((folder / CHANGED).iterdir())
    payments = pq.read_table(newest)
    pq.write_table(payments.slice(0, payments.num_rows - 1 - night % 20), newest)
    (staff,) = (folder / STOCK).glob("*hr.sqlite")
    later = staff.with_name(f"hr_2026-{1 + night % 12:02d}-28.sqlite")
    shutil.copy(staff, later)
    with sqlite3.connect(later) as database:
        database.execute(f"delete from employees where rowid % 40 = {night % 40}")


@dataclass(frozen=True)
class SmallHome:
    """A home, the deliveries that it reads, and the code that runs it: the project's, or a copy with other models."""

    home: Path
    deliveries: Path
    code: Path = ROOT

    @property
    def levelground(self) -> CommandLine:
        return CommandLine(self.home)

    def command(self, *arguments: object) -> list[str]:
        call = "import sys; from orchestration.cli import main; sys.argv[0] = 'levelground'; main()"
        return [sys.executable, "-c", call, *map(str, arguments)]

    def environment(self, **more: str) -> dict[str, str]:
        return os.environ | {"LEVELGROUND_HOME": str(self.home), "PYTHONPATH": str(self.code)} | more

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        """A run that goes on."""
        command = self.command("run", "--deliveries", self.deliveries, *arguments)
        return subprocess.Popen(
            command,
            env=self.environment(**environment),
            cwd=self.code,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: object, expect: int = 0, **environment: str) -> str:
        """The output of a run."""
        with self.start(*arguments, **environment) as process:
            output = process.communicate()[0]
        assert process.returncode == expect, f"exit {process.returncode}, expected {expect}\n{output}"
        assert "Traceback" not in output, output
        return output

    def content(self) -> str:
        """The content hash of what is published, after a look at every byte of it."""
        current = json.loads((self.home / "published" / "current.json").read_text())
        release = self.home / "releases" / current["release_id"]
        manifest = json.loads((release / "manifest.json").read_text())
        for name, record in manifest["files"].items():
            path = self.home / "published" / name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"], name
            with duckdb.connect(str(path), read_only=True) as connection:
                for table, rows in record["tables"].items():
                    assert connection.execute(f"select count(*) from {table}").fetchone() == (rows,), table
        content_hash: str = manifest["content_hash"]
        return content_hash

    def is_between_releases(self) -> bool:
        """Whether a swap was cut off: every published database is of one kept release, and the next start completes the swap."""
        if not (self.home / "releases" / "swap.json").exists():
            return False
        manifests = [json.loads(path.read_text()) for path in (self.home / "releases").glob("*/manifest.json")]
        for name in manifests[0]["files"]:
            hashed = hashlib.sha256((self.home / "published" / name).read_bytes()).hexdigest()
            assert hashed in {manifest["files"][name]["sha256"] for manifest in manifests}, name
        return True

    def receipts(self) -> list[dict[str, Any]]:
        """Every run, oldest first."""
        found = [json.loads(path.read_text()) for path in (self.home / "runs").glob("*.json")]
        # those of an earlier version have no number
        return sorted(found, key=lambda receipt: (receipt.get("number", 0), receipt["started_at"]))

    def last(self) -> dict[str, Any]:
        return self.receipts()[-1]

    def copy(self, home: Path, deliveries: Path) -> SmallHome:
        """A home like this one, with deliveries of its own."""
        for target, origin in ((home, self.home), (deliveries, self.deliveries)):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(origin, target)
        return SmallHome(home, deliveries, self.code)


def copy_of_the_code(folder: Path) -> Path:
    """The project as a run needs it, to change something in it."""
    for package in ("warehouse", "ingest", "expectations", "orchestration", "dbt_project"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    # where an installation has it, as `pyproject.toml` says
    shutil.copy(ROOT / "dagster.yaml", folder / "orchestration" / "instance")
    return folder


def write_figures(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """A table of figures for a plot."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
