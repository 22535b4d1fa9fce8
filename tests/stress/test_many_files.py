"""A delivery of many small files takes memory for their names, not for their rows and each other.

Ten thousand are as many as a vendor sends that writes one file per record.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

MOST_MEGABYTES = 1024
DELIVER = """
import datetime as dt, resource, sys
from pathlib import Path
from ingest.connectors import open_folder
from ingest.delivery import DeliveryStore, deliver
from ingest.readers import delivered_files
from tests.support.visits import visits_contract
folder, contract = Path(sys.argv[1]), visits_contract()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
before = peak()
origin = open_folder(contract, delivered_files(folder / "in"), folder / "in")
record = deliver(contract, origin, DeliveryStore(folder / "store", contract.source), None, dt.datetime(2025, 12, 1))
print(record.rows, before, peak())
"""


def deliver_files(folder: Path, files: int) -> tuple[int, int, int]:
    """(rows, megabytes before, megabytes at the peak) of a process that delivers so many files of three rows."""
    (folder / "in").mkdir()
    for number in range(files):
        (folder / "in" / f"{number:05}.csv").write_text(f"A,B\n{number},1\n{number},2\n{number},3\n")
    script = [sys.executable, "-c", DELIVER, str(folder)]
    result = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=500, check=True)
    rows, before, peak = map(int, result.stdout.split())
    return rows, before, peak


@pytest.mark.parametrize(("files", "megabytes"), [(1_500, 150)])
def test_many_files_take_little_memory(tmp_path: Path, files: int, megabytes: int) -> None:
    """Measured in November 2026: 60 MB more than the libraries; 272 MB when each file knew all others."""
    rows, before, peak = deliver_files(tmp_path, files)
    assert rows == 3 * files
    assert peak - before < megabytes


def test_ten_thousand_files_take_less_than_a_gigabyte(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    rows, _, peak = deliver_files(tmp_path, 10_000)
    record_property("most memory, MB", peak)
    assert rows == 30_000
    assert peak < MOST_MEGABYTES
