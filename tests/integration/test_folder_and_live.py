"""One home, one run: files in a folder, a database, and a file on a web server, each source by its contract."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from ingest.delivery import DeliveryStore
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunOptions
from orchestration.runs.record import SourceStatus
from orchestration.settings import Settings
from orchestration.stewardship.check_delivery import check_delivery
from tests.support.visits import CONTRACT

DROPPED, QUERIED, DOWNLOADED = "dpt__visits", "dpt__calls", "dpt__permits"
COLUMNS = [{"name": "k", "type": "integer"}, {"name": "at", "type": "timestamp", "role": "event_time"}]
CLOCK = {"cadence": "daily", "freshness": {"warn_after_hours": 24, "stale_after_hours": 48}}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer() as running:
        yield running


class City:
    """A folder of deliveries with a city.yml, a database and a web server, and the runs of a home that reads them."""

    def __init__(self, folder: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deliveries, self.database, self.server, self.runs = folder / "in", folder / "calls.db", server, 0
        connectors = {
            DROPPED: {"kind": "file"},
            QUERIED: {"kind": "database", "credentials_env": "DPT_URL", "table": "calls"},
            DOWNLOADED: {"kind": "http", "url": server.url_for("/permits.csv"), "allow_hosts": [f"localhost:{server.port}"]},
        }
        (folder / "sources").mkdir()
        for source, connector in connectors.items():
            contract = CONTRACT | CLOCK | {"source": source, "connector": connector, "columns": COLUMNS}
            contract |= {"load": {"mode": "merge", "key": ["k"]}}
            (folder / "sources" / f"{source}.yml").write_text(yaml.safe_dump(contract))
        monkeypatch.setenv("LEVELGROUND_SOURCES", str(folder / "sources"))
        monkeypatch.setenv("DPT_URL", f"sqlite:///{self.database}")
        self.settings = Settings.from_environment(os.environ)
        for source in connectors:
            (self.deliveries / source).mkdir(parents=True)
        live = "".join(f"{source}: {{delivered_by: live}}\n" for source in (QUERIED, DOWNLOADED))
        (self.deliveries / "city.yml").write_text(f"city: milwaukee\n{live}")

    def holds(self, day: int) -> None:
        """Each system has a record of this day."""
        text = f"k,at\n{day},2025-11-{day:02d} 12:00:00\n"
        (self.deliveries / DROPPED / f"visits_{day}.csv").write_text(text)
        self.server.clear()
        self.server.expect_request("/permits.csv").respond_with_data(text, content_type="text/csv")
        with closing(sqlite3.connect(self.database)) as database:
            database.execute("create table if not exists calls (k, at)")
            database.execute("insert into calls values (?, ?)", (day, f"2025-11-{day:02d} 12:00:00"))
            database.commit()

    def run(self, as_of: str) -> tuple[dict[str, SourceStatus], dict[str, list[int]]]:
        """One run: the status of each source, and the keys that landed."""
        self.runs += 1
        with open_run(self.settings, RunOptions(deliveries=str(self.deliveries), as_of=as_of), f"run{self.runs}") as run:
            sources = (DROPPED, QUERIED, DOWNLOADED)
            status = {source: ingest_source(run, run.location.registry[source])[0] for source in sources}
            landed = {s: [row[0] for row in run.con.execute(f"select k from typed.{s} order by k").fetchall()] for s in sources}
            run.end("unchanged")
        return status, landed


def test_a_run_reads_dropped_files_and_live_systems_by_one_clock(
    tmp_path: Path, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City(tmp_path, server, monkeypatch)
    city.holds(1)
    status, landed = city.run("2025-11-02")
    assert {one.verdict for one in status.values()} == {"landed_only"}
    assert landed == {DROPPED: [1], QUERIED: [1], DOWNLOADED: [1]}
    # a database that is down holds back its own source, and the files that no run reads are named
    city.holds(3)
    (city.deliveries / DOWNLOADED / "permits.csv").write_text("k,at\n9,2025-11-09 12:00:00\n")
    monkeypatch.setenv("DPT_URL", "sqlite:////nowhere/calls.db")
    status, landed = city.run("2025-11-04")
    assert {source: one.verdict for source, one in status.items()} == {
        DROPPED: "landed_only", QUERIED: "held_back", DOWNLOADED: "landed_only",
    }  # fmt: skip
    assert landed == {DROPPED: [1, 3], QUERIED: [1], DOWNLOADED: [1, 3]}
    assert "1 files in" in (status[DOWNLOADED].reason or "") and "are not read" in (status[DOWNLOADED].reason or "")
    # a check reads what the next run reads
    monkeypatch.setenv("LEVELGROUND_DELIVERIES", str(city.deliveries))
    settings = Settings.from_environment(os.environ)
    assert "the database refused" in check_delivery(settings, QUERIED, None).gate.reason
    assert check_delivery(settings, DOWNLOADED, None).result == "fits its contract"
    # nothing new: each of them becomes stale at the same time
    monkeypatch.setenv("DPT_URL", f"sqlite:///{city.database}")
    status, landed = city.run("2025-11-06T12:00:01")
    assert landed == {DROPPED: [1, 3], QUERIED: [1, 3], DOWNLOADED: [1, 3]}
    assert {(one.verdict, one.data_as_of) for one in status.values()} == {("stale", "2025-11-03T12:00:00")}
    records = {source: DeliveryStore(city.settings.home.deliveries, source).records() for source in status}
    assert [len(found[-1].fetched) for found in records.values()] == [0, 0, 1]
