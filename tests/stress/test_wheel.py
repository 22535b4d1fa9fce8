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

import pytest

from tests.conftest import ROOT
from tests.unit.ingest.contract_draft.test_draft import PERMIT_FILE

CALL = "import sys; from orchestration.cli import program; sys.argv[0] = 'levelground'; program()"


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel is installed into."""
    root = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(root)], cwd=ROOT, check=True)
    (wheel,) = root.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(root / "site")
    return root / "site"


def _call(site: Path, folder: Path, *arguments: str, city: str = "", expect: int = 0) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LEVELGROUND_", "DAGSTER_"))}
    own |= {"PYTHONPATH": str(site)} | ({"LEVELGROUND_CITY": city, "LEVELGROUND_DELIVERIES": "live"} if city else {})
    command = [sys.executable, "-B", "-c", CALL, *arguments]
    result = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    assert result.returncode == expect, result.stdout + result.stderr
    return result.stdout + (result.stderr if expect else "")


def test_a_new_source_is_written_into_a_folder_of_ones_own(site: Path, tmp_path: Path) -> None:
    (tmp_path / "permits.csv").write_text(PERMIT_FILE)
    before = _files(site)
    new = ("sources", "new", "parks__permits", "--from", "permits.csv", "--agreement", "open_data", "--unit", "record")
    assert "--layer FOLDER" in _call(site, tmp_path, *new, city="milwaukee", expect=2)
    _call(site, tmp_path, "cities", "new", "madison", "--place", "5548000", "--state", "wisconsin")
    _call(site, tmp_path, *new, "--layer", "madison", city="madison")
    _call(site, tmp_path, "sources", "new", "parks__permits", "--layer", "madison", city="madison")
    layer = tmp_path / "madison"
    assert (layer / "sources" / "parks__permits.yml").is_file()
    assert [path.name for path in (layer / "models" / "marts" / "facts").rglob("*.sql")] == ["fct_permits.sql"]
    shown = _call(site, tmp_path, "cities", "show", "madison")
    assert "dpi__enrollment" in shown and "parks__permits" in shown
    assert _files(site) == before


def test_a_run_from_a_wheel_releases_and_writes_to_its_home_only(site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()

    def levelground(*arguments: str) -> str:
        return _call(site, folder, *arguments)

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
    assert (home / "dbt" / "project" / "macros").readlink() == site / "dbt_project" / "macros"
    assert _files(site) == before
    assert sorted(path.name for path in folder.iterdir()) == [".levelground", "sample"]
