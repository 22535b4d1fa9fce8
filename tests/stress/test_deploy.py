"""The units of docs/deploy/ as systemd reads them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT
from tests.contract.test_deploy import UNITS


def test_systemd_takes_the_units(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    assert shutil.which("systemd-analyze"), "no systemd-analyze on this machine; apt-get install systemd"
    for unit in UNITS:
        # systemd looks whether the program is there
        (tmp_path / unit.name).write_text(unit.read_text(encoding="utf-8").replace("/opt/levelground", str(ROOT)))
    copies = sorted(map(str, tmp_path.iterdir()))
    result = subprocess.run(["systemd-analyze", "verify", *copies], text=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr.strip()) == (0, "")
    record_property("units", len(copies))
