"""The gate of a large delivery."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.delivery_gate import gate_delivery
from ingest.contract.registry import load_registry
from ingest.contract.vocabularies import read_labels
from tests.integration.test_gates import SEEDS, warehouse
from warehouse.connection import database_path

__all__ = ["warehouse"]


def test_a_large_delivery_takes_seconds(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    """1 M rows of 14 columns: a second of one core when this was written, here bounded for slow and busy machines."""
    batch = tmp_path / "batch.parquet"
    warehouse.execute(f"""
        copy (
            select 'S-' || n as stop_number, strftime(timestamp '2017-01-01' + to_seconds(n), '%Y-%m-%d %H:%M:%S') as occurred_at,
                'suspicious' as problem, 'MDC' as record_origin, 'NO' as citation_issued, 'YES' as person_searched,
                'NO' as vehicle_searched, 'Unknown' as race_before_stop,
                ['Black', 'White', 'Unknown', ''][1 + n % 4] as race_ethnicity, 'Male' as gender,
                cast(44.9 + (n % 1000) / 10000.0 as varchar) as latitude, '-93.2' as longitude,
                '1' as police_precinct, 'Downtown' as neighborhood, 'load' as _load_id, 'stops.csv' as _source_file,
                n + 1 as _source_row
            from range(1000000) as t (n)
        ) to '{batch}' (compression zstd)""")
    warehouse.execute(f"create view delivery.fpc__police_stops as select * from read_parquet('{batch}')")
    contract = load_registry()["fpc__police_stops"]
    facts = DeliveryFacts(as_of=dt.datetime(2025, 12, 1), earlier_rows=(1_000_000,), city_zone="America/Chicago")
    started, used = time.monotonic(), time.process_time()
    result = gate_delivery(database_path(warehouse), contract, facts, read_labels(SEEDS / "race_ethnicity_crosswalk.csv"))
    assert result.passed
    assert time.process_time() - used < 10
    assert time.monotonic() - started < 60
