"""The script of the limit: from a folder of deliveries to a verified pair of release files, in one process.

    python -m tests.bench.limit.script PASTED DELIVERIES OUT

Prints one JSON object: seconds per step and model, rows per table, the content hash. `tests.bench.limit.pasted` makes PASTED.

A file in `by_hand/` makes its model, the compiled SQL of dbt makes the others. The working schemas are in memory; the script
writes the two files once, closes them, opens them again read-only, counts and hashes them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from ingest.readers import delivered_files
from tests.bench.limit.pasted import RECEIPTS, Model, read_pasted
from tests.bench.limit.small import read_small
from warehouse import disclosure
from warehouse.connection import attach, create_empty, detach, load_extension
from warehouse.paths import Home
from warehouse.record_keys import BYTES, attach_keys
from warehouse.releases import STORAGE_VERSION, content_hash
from warehouse.sql import literal, quoted

HERE = Path(__file__).resolve().parent
EVENTS = {
    "requests": "ucc__service_requests",
    "calls": "mpd__dispatched_calls",
    "stops": "fpc__police_stops",
    "payments": "comptroller__checkbook",
}
# Steps that the hand-written facts do not need.
LEFT_OUT = (
    "stg_fpc__police_stops", "stg_comptroller__checkbook", "int_police_calls__geocoded", "int_service_requests__with_follow_up",
)  # fmt: skip
CONTENT = (("release", "marts"), ("release", "reference"), ("public", "published"))
PUBLISHED = "published"


class Clock:
    """Seconds by step, and by model within them."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self.models: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str, model: str | None = None) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.steps[step] = self.steps.get(step, 0.0) + took
        if model:
            self.models[model] = took


def run(pasted: Path, deliveries: Path, out: Path) -> dict[str, object]:
    """Do the whole work; return the figures."""
    clock = Clock()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with duckdb.connect(":memory:") as con:
        with clock("open"):
            macros, models = read_pasted(pasted)
            as_of = _open(con, pasted, out, macros)
        with clock("small deliveries"):
            read_small(con, deliveries, EVENTS.values(), out / "deliveries", as_of)
        with clock("read"):
            _read_events(con, deliveries, out)
        for model in models:
            if model.folder.startswith(PUBLISHED) or model.name in LEFT_OUT:
                continue
            with clock(_step(model), model.name):
                _make(con, model)
        with clock("suppress"):
            disclosure.suppress(con, out / "reported.parquet", as_of)
            disclosure.write_reported_responses(con, out / "responses.parquet", as_of)
            disclosure.read_history(con, Home(out), {})
        for model in models:
            if model.folder.startswith(PUBLISHED):
                with clock(PUBLISHED, model.name):
                    _make(con, model)
        with clock("close"):
            for name in ("release", "public"):
                detach(con, name)
    with clock("verify"), duckdb.connect(":memory:") as con:
        for name in ("release", "public"):
            attach(con, out / f"{name}.duckdb", name, read_only=True)
        tables = con.execute(
            "select schema_name || '.' || table_name, database_name from duckdb_tables() where not internal"
        ).fetchall()
        rows = {name: _count(con, f"{database}.{name}") for name, database in tables}
        content = content_hash(con, CONTENT)
    return {"seconds": clock.steps, "models": clock.models, "rows": rows, "content_hash": content}


def _open(con: DuckDBPyConnection, pasted: Path, out: Path, macros: list[str]) -> dt.datetime:
    con.execute("set autoinstall_known_extensions = false")
    con.execute(f"set temp_directory = {literal(str(out / 'tmp'))}")
    for setting in ("memory_limit", "threads"):
        value = os.environ.get(f"LEVELGROUND_{setting.upper()}")
        if value:
            con.execute(f"set {setting} = {literal(value)}")
    load_extension(con, "spatial")
    attach_keys(con, secrets.token_bytes(BYTES))  # any secret: keys of records are not part of the content
    con.execute("attach ':memory:' as warehouse")
    for name in ("release", "public"):
        create_empty(out / f"{name}.duckdb", STORAGE_VERSION)
        attach(con, out / f"{name}.duckdb", name, storage=STORAGE_VERSION)
    con.execute("use warehouse")
    schemas = ("warehouse.landing", "warehouse.typed", "warehouse.receipts", "warehouse.staging", "warehouse.intermediate",
               "warehouse.disclosure", "release.marts", "release.reference", "public.published")  # fmt: skip
    for schema in schemas:
        con.execute(f"create schema if not exists {schema}")
    for text in macros:
        con.execute(text)
    for name in RECEIPTS:
        con.execute(f"create table warehouse.receipts.{name} as select * from read_parquet({literal(str(pasted / name))})")
    row = con.execute("select as_of from warehouse.receipts.clock").fetchone()
    assert row is not None
    as_of: dt.datetime = row[0]
    return as_of


def _read_events(con: DuckDBPyConnection, deliveries: Path, out: Path) -> None:
    files = {name: delivered_files(deliveries / source) for name, source in EVENTS.items()}
    (requests,), (calls,), (stops,) = files["requests"], files["calls"], files["stops"]
    with zipfile.ZipFile(calls) as archive:
        (member,) = archive.namelist()
        archive.extract(member, out / "tmp")
    for name, path, source_file in (
        ("requests", requests, requests.name),
        ("calls", out / "tmp" / member, f"{calls.name}/{member}"),
        ("stops", stops, stops.name),
    ):
        con.execute(f"set variable {name} = ?", [str(path)])
        con.execute(f"set variable {name}_name = ?", [source_file])
    con.execute("set variable payments = ?", [[str(path) for path in files["payments"]]])
    con.execute((HERE / "read.sql").read_text())


def _step(model: Model) -> str:
    if model.kind == "seed":
        return "seeds"
    if model.folder.startswith("marts/facts"):
        return "facts"
    return "places" if model.folder.startswith("intermediate") else "measures and dimensions"


def _make(con: DuckDBPyConnection, model: Model) -> None:
    by_hand = HERE / "by_hand" / f"{model.name}.sql"
    if by_hand.is_file():
        con.execute(by_hand.read_text())
    elif model.kind == "seed":
        kinds = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in model.columns.items())
        con.execute(
            f"create table {model.relation} as select * from "
            f"read_csv({literal(model.sql)}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            f"columns = {{{kinds}}})"
        )
    else:
        columns = ", ".join(map(quoted, model.columns)) if model.is_enforced else "*"
        con.execute(f"create {model.kind} {model.relation} as select {columns} from ({model.sql})")


def _count(con: DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    """Run it once and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("pasted", "deliveries", "out"):
        parser.add_argument(name, type=Path)
    chosen = parser.parse_args()
    print(json.dumps(run(chosen.pasted, chosen.deliveries, chosen.out)))


if __name__ == "__main__":
    main()
