"""A signal ends a command within five seconds while a database computes without end."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.support.visits import CONTRACT

SECONDS = 5
ENDLESS = "with recursive n(A, B) as (select 1, 2 union all select A + 1, B from n) select count(*) as A, 1 as B from n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("command", "writes"),
    [
        (["run", "--live", "--source", "dpt__visits"], "deliveries/dpt__visits/*"),
        (["sources", "check", "dpt__visits"], "tmp/check-*/dpt__visits/*"),
    ],
    ids=["run", "check"],
)
def test_a_signal_ends_a_read_without_end(
    tmp_path: Path, command: list[str], writes: str, number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    sqlite3.connect(tmp_path / "live.db").close()
    (tmp_path / "sources").mkdir()
    (tmp_path / "home").mkdir()  # a check uses the system's folder for temporary files where there is no home
    contract = CONTRACT | {"connector": {"kind": "database", "credentials_env": "DPT_URL", "query": ENDLESS}}
    (tmp_path / "sources" / "dpt__visits.yml").write_text(yaml.safe_dump(contract))
    environment = os.environ | {
        "LEVELGROUND_HOME": str(tmp_path / "home"),
        "LEVELGROUND_SOURCES": str(tmp_path / "sources"),
        "LEVELGROUND_DELIVERIES": "live",
        "DPT_URL": f"sqlite:///{tmp_path / 'live.db'}",
    }
    program = [str(Path(sys.executable).parent / "levelground"), *command]
    with subprocess.Popen(program, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            until = time.monotonic() + 120
            while not list((tmp_path / "home").glob(writes)):  # the batch is open, and SQLite is asked next
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.1)
            time.sleep(1)
            began = time.monotonic()
            process.send_signal(number)
            assert process.wait(60) == 128 + number
        finally:
            process.kill()
    seconds = time.monotonic() - began
    record_property(f"{command[0]}, {number.name}, seconds", round(seconds, 2))
    assert seconds < SECONDS
