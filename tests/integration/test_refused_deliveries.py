"""Reports of a bad delivery quote no private cell: not in messages, not on the page, not in any file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.city import city_registry, read_city
from tests.conftest import CommandLine
from tests.support.canaries import Seeder, found_in, private_columns, search

CONTRACTS = {contract.source: contract for contract in city_registry(read_city(None, "sampleton"))}


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
    environment = {"LEVELGROUND_DELIVERIES": str(city)}
    refused = set()
    for source in sorted(path.name for path in city.iterdir() if path.is_dir() and private_columns(CONTRACTS[path.name])):
        report = tmp_path / f"{source}.html"
        result = levelground("sources", "check", source, "--report", report, env=environment)
        assert result.returncode in (0, 3), result.stderr
        output = result.stdout + result.stderr + report.read_text()
        assert source in output
        assert found_in(output.encode(), marks) == set(), source
        refused |= {source} if result.returncode == 3 else set()
    assert {"der__employees", "fpc__police_stops", "oei__resident_survey"} <= refused
    assert search(levelground.home, marks) == []
