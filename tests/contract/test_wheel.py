"""The wheel has every file that a checkout has, and works from a folder that is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("orchestration", "expectations", "ingest", "warehouse", "dbt_project")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the wheel, as an installer unpacks them."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def _levelground(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = "import sys; from orchestration.cli import program; sys.argv[0] = 'levelground'; program()"
    own = {name: value for name, value in os.environ.items() if not name.startswith("LEVELGROUND_")}
    return subprocess.run(
        [sys.executable, "-B", "-c", call, *arguments], cwd=folder, env=own | {"PYTHONPATH": str(installed)}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_wheel_has_every_file_of_the_code_and_the_dbt_project(installed: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    missing = [name for name in tracked if (ROOT / name).exists() and not (installed / name).is_file()]
    assert not missing
    assert len(tracked) > 1000
    assert (installed / "orchestration" / "docs_site" / "docs" / "queries.md").is_file(), "guides of `levelground docs`"
    assert (installed / "orchestration" / "instance" / "dagster.yaml").read_bytes() == (ROOT / "dagster.yaml").read_bytes()
    assert not list((installed / "dbt_project" / "models").rglob("_sources.yml"))  # a home has its own


def test_a_wheel_starts_with_a_home_in_the_current_folder(installed: Path, tmp_path: Path) -> None:
    status = _levelground(installed, tmp_path, "status")
    assert (status.returncode, status.stdout) == (0, "no run yet; start with `levelground run`\n"), status.stderr
    doctor = _levelground(installed, tmp_path, "doctor")
    assert f"{tmp_path}/.levelground" in doctor.stdout, doctor.stdout
    findings = [line.split()[0] + " " + line.split()[1] for line in doctor.stdout.splitlines() if line and line[0] != " "]
    assert {"ok python:", "ok packages:", "ok contracts:"} <= set(findings), doctor.stdout
    assert str(installed) in doctor.stdout  # the lock file of the wheel was read, not that of the checkout
