"""Read the tables of a large delivery as tasks of the engine of the settings, where one is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.connectors import DeliveredTable
from ingest.contract import Contract
from ingest.delivery import ReadTable, ReadTables, table_result, table_tasks
from ingest.delivery.removals import read_removals
from ingest.errors import DeliveryError
from orchestration.runs.context import RunContext

# Rows of the four event sources take 60 bytes or more as CSV, and 20 or more compressed.
BYTES_PER_ROW = 20


def table_reader(run: RunContext, contract: Contract) -> ReadTables | None:
    """Reads the tables of a delivery of several files that may have more rows than one task builds; None without an engine.

    Tables with direct identifiers to hash, and sources with erased records, are read by the run itself.
    """
    removals = read_removals(run.settings.home.deliveries / contract.source)
    if run.settings.engine is None or contract.hash_key_needed or removals.erased:
        return None

    def read(tables: Sequence[DeliveredTable], folder: Path) -> Mapping[str, ReadTable | DeliveryError]:
        of_files = [table for table in tables if table.file is not None and table.file.path is not None]
        sizes = {table.file.path: table.file.path.stat().st_size for table in of_files if table.file and table.file.path}
        if len(of_files) < 2 or sum(sizes.values()) < run.settings.part_rows * BYTES_PER_ROW:
            return {}
        # engines are imported only where one is set
        from orchestration.engines import run_tasks  # noqa: PLC0415

        tasks = table_tasks(contract, of_files, folder, run.location.city.time_zone, run.as_of.date())
        results = run_tasks(run, tasks, folder)
        return {table.name: table_result(result.task, result.result) for table, result in zip(of_files, results, strict=True)}

    return read
