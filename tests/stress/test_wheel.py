"""A whole run from the files of a wheel: it releases, and writes to its home only.

`make stress ONLY="-k wheel"` runs this alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT

CALL = "import sys; from orchestration.cli import program; sys.argv[0] = 'levelground'; program()"


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


def test_a_run_from_a_wheel_releases_and_writes_to_its_home_only(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    site, folder = tmp_path / "site", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(site)
    folder.mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LEVELGROUND_", "DAGSTER_"))}

    def levelground(*arguments: str) -> str:
        command = [sys.executable, "-B", "-c", CALL, *arguments]
        result = subprocess.run(
            command, cwd=folder, env=own | {"PYTHONPATH": str(site)}, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    before = _files(site)
    levelground("sample", "--out", "sample", "--rows", "2000", "--seed", "23")
    levelground("run", "--deliveries", "sample")
    assert f"{folder}/.levelground/docs/index.html" in levelground("docs")
    home = folder / ".levelground"
    release = json.loads((home / "published" / "current.json").read_text())["release_id"]
    assert release in levelground("status")
    assert (
        json.loads(levelground("query", "select count(*) as n from marts.fct_equity_measures", "--format", "json"))[0]["n"] > 1000
    )
    assert (home / "dbt" / "project" / "models").readlink() == site / "dbt_project" / "models"
    assert _files(site) == before
    assert sorted(path.name for path in folder.iterdir()) == [".levelground", "sample"]
