"""A later release of juvenile arrests renames a group and revises years: each figure is landed once, the newer one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from ingest.connectors import open_folder
from ingest.contract.registry import load_registry
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, ensure_tables
from ingest.readers import delivered_files
from warehouse.metadata import migrate

ZONE, SOURCE = "America/Chicago", "urban__juvenile_arrests"
HEADER = "year,state,place,subgroup_type,subgroup,rate_juv_arrest,rate_juv_arrest_quality\n"
EARLIER = (
    '2021,55,53000,race-ethnicity,"White, Non-Hispanic",722.2,3\n2021,55,53000,race-ethnicity,Hispanic,511.1,3\n'
    '2022,55,53000,race-ethnicity,"White, Non-Hispanic",903.3,3\n'
)
LATER = (
    "2021,55,53000,race-ethnicity,White,800.0,1\n2022,55,53000,race-ethnicity,White,910.0,1\n"
    "2023,55,53000,race-ethnicity,White,920.0,1\n2021,55,53000,race-ethnicity,Black,3725.0,1\n"
    "2023,55,53000,race-ethnicity,Black,Inf,1\n"
)


def land(con: DuckDBPyConnection, folder: Path, store: DeliveryStore, now: dt.datetime) -> list[tuple[Any, ...]]:
    """Deliver and promote what the folder holds; the figures that staging reads."""
    contract = load_registry()[SOURCE]
    record = deliver(contract, open_folder(contract, delivered_files(folder), folder), store, None, now)
    ensure_tables(con, contract, ZONE)
    LandingTable(con, contract, store, ZONE).promote(record, run_id="run", now=now)
    return con.execute(
        f"select year, subgroup, rate_juv_arrest, rate_juv_arrest_missing_reason from typed.{SOURCE} order by year, subgroup"
    ).fetchall()


def test_a_renamed_group_is_one_figure_and_a_vanished_one_has_no_value(con: DuckDBPyConnection, tmp_path: Path) -> None:
    migrate(con)
    folder, store = tmp_path / SOURCE, DeliveryStore(tmp_path / "deliveries", SOURCE)
    folder.mkdir()
    (folder / "arrests.csv").write_text(HEADER + EARLIER, encoding="utf-8")
    land(con, folder, store, dt.datetime(2026, 1, 1))
    (folder / "a_later_release.csv").write_text(HEADER + LATER, encoding="utf-8")
    assert land(con, folder, store, dt.datetime(2026, 2, 1)) == [
        (2021, "Black", 3725.0, None),
        # neither zero nor the earlier release's value
        (2021, "Hispanic", None, "suppressed_at_source"),
        (2021, "White", 800.0, None),
        (2022, "White", 910.0, None),
        # no rate is infinite
        (2023, "Black", None, "invalid"),
        (2023, "White", 920.0, None),
    ]
