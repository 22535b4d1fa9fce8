"""Broken values in every private column, run, checked, accepted and run again: no byte contains one of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from tests.conftest import CommandLine
from tests.e2e.conftest import Place
from tests.e2e.test_private_columns import may_stand
from tests.support.canaries import Seeder, found_in, private_columns, search
from tests.support.shipped import shipped_registry
from tests.support.visits import CONTRACT

CONTRACTS = {contract.source: contract for contract in shipped_registry()}
# Broken as files, past any column: a record with too many cells, a quote left open, bytes that are no text.
TORN = ("{mark},{mark}{many}\n", '"{mark}\n', "{mark}\udce9{many}\n")
HASHED = "mhd__visits"
PERSON = "A PERSON WITH A NAME"


def test_broken_values_in_every_private_column_are_reported_nowhere(place: Place, tmp_path: Path) -> None:
    """The runs of a department that mixed its columns up: most sources are held back, then accepted by hand."""
    seeder = Seeder(list(CONTRACTS.values()))
    seeder.every(place.deliveries)
    owners = {mark: canary for canary in seeder.canaries.values() for mark in canary.marks}
    outputs = [output_of(place, "run", "--deliveries", place.deliveries, "--json", expect=(3, 4))]
    held_back = [row for row in place.levelground.json("status", "--json", expect=4)["sources"] if row["verdict"] == "held_back"]
    assert {"der__employees", "fpc__police_stops", "oei__resident_survey"} <= {row["source"] for row in held_back}
    for row in held_back:
        outputs.append(output_of(place, "sources", "show", row["source"], expect=(0,)))
        outputs.append(
            output_of(place, "sources", "accept", row["source"], "--load", row["load_id"], "--reason", "to see", expect=(0, 2))
        )
    outputs.append(output_of(place, "run", "--deliveries", place.deliveries, expect=(0, 1, 3, 4)))
    outputs.append(output_of(place, "status", expect=(0, 4)))
    outputs.append(output_of(place, "sources", "list", expect=(0, 4)))
    assert found_in("\n".join(outputs).encode(), list(owners)) == set()
    found = search(place.home, list(owners))
    wrong = [str(one) for one in found if not may_stand(place.home, owners[one.mark], one)]
    assert not wrong, "\n".join(wrong[:40])
    assert found, "the search finds marks that are allowed somewhere"


def test_a_hashed_identifier_reaches_landing_as_a_hash_and_no_file_that_is_published(place: Place, tmp_path: Path) -> None:
    columns = [
        {"name": "k", "type": "integer", "required": True, "role": "key"},
        {"name": "person", "privacy": "direct_identifier", "keep": "hash"},
        {"name": "phone", "privacy": "direct_identifier", "keep": "drop"},
    ]
    contract = CONTRACT | {"source": HASHED, "department": "mhd", "columns": columns, "load": {"mode": "merge", "key": ["k"]}}
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / f"{HASHED}.yml").write_text(yaml.safe_dump(contract))
    (place.deliveries / HASHED).mkdir()
    (place.deliveries / HASHED / "visits.csv").write_text(f"k,person,phone\n1,{PERSON},CANARY99X01\n2,{PERSON},CANARY99X01\n")
    environment = {"LEVELGROUND_SOURCES": str(sources), "LEVELGROUND_HASH_KEY": "a key for tests that is long enough"}
    report = place.run("--full-refresh", env=environment)
    assert next(row for row in report["sources"] if row["source"] == HASHED)["rows_staged"] == 2
    assert search(place.home, [PERSON, "CANARY99X01"]) == []
    (digest,) = {row[0] for row in _landed(place.home / "warehouse.duckdb", f"select person from landing.{HASHED}")}
    assert len(digest) == 64
    folders = {found.path.relative_to(place.home).parts[0] for found in search(place.home, [digest])}
    assert folders == {"deliveries", "warehouse.duckdb"}


@pytest.mark.parametrize("row", TORN, ids=["too many cells", "open quote", "no text"])
def test_no_message_about_a_torn_file_quotes_a_cell(
    levelground: CommandLine, sample_city: Path, tmp_path: Path, row: str
) -> None:
    mark = "CANARY99X02"
    torn = 0
    for folder in sorted(path for path in sample_city.iterdir() if path.is_dir() and private_columns(CONTRACTS[path.name])):
        for file in sorted(folder.glob("*.csv"))[-1:]:
            path = tmp_path / file.name
            line = row.format(mark=mark, many=f",{mark}" * 400)
            path.write_bytes(file.read_bytes() + line.encode("utf-8", "surrogateescape"))
            result = levelground("sources", "check", folder.name, path, env={"LEVELGROUND_DELIVERIES": str(sample_city)})
            assert result.returncode == 3, result.stdout
            assert found_in((result.stdout + result.stderr).encode(), [mark]) == set(), folder.name
            torn += 1
    assert torn >= 5
    assert search(levelground.home, [mark]) == []


def output_of(place: Place, *arguments: object, expect: tuple[int, ...]) -> str:
    result = place.levelground(*arguments)
    assert result.returncode in expect, f"{arguments}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result.stdout + result.stderr


def _landed(warehouse: Path, sql: str) -> list[tuple[str]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows: list[tuple[str]] = connection.execute(sql).fetchall()
    return rows
