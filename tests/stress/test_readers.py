"""Eight processes read the published files through two full runs: no error, and each sees every release."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Place

# Opens both files repeatedly, and prints for each turn the release and its content. `held` keeps its first
# connection, and attaches the files again to databases in memory.
READER = """
import json, sys, time, traceback
kind, folder, stop = sys.argv[1:4]
import duckdb
from pathlib import Path
if kind == "sqlalchemy":
    import sqlalchemy
    settings = {"connect_args": {"read_only": True}, "poolclass": sqlalchemy.pool.NullPool}
    def ask(name, sql):
        with sqlalchemy.create_engine(f"duckdb:///{folder}/{name}.duckdb", **settings).connect() as connection:
            return tuple(connection.exec_driver_sql(sql).one())
else:
    def ask(name, sql):
        with duckdb.connect(f"{folder}/{name}.duckdb", read_only=True) as connection:
            return connection.execute(sql).fetchone()
held = duckdb.connect(f"{folder}/levelground_public.duckdb", read_only=True) if kind == "held" else None
if held is not None:
    def ask(name, sql):
        with duckdb.connect() as connection:
            connection.execute(f"attach '{folder}/{name}.duckdb' as asked (read_only); use asked")
            return connection.execute(sql).fetchone()
MEASURES = "select count(*), sum(numerator), count(distinct measure_id) from marts.fct_equity_measures"
STOPS = "select count(*) from marts.fct_police_stops"
while not Path(stop).exists():
    try:
        answer = {"release": ask("levelground_public", "select release_id from published.release")[0],
                "run": ask("levelground", "select release_id from quality.runs order by started_at desc limit 1")[0],
                "stops": ask("levelground", STOPS)[0], "measures": ask("levelground", MEASURES)}
        if held is not None:
            answer["held"] = held.execute("select release_id from published.release").fetchone()[0]
    except Exception as error:
        answer = {"error": "".join(traceback.format_exception_only(error))}
    print(json.dumps(answer, default=str), flush=True)
    time.sleep(0.1)
"""
KINDS = ("duckdb", "sqlalchemy") * 3 + ("held", "held")


@contextmanager
def readers(published: Path, folder: Path) -> Iterator[list[Path]]:
    """The readers at work; where each writes down what it saw."""
    stop, logs = folder / "stop", [folder / f"{number}-{kind}.jsonl" for number, kind in enumerate(KINDS)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", READER, kind, str(published), str(stop)], stdout=log.open("w"), stderr=subprocess.STDOUT
        )
        for kind, log in zip(KINDS, logs, strict=True)
    ]
    try:
        yield logs
    finally:
        stop.touch()
        for process in processes:
            process.wait(timeout=120)


def read_log(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_eight_readers_through_two_full_runs_see_no_error_and_every_release(
    place: Place, tmp_path: Path, record_property: Any
) -> None:
    published = place.home / "published"
    releases = [json.loads((published / "current.json").read_text())["release_id"]]
    with readers(published, tmp_path) as logs:
        wait_for(logs, releases[0])
        last = place.file("fpc__police_stops").read_text().splitlines()[-1]
        for number in ("91", "92"):
            more = last.replace("25-", f"{number}-", 1)
            place.rewrite("fpc__police_stops", lambda text, more=more: f"{text}{more}\n")
            report = place.run("--full-refresh")
            assert report["outcome"] == "released"
            releases.append(report["release_id"])
            wait_for(logs, releases[-1])
    turns = 0
    stops: dict[str, set[int]] = {}
    for log in logs:
        reads = read_log(log)
        errors = [turn["error"] for turn in reads if "error" in turn]
        assert errors == [], f"{log.name}: {errors[:3]}"
        order = [turn["release"] for turn in reads]
        assert sorted(set(order), key=order.index) == releases  # each one, in their order, and never back
        assert order == sorted(order, key=releases.index)
        if "held" in log.name:
            assert {turn["held"] for turn in reads} == {releases[0]}  # who keeps a connection keeps the release
        for turn in reads:
            if turn["run"] == turn["release"]:
                stops.setdefault(turn["release"], set()).add(turn["stops"])
        turns += len(reads)
    first = next(iter(stops[releases[0]]))
    # a turn opens the files one after the other, so one at a swap may count the stops of the next release
    assert all({first + n} <= stops[release] <= {first + n, first + n + 1} for n, release in enumerate(releases))
    record_property("readers", len(logs))
    record_property("turns of reading both files", turns)
    record_property("errors", 0)


def wait_for(logs: list[Path], release: str) -> None:
    """Until every reader has seen the release."""
    ends = time.monotonic() + 120
    while not all(f'"release": "{release}"' in log.read_text() for log in logs):
        assert time.monotonic() < ends, [log.name for log in logs if release not in log.read_text()]
        time.sleep(0.2)


@pytest.mark.parametrize("file", ["levelground.duckdb", "levelground_public.duckdb"])
def test_a_foreign_log_beside_a_published_file_is_removed_with_the_next_swap(place: Place, tmp_path: Path, file: str) -> None:
    """As a client leaves it that opened a copy for writing under that name, and died."""
    published = place.home / "published" / file
    copy = tmp_path / file
    copy.write_bytes(published.read_bytes())
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("set checkpoint_threshold = '1GB'; create table main.left_behind as select 1 as a")
        log = copy.with_name(f"{file}.wal").read_bytes()
    foreign_log = published.with_name(f"{file}.wal")
    foreign_log.write_bytes(log)
    (release,) = [one["release_id"] for one in place.levelground.json("releases", "list", "--json") if one["current"]]
    assert place.levelground("releases", "rollback", release).returncode == 0
    assert not foreign_log.exists()
    count = "select count(*) from duckdb_tables() where table_name = 'left_behind'"
    code = f"import duckdb; print(duckdb.connect({str(published)!r}, read_only=True).sql({count!r}).fetchone()[0])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout.strip() == "0"
