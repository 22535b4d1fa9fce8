"""The periods and partitions of a file that its name decides, so that they are known where the file cannot be read."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from ingest.landing import named_units
from tests.support.visits import CITY_ZONE, visits_contract

YEAR = {"name": "year", "from_file": r"(20\d\d)", "type": "integer", "required": True}
DAY = {"name": "day", "from_file": {"jan_*": "2024-01-15"}, "type": "date", "required": True}
BY_DAY = {"mode": "replace_period", "period_column": "day", "period": "month"}
STOCK: dict[str, Any] = {"load": {"mode": "replace_partition", "partition_by": ["_snapshot_on"]}}


@pytest.mark.parametrize(
    ("keys", "file", "unit"),
    [
        ({"load": {"mode": "replace_partition", "partition_by": ["year"]}}, "in/visits_2024.csv", "2024"),
        ({"load": {"mode": "replace_partition", "partition_by": ["year"]}}, "visits.csv", None),
        ({"load": {"mode": "replace_partition", "partition_by": ["year"]}}, "visits_2024.zip", None),
        (
            {"load": {"mode": "replace_partition", "partition_by": ["year"]}, "format": {"kind": "excel", "sheet": "20*"}},
            "visits_2024.xlsx",
            None,
        ),
        ({"load": {"mode": "replace_partition", "partition_by": ["year", "k"]}}, "visits_2024.csv", None),
        ({"load": BY_DAY}, "jan_a.csv", "2024-01-01"),
        ({"load": BY_DAY}, "feb_a.csv", None),
        (STOCK | {"snapshot": {"from": "file_name"}}, "staff 2024-03-31.csv", "2024-03-31"),
        (STOCK | {"snapshot": {"from": "file_name"}}, "staff 2024-03-32.csv", None),
        (STOCK | {"snapshot": {"from": ["footer", "file_name"]}, "footer": {"rows": 1}}, "staff 2024-03-31.csv", None),
    ],
)
def test_the_unit_of_a_name(keys: dict[str, Any], file: str, unit: str | None) -> None:
    contract = visits_contract(columns=[YEAR, DAY, {"name": "k", "required": True}], **keys)
    found = named_units(duckdb.connect(), contract, file, CITY_ZONE)
    assert found == (frozenset({unit}) if unit else None)
