"""Python environments of their own, from the package index, for clients whose packages conflict with Levelground's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"


def environment(folder: Path, *packages: str) -> Path:
    """A new environment with these packages; its folder of programs."""
    for command in (
        ["venv", "--quiet", "--python", sys.executable, str(folder)],
        ["pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *packages],
    ):
        result = subprocess.run([UV, *command], capture_output=True, text=True, timeout=1800, check=False)
        assert result.returncode == 0, result.stderr
    return folder / "bin"


def packages_folder(folder: Path, *packages: str) -> Path:
    """A folder of these packages, for PYTHONPATH: they are used next to Levelground's, in versions that its lock file allows."""
    command = [UV, "pip", "install", "--quiet", "--python", sys.executable, "--target", folder]
    result = subprocess.run(
        [*command, "--constraint", ROOT / "requirements-dev.lock", *packages],
        capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return folder


def run(command: list[str | Path], folder: Path, timeout: float = 600) -> str:
    """The standard output of a program; AssertionError with its whole output if it fails."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout
