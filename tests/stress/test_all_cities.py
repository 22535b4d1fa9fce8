"""Every city of the national tables is released from its name alone, in minutes, with sentences that its figures support.

All 486 take hours of CPU; `STRESS_CITIES=20` runs the largest 20. `LEVELGROUND_REAL_DELIVERIES` is the folder of the tables.
What each city took is printed at the end, and written to `STRESS_CITIES_TABLE` if that names a file.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.real

COMMAND = str(Path(sys.executable).parent / "levelground")
CITIES = int(os.environ.get("STRESS_CITIES", "486"))
MOST_MB = 70  # kept per city; Boise kept 66
TABLES = "urban__*"


@pytest.fixture(scope="module")
def cities(real_deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The folder of all cities, and the result of each run."""
    folder = tmp_path_factory.mktemp("all_cities")
    national = folder / "national"
    national.mkdir()
    for table in real_deliveries.glob(TABLES):
        (national / table.name).symlink_to(table)
    ended = levelground(
        folder, "cities", "start", "--top", str(CITIES), "--data", str(national), "--out", str(folder / "cities"), "--json"
    )
    return folder / "cities", json.loads(ended.stdout)


def levelground(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEVELGROUND_")}
    settings = {"LEVELGROUND_HOME": str(folder / "coalition"), "LEVELGROUND_ENGINE": "local", "LEVELGROUND_THREADS": "2"}
    settings |= {"LEVELGROUND_CACHE": str(folder / "cache"), "LEVELGROUND_SCORECARD": "en"}
    return subprocess.run(
        [COMMAND, *arguments], env=kept | settings, cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=600 * CITIES,
    )  # fmt: skip


def kept_mb(home: Path) -> float:
    """The size of a home on disk, a hard link once."""
    files = {(found.st_dev, found.st_ino): found.st_blocks * 512 for found in (path.lstat() for path in home.rglob("*"))}
    return round(sum(files.values()) / 1e6, 1)


def figures_by_race(public: Path) -> int:
    """The newest figures of groups that the site of a city shows."""
    with duckdb.connect(public, read_only=True) as con:
        found = con.execute(
            "select count(*) from published.scorecard where is_latest and not is_stand_in and geography_type = 'city' "
            "and race_ethnicity_code <> 'all' and group_kind <> 'missing' and value is not null"
        ).fetchone()
    assert found is not None
    return int(found[0])


def test_every_city_is_released_and_its_sentences_hold(
    cities: tuple[Path, list[dict[str, Any]]], record_property: Callable[[str, object], None]
) -> None:
    folder, runs = cities
    assert len(runs) == CITIES
    rows = []
    for run in runs:
        home = folder / run["city"] / "home"
        public = home / "published" / "levelground_public.duckdb"
        row = {
            "city": run["city"],
            "exit": run["exit_code"],
            "cpu": run["cpu_seconds"],
            "wall": run["seconds"],
            "mb": kept_mb(home),
        }
        row["figures_by_race"] = figures_by_race(public) if public.is_file() else 0
        rows.append(row)
        record_property(run["city"], " ".join(f"{name} {value}" for name, value in row.items() if name != "city"))
    for name in ("cpu", "wall", "mb", "figures_by_race"):
        values = [row[name] for row in rows]
        record_property(f"{name}: least, median, most", (min(values), statistics.median(values), max(values)))
    if table := os.environ.get("STRESS_CITIES_TABLE"):
        with Path(table).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    failed = {run["city"]: f"exit {run['exit_code']}: {run['message']}" for run in runs if run["exit_code"] != 0}
    assert not failed
    without_site = [run["city"] for run in runs if not page_gate_passed(folder / run["city"] / "home")]
    assert not without_site
    assert not [row["city"] for row in rows if row["figures_by_race"] == 0], "a city of the tables has figures by race"
    assert max(row["mb"] for row in rows) <= MOST_MB


def page_gate_passed(home: Path) -> bool:
    """Whether the site was written, and the gate that compares its sentences with the figures found nothing."""
    (record,) = [json.loads(path.read_text(encoding="utf-8")) for path in (home / "runs").glob("*.json")]
    gates = [gate for gate in record["gates"] if gate["subject"] == "published.pages"]
    failed = [found for gate in gates for found in gate["findings"] if found["severity"] == "critical" and not found["success"]]
    is_written = (home / "published" / "scorecard" / "en" / "index.html").is_file()
    return is_written and record["scorecard_problem"] is None and len(gates) == 1 and not failed


def test_a_second_start_has_nothing_to_do_and_the_union_compares_all(cities: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = cities
    again = levelground(
        folder.parent, "cities", "start", "--top", str(CITIES), "--data", str(folder.parent / "national"), "--out", str(folder)
    )
    assert (again.returncode, f"{CITIES} done, 0 to run" in again.stdout) == (0, True), again.stdout
    out, site = folder.parent / "all.duckdb", folder.parent / "site"
    united = levelground(folder.parent, "cities", "union", str(folder / "cities.yml"), "--out", str(out), "--site", str(site))
    assert united.returncode == 0, united.stderr
    with duckdb.connect(out, read_only=True) as con:
        assert con.execute("select count(distinct city) from published.city_comparison").fetchone() == (CITIES,)
    assert max(path.stat().st_size for path in site.rglob("*.html")) < 150_000
