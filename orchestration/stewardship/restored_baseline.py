"""Compute the volume baseline of a checked delivery as a run would, from the kept deliveries and the list of accepted ones.

A run may have the working warehouse open, so the history is restored into the temporary database of the check.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.volume import VolumeBaseline, volume_baseline
from expectations.delivery.volume_checks import usual_rows
from ingest.contract import Contract
from ingest.delivery import AcceptedLoad, DeliveryRecord, DeliveryStore, as_next_load
from ingest.landing import AcceptedLoadsDamaged, Batch, DeliveryLost, LandingTable, ensure_tables, insert_load
from ingest.typing import hides_small_numbers
from orchestration.settings import ConfigurationError
from warehouse.metadata import migrate


def restored_baseline(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, kept: DeliveryStore, city_zone: str
) -> VolumeBaseline:
    """What a run compares the number of rows of `batch` with; `kept` has the deliveries of the home.

    `ConfigurationError` if the list of its accepted loads is damaged: its earlier deliveries are then unknown.
    """
    accepted = kept.accepted()
    if accepted is None:
        raise ConfigurationError(
            f"{kept.accepted_file} cannot be read, so earlier deliveries are unknown; `levelground run` restores it"
        )
    migrate(con)
    ensure_tables(con, contract, city_zone)
    restored: set[str] = set()
    if _compares_rows(contract, delivery, accepted):
        restore_landed_rows(con, contract, kept, city_zone)
        restored = {load_id for (load_id,) in con.execute("select load_id from intake.loads").fetchall()}
    for load in accepted:
        if load.load_id not in restored:
            insert_load(con, contract, load)
    return volume_baseline(Batch(con, contract, as_next_load(delivery, kept), batch, city_zone), kept)


def restore_landed_rows(con: DuckDBPyConnection, contract: Contract, kept: DeliveryStore, city_zone: str) -> None:
    """Fill the landing table of a temporary database from the kept deliveries, as far as they can be read."""
    migrate(con)
    ensure_tables(con, contract, city_zone)
    with suppress(DeliveryLost, AcceptedLoadsDamaged):
        LandingTable(con, contract, kept, city_zone).restore()


def _compares_rows(contract: Contract, delivery: DeliveryRecord, accepted: tuple[AcceptedLoad, ...]) -> bool:
    """Whether the gate compares with the rows in landing, and not only with the sizes of earlier loads."""
    compares_cells = any(column.role in ("concept", "geometry") or hides_small_numbers(column) for column in contract.columns)
    if delivery.whole or compares_cells or contract.load.mode in ("replace_period", "replace_partition"):
        return True
    sizes = [load.rows_delivered for load in reversed(accepted) if not load.adds]
    if contract.load.mode != "merge" or not sizes:
        return False
    # applying many small loads takes minutes, and a delivery of the usual size passes whatever it adds
    least, most = usual_rows(sizes, contract.tolerances.volume_drop_pct)[1:]
    return not least <= delivery.rows <= most
