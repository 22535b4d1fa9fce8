"""A register is delivered again and again, in a schema of its own each time: a person is one row, of the newest release."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.delivery_gate import gate_delivery
from ingest.connectors import open_folder
from ingest.contract.registry import load_registry
from ingest.contract.vocabularies import Labels, read_labels
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from orchestration.settings import DBT_PROJECT
from warehouse.connection import database_path

SOURCE, ZONE = "fpc__fatal_shootings", "America/Chicago"
OLD = "id,name,date,manner_of_death,armed,age,gender,race,city,state,signs_of_mental_illness,threat_level,flee,body_camera\n"
NEW = (
    "id,date,threat_type,flee_status,armed_with,city,county,state,latitude,longitude,location_precision,name,age,gender,race,"
    "race_source,was_mental_illness_related,body_camera,agency_ids\n"
)
RELEASES = {
    "2018-04-12": OLD + "1,A B,2015-03-05,shot,knife,45,M,B,Milwaukee,WI,True,other,Not fleeing,False\n"
    "2,C D,2016-05-05,shot,gun,,F,O,Milwaukee,WI,False,attack,Foot,False\n",
    "2024-03-05": NEW + "1,2015-03-05,threat,not,knife,Milwaukee,,WI,,,,,45,male,B,,True,False,253\n"
    "2,2016-05-05,shoot,foot,gun,Milwaukee,,WI,,,,,33,female,H,,False,False,253\n"
    "3,2021-08-16,shoot,foot,gun,Milwaukee,,WI,,,,,31,male,B,,False,False,253\n",
    "2025-01-31": NEW + "1,2015-03-05,threat,not,knife,Milwaukee,,WI,,,,,45,male,Black,,True,False,253\n"
    "3,2021-08-16,shoot,foot,gun,Milwaukee,,WI,,,,,31,male,Black,,False,False,253\n",
}
BLACK, HISPANIC, OTHER = "B", "H", "O"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    delivered = tmp_path / SOURCE
    delivered.mkdir()
    return delivered


def land(con: DuckDBPyConnection, folder: Path, now: dt.datetime) -> list[tuple[Any, ...]]:
    """Deliver and promote what the folder holds: number, race and release of every person in landing."""
    contract, store = load_registry()[SOURCE], DeliveryStore(folder.parent / "deliveries", SOURCE)
    record = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, now)
    ensure_tables(con, contract, ZONE)
    LandingTable(con, contract, store, ZONE).promote(record, run_id="run", now=now)
    return con.execute(
        f"select person_number, race_ethnicity, released_on::varchar from typed.{SOURCE} order by person_number"
    ).fetchall()


def add(folder: Path, *days: str) -> None:
    for day in days:
        (folder / f"fatal-police-shootings-data_{day}.csv").write_text(RELEASES[day], encoding="utf-8")


def test_versions_delivered_in_order_count_a_person_once(warehouse: DuckDBPyConnection, folder: Path) -> None:
    """A later register corrects a race, adds a person, and renames a label; one without a person leaves none behind."""
    first, second, third = RELEASES
    add(folder, first)
    assert land(warehouse, folder, dt.datetime(2026, 1, 1)) == [("1", BLACK, first), ("2", OTHER, first)]
    add(folder, second)
    later = [("1", BLACK, second), ("2", HISPANIC, second), ("3", BLACK, second)]
    assert land(warehouse, folder, dt.datetime(2026, 1, 2)) == later
    add(folder, third)
    assert land(warehouse, folder, dt.datetime(2026, 1, 3)) == [("1", "Black", third), ("3", "Black", third)]


def test_the_newest_of_two_versions_in_one_delivery_counts(warehouse: DuckDBPyConnection, folder: Path) -> None:
    first, second, _ = RELEASES
    add(folder, second, first)
    assert {row[2] for row in land(warehouse, folder, dt.datetime(2026, 1, 1))} == {second}


def gated(con: DuckDBPyConnection, folder: Path, labels: Labels) -> set[str]:
    """The critical findings on what the folder holds."""
    contract, store = load_registry()[SOURCE], DeliveryStore(folder.parent / "deliveries", SOURCE)
    record = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, dt.datetime(2026, 1, 1))
    con.execute(f"create or replace view delivery.{SOURCE} as select * from read_parquet('{store.batch(record.load_id)}')")
    facts = DeliveryFacts(
        as_of=dt.datetime(2026, 1, 1), columns_missing=record.columns_missing, columns_unknown=record.columns_unknown,
        city_zone=ZONE,
    )  # fmt: skip
    return {finding.expectation for finding in gate_delivery(database_path(con), contract, facts, labels).failed_critical}


def test_a_renamed_label_is_found_and_a_seed_row_joins_it(warehouse: DuckDBPyConnection, folder: Path) -> None:
    """`B` becomes `Black`: the gate holds the release back until the crosswalk has a row for the new label."""
    labels = read_labels(DBT_PROJECT / "seeds" / "reference" / "race_ethnicity_crosswalk.csv")
    assert "Black" not in labels["press_register"]
    add(folder, "2024-03-05")
    assert gated(warehouse, folder, labels) == set()
    add(folder, "2025-01-31")
    assert gated(warehouse, folder, labels) == {"unmapped_labels_pct"}
    with_row = dict(labels) | {"press_register": labels["press_register"] | {"Black"}}
    assert gated(warehouse, folder, with_row) == set()
