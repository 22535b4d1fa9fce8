"""A home with a release, made once, and copies of it for tests that change something; a home of the real deliveries."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.support.copies import Copy
from tests.support.kept_readers import UNCHANGED
from tests.support.shared import copy_parse, made_once
from tests.support.warm_process import PARSED
from warehouse.paths import Home

LEFT_BESIDE = ("temporary", "user")
AS_OF = "2025-12-01T00:00:00"  # of the real deliveries


@dataclass(frozen=True)
class Place:
    """A home with a release, and the deliveries that it came from; both are the test's own."""

    levelground: CommandLine
    deliveries: Path

    @property
    def home(self) -> Path:
        return self.levelground.home

    def run(self, *arguments: object, expect: int = 0, env: dict[str, str] | None = None) -> dict[str, Any]:
        """A run on the deliveries, as JSON."""
        report: dict[str, Any] = self.levelground.json(
            "run", "--deliveries", self.deliveries, "--json", *arguments, expect=expect, env=env
        )
        return report

    def file(self, source: str, pattern: str = "*") -> Path:
        return min((self.deliveries / source).glob(pattern))

    def rewrite(self, source: str, change: Callable[[str], str], encoding: str = "utf-8") -> None:
        """Change the text of a source's only file."""
        path = self.file(source)
        path.write_bytes(change(path.read_bytes().decode(encoding)).encode(encoding))

    def published(self) -> dict[str, str]:
        """A hash of each published file. The scorecard is left out: only the first release of tests writes one."""
        folder = self.home / "published"
        files = sorted(path for path in folder.rglob("*") if path.is_file() and folder / "scorecard" not in path.parents)
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def status_of(report: dict[str, Any], source: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in report["sources"] if row["source"] == source)
    return found


@pytest.fixture(scope="session")
def first_release(
    sample_city: Path, parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """A home in which the sample city was released once, and what that run printed. Read only.

    One worker runs, each has a copy. What the run printed, and what it left in temporary folders, is next to the home. dbt has
    parsed the project before; the second city has a run that parses it.
    """

    def release(folder: Path) -> None:
        for name in LEFT_BESIDE:
            (folder / name).mkdir()
        copy_parse(parsed_dbt_folder, Home(folder / "home"))
        with pytest.MonkeyPatch.context() as environment:
            for name in [name for name in os.environ if name.startswith(("LEVELGROUND_", "DAGSTER_"))]:
                environment.delenv(name)
            where = {"TMPDIR": str(folder / LEFT_BESIDE[0]), "HOME": str(folder / LEFT_BESIDE[1]), "LEVELGROUND_SCORECARD": "all"}
            result = CommandLine(folder / "home", cold=True)("run", "--deliveries", sample_city, "--json", env=where)
        assert result.returncode == 0, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        (folder / "output.txt").write_text(result.stdout + result.stderr)
        (folder / "report.json").write_text(result.stdout)
        assert Path(json.loads(result.stdout)["published_path"]) == folder / "home" / "published" / "levelground.duckdb"

    release_folder = made_once(tmp_path_factory, "first_release", release)
    copied = Copy(release_folder, tmp_path_factory.mktemp("first") / "copy").restore()
    UNCHANGED.add(copied / "home")
    return copied / "home", json.loads((copied / "report.json").read_text())


@pytest.fixture(scope="session")
def place_copies(
    first_release: tuple[Path, dict[str, Any]],
    sample_city: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Copy, Copy]:
    """The home and the deliveries of `place`, which copy only what the test before has changed."""
    PARSED.append(first_release[0])
    root = tmp_path_factory.mktemp("place")
    return Copy(first_release[0], root / "home"), Copy(sample_city, root / "deliveries")


@pytest.fixture
def place(place_copies: tuple[Copy, Copy]) -> Place:
    """A fresh copy of the home and of the deliveries."""
    home, deliveries = (copy.restore() for copy in place_copies)
    return Place(CommandLine(home), deliveries)


@pytest.fixture(scope="session")
def milwaukee(
    real_deliveries: Path, parsed_dbt_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CommandLine, dict[str, Any]]:
    """A home in which the real deliveries were released, and the output of that run. Read only; one worker runs all its tests."""
    levelground = CommandLine(tmp_path_factory.mktemp("milwaukee") / "home")
    copy_parse(parsed_dbt_folder, Home(levelground.home))
    UNCHANGED.add(levelground.home)
    return levelground, levelground.json("run", "--deliveries", real_deliveries, "--as-of", AS_OF, "--json")
