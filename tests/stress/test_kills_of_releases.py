"""Kills while the second release of a table is delivered: landing holds the first release or the second, and nothing between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract
from ingest.landing import LandingTable, count_load_rows
from tests.conftest import ROOT
from tests.stress.releases import FIRST, SECOND, STATES, contract, deliver_and_promote, landed, open_home

KILLS = int(os.environ.get("STRESS_KILLS", "50"))
SEED = 20_260_102


def start(home: Path, release: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.stress.releases", str(home), str(release)]
    run = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stdout.readline() == b"ready\n"
    return run


def of_one_load(con: duckdb.DuckDBPyConnection, of: Contract) -> None:
    """Every landed row is of a load of the ledger, and each load accounts for all of its rows."""
    loads: list[Any] = con.execute("select load_id from intake.loads").fetchall()
    load_ids = con.execute(f'select distinct _load_id from landing."{of.source}"').fetchall()
    assert set(load_ids) <= set(loads)
    for (load_id,) in loads:
        found = count_load_rows(con, of, load_id)
        assert found.delivered == found.staged + found.rejected + found.blank + found.duplicate + found.superseded


@pytest.mark.timeout(3600)
def test_kills_during_the_second_release(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    home, of = tmp_path / "home", contract()
    releases = {name: tmp_path / name for name in (FIRST, SECOND)}
    for name, folder in releases.items():
        folder.mkdir()
        (folder / f"{name}.csv").write_text(STATES[name]())
    with start(home, releases[FIRST]) as run:
        began = time.monotonic()
        assert run.wait() == 0
    seconds = time.monotonic() - began
    with open_home(home) as (con, _):
        states = {FIRST: landed(con)}
    chance, found = random.Random(SEED), Counter[str]()
    for number in range(KILLS):
        wanted = (SECOND, FIRST)[number % 2]
        with start(home, releases[wanted]) as run:
            time.sleep(chance.uniform(0, 1.2 * seconds))
            run.send_signal(signal.SIGKILL)
        with open_home(home) as (con, store):
            if wanted == SECOND and SECOND not in states:
                deliver_and_promote(con, store, releases[SECOND])
                states[SECOND] = landed(con)
                assert len(states[SECOND]) < len(states[FIRST])
                continue
            now = landed(con)
            assert now in states.values(), f"kill {number}: {len(now)} rows"
            found[wanted if now == states[wanted] else "the state before"] += 1
            of_one_load(con, of)
            LandingTable(con, of, store, "America/Chicago").restore()
            deliver_and_promote(con, store, releases[wanted])
            assert landed(con) == states[wanted], f"after kill {number}"
            of_one_load(con, of)
    assert len(found) > 1, "no kill came before the end of a load, or none after it"
    record_property("states after a kill", dict(found))
