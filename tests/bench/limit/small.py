"""The deliveries that do not grow with the city, read the product's way: by its connectors, typed by its views.

Here: landing them as a first run would, of a key the last row. Not here: the four event sources (`script`, read.sql).
"""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection

from ingest.cells import accepted_rows
from ingest.city import read_city
from ingest.connectors import Conformer, delivered_files, open_folder
from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.registry import load_registry
from ingest.snapshots import date_of_file
from warehouse.sql import literal


def read_small(con: DuckDBPyConnection, deliveries: Path, without: Container[str]) -> None:
    """Make `landing` and `typed` of every source but those in `without`; of a source without a folder they are empty."""
    city = read_city(deliveries)
    for contract in load_registry().for_city(city.sources, deliveries / "city.yml"):
        if contract.source not in without:
            _land(con, contract, deliveries / contract.source)
            view = accepted_rows(contract, f'warehouse.landing."{contract.source}"', city.time_zone)
            con.execute(f'create view warehouse.typed."{contract.source}" as {view}')


def _land(con: DuckDBPyConnection, contract: Contract, folder: Path) -> None:
    conformer, batches = Conformer(contract, None), []
    days: dict[str, str] = {}
    parts = open_folder(contract, delivered_files(folder), folder).parts if folder.is_dir() else ()
    for part in parts:
        with part.read() as opened:
            batches += list(conformer.batches(opened.batches, conformer.match(opened.header), part.name))
            day = date_of_file(contract, part.name, opened.footer, None)
            days |= {part.name: day.isoformat()} if day else {}
    delivered = pa.Table.from_batches(batches, conformer.schema)
    names = [f'"{column.name}"' for column in contract.kept_columns]
    named = ", ".join(f"{literal(name)}: date {literal(day)}" for name, day in days.items())
    dated = f"(map {{{named}}})[_source_file]" if days else "null::date"
    con.register("delivered", delivered)
    con.execute(
        f'create table warehouse.landing."{contract.source}" as '
        f"with rows as (select *, '' as _load_id, row_number() over () as _ordinal, {dated} as {SNAPSHOT_ON} from delivered "
        f"where not ({' and '.join(f'''coalesce(trim({name}), '') = '' ''' for name in names)})) "
        f"select * from rows {_last_of(contract, names)} order by _ordinal"
    )
    con.unregister("delivered")


def _last_of(contract: Contract, names: list[str]) -> str:
    same = [f'trim("{name}")' for name in contract.record_key]
    if not same and contract.load.duplicates == "drop_exact":
        same = names
    by = ", ".join([*same, SNAPSHOT_ON])
    return f"qualify row_number() over (partition by {by} order by _ordinal desc) = 1" if same else ""
