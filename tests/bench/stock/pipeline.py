"""Load with dlt, build with dbt.

    python -m tests.bench.stock.pipeline DELIVERIES OUT

Prints one JSON object: seconds per step, and figures that the benchmark compares with the release.

The two steps run in one process and a child. `dbt/` contains the models.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.sources.filesystem import filesystem, read_csv_duckdb, read_parquet

PROJECT = Path(__file__).resolve().parent / "dbt"
CHUNK = 100_000
CALLS = ("call_number", "called_at", "address", "district", "nature", "status")
FIGURES = "select name, figure from figures"


def load(deliveries: Path, out: Path) -> None:
    """Load the four sources into `raw` of OUT/stock.duckdb, as they are."""
    with zipfile.ZipFile(next((deliveries / "mpd__dispatched_calls").glob("*.zip"))) as archive:
        archive.extractall(out / "unzipped")
    read = {"use_pyarrow": True, "chunk_size": CHUNK, "all_varchar": True}
    tables = {
        "requests": _files(deliveries / "ucc__service_requests", "*.csv") | read_csv_duckdb(**read),
        "stops": _files(deliveries / "fpc__police_stops", "*.csv") | read_csv_duckdb(**read),
        "calls": _files(out / "unzipped", "*.csv") | read_csv_duckdb(**read, header=False, names=list(CALLS)),
        "payments": _files(deliveries / "comptroller__checkbook", "*.parquet") | read_parquet(chunksize=CHUNK),
    }
    pipeline = dlt.pipeline(
        "city", pipelines_dir=str(out / "dlt"), destination=dlt.destinations.duckdb(str(out / "stock.duckdb")), dataset_name="raw"
    )
    # dlt's default for DuckDB writes SQL with every value in it: four times as slow
    named = [table.with_name(name) for name, table in tables.items()]
    pipeline.run(named, write_disposition="replace", loader_file_format="parquet")


def _files(folder: Path, pattern: str) -> Any:
    return filesystem(bucket_url=folder.as_uri(), file_glob=pattern)


def build(deliveries: Path, out: Path) -> None:
    """Build every model and run every test of the project."""
    folder = resources.files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(out / "target")]
    environment = os.environ | {
        "STOCK_FILE": str(out / "stock.duckdb"),
        "STOCK_DELIVERIES": str(deliveries.absolute()),
        "STOCK_SPATIAL": str(folder),
        "DO_NOT_TRACK": "1",
    }
    command = [str(Path(sys.executable).parent / "dbt"), "build", "--quiet", *places, "--log-path", str(out / "logs")]
    result = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stdout + result.stderr)


def main() -> None:
    """Load, build, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("deliveries", "out"):
        parser.add_argument(name, type=Path)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    seconds = {}
    for step in (load, build):
        began = time.perf_counter()
        step(chosen.deliveries, chosen.out)
        seconds[step.__name__] = time.perf_counter() - began
    with duckdb.connect(str(chosen.out / "stock.duckdb"), read_only=True) as con:
        figures = dict(con.execute(FIGURES).fetchall())
    print(json.dumps({"seconds": seconds, "figures": figures}))


if __name__ == "__main__":
    main()
