"""Reports of a bad delivery quote no private cell: not in messages, not on the page, not in any file.

One source of each kind of file, and those that must be refused. `make stress` has all of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.city import city_registry, read_city
from tests.conftest import CommandLine
from tests.support.canaries import Seeder, found_in, private_columns, search

CONTRACTS = {contract.source: contract for contract in city_registry(read_city(None, "sampleton"))}
REFUSED = {"der__employees", "fpc__police_stops", "oei__resident_survey"}


@pytest.fixture(scope="module")
def spoilt(sample_city: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The sample city with a canary in every private cell, and the marks."""
    folder = tmp_path_factory.mktemp("spoilt") / "city"
    shutil.copytree(sample_city, folder)
    seeder = Seeder(list(CONTRACTS.values()))
    written = {(canary.source, canary.column) for canary in seeder.every(folder)}
    delivered = [contract for contract in CONTRACTS.values() if (folder / contract.source).is_dir()]
    assert written == {(contract.source, column.name) for contract in delivered for column in private_columns(contract)}
    return folder, [mark for canary in seeder.canaries.values() for mark in canary.marks]


def test_no_message_quotes_a_private_cell(levelground: CommandLine, spoilt: tuple[Path, list[str]], tmp_path: Path) -> None:
    city, marks = spoilt
    kinds = {next((city / source).iterdir()).suffix: source for source in sorted(private_sources(city), reverse=True)}
    assert len(kinds) > 3, kinds
    assert refused(levelground, city, marks, sorted(REFUSED | set(kinds.values())), tmp_path) >= REFUSED


def private_sources(city: Path) -> list[str]:
    return sorted(path.name for path in city.iterdir() if path.is_dir() and private_columns(CONTRACTS[path.name]))


def refused(levelground: CommandLine, city: Path, marks: list[str], sources: list[str], reports: Path) -> set[str]:
    """Check the deliveries of these sources, and search each byte that a check writes for the marks; the refused ones."""
    environment = {"LEVELGROUND_DELIVERIES": str(city)}
    found = set()
    for source in sources:
        report = reports / f"{source}.html"
        result = levelground("sources", "check", source, "--report", report, env=environment)
        assert result.returncode in (0, 3), result.stderr
        output = result.stdout + result.stderr + report.read_text()
        assert source in output
        assert found_in(output.encode(), marks) == set(), source
        found |= {source} if result.returncode == 3 else set()
    assert search(levelground.home, marks) == []
    return found
