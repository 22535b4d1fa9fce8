"""Every delivery of the sample, ingested by its real contract: nothing unknown, nothing unreadable, every claim kept."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection

from ingest.city import city_registry, read_city
from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryStore, deliver
from ingest.landing import LandingTable, count_load_rows, ensure_tables
from ingest.readers import delivered_files
from ingest.sample.sources import NOT_DELIVERED, SOURCES
from ingest.typing import invalid_condition, required_columns
from warehouse.metadata import migrate

ZONE, NOW = "America/Chicago", dt.datetime(2026, 1, 1)
NAMES = sorted(SOURCES)
KEEP_COPIES = ("comptroller__checkbook", "der__employees", "dpw__lead_service_lines", "mpd__incidents")


@pytest.fixture(scope="module")
def planted(small_city: Path) -> dict[str, dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = json.loads((small_city / "sample.json").read_text(encoding="utf-8"))["planted"]
    return figures


@pytest.fixture(scope="module")
def contracts(small_city: Path) -> dict[str, Contract]:
    registry = city_registry(read_city(small_city), small_city)
    return {contract.source: contract for contract in registry}


def test_every_source_of_the_sample_has_a_contract(planted: dict[str, Any], contracts: dict[str, Contract]) -> None:
    assert set(planted) == set(NAMES) <= set(contracts)
    # else a source that is not delivered would bring in the city that its contract names
    assert set(contracts) - set(NAMES) == set(NOT_DELIVERED)


@pytest.mark.parametrize("source", NAMES)
def test_the_contract_takes_the_delivery_and_every_claim_is_kept(
    source: str,
    small_city: Path,
    planted: dict[str, Any],
    contracts: dict[str, Contract],
    con: DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    contract, store = contracts[source], DeliveryStore(tmp_path / "deliveries", source)
    migrate(con)
    receipt = deliver(
        contract, open_folder(contract, delivered_files(small_city / source), small_city / source), store, None, NOW
    )
    assert (receipt.columns_missing, receipt.columns_unknown, receipt.columns_repeated) == ((), (), ())
    ensure_tables(con, contract, ZONE)
    LandingTable(con, contract, store, ZONE).promote(receipt, run_id="run", now=NOW)
    found, claim = count_load_rows(con, contract, receipt.load_id), planted[source]
    drops_exact = contract.load.duplicates == "drop_exact"
    assert (found.delivered, found.blank, found.superseded, found.rejected) == tuple(
        claim[count] for count in ("delivered", "blank", "superseded", "rejected")
    )
    assert found.duplicate == (claim["duplicate"] if drops_exact else 0)
    assert found.staged > 0
    for column in contract.kept_columns:
        unreadable = con.execute(f'select count(*) from landing."{source}" where {invalid_condition(column, ZONE)}').fetchone()
        if column not in required_columns(contract):
            assert unreadable == (0,), column.name


@pytest.mark.parametrize("source", KEEP_COPIES)
def test_a_claim_of_copies_is_what_the_files_hold(
    source: str,
    small_city: Path,
    planted: dict[str, Any],
    contracts: dict[str, Contract],
    con: DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    """Also where a contract keeps copies: there the claim has the number that a reader should find, in each file of its own."""
    contract, store = contracts[source], DeliveryStore(tmp_path / "deliveries", source)
    assert contract.load.duplicates == "keep"
    receipt = deliver(
        contract, open_folder(contract, delivered_files(small_city / source), small_city / source), store, None, NOW
    )
    names = ", ".join(["_source_file", *(column.name for column in contract.kept_columns)])
    filled = " or ".join(f"coalesce(trim({column.name}), '') <> ''" for column in contract.kept_columns)
    batch = f"(select {names} from read_parquet('{store.batch(receipt.load_id)}') where {filled})"
    (copies,) = con.execute(
        f"select (select count(*) from {batch}) - (select count(*) from (select distinct * from {batch}))"
    ).fetchone() or (None,)
    assert copies == planted[source]["duplicate"]
