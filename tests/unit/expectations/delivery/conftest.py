"""Fixtures of contracts and landing, shared with the unit tests of ingest."""

from tests.unit.ingest.conftest import con, make_contract, new_warehouse, read_file, read_origin, warehouse

__all__ = ["con", "make_contract", "new_warehouse", "read_file", "read_origin", "warehouse"]
