"""Homes that released versions made, cut to what a later version has to read: records, registry, ledger, a tiny release.

`python -m tests.support.old_homes HOME VERSION` packs the home of a small sample (`levelground sample --rows 1000`, one run) into
`tests/support/homes/VERSION.zip`. Pack one before each release; a zip has at most 1 MB.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import duckdb

FOLDER = Path(__file__).with_name("homes")
MOST_BYTES = 1_000_000
RECORDS = (
    "home.json", "published/current.json", "runs/*.json", "deliveries/*/*.json", "deliveries/*/*/*.json",
    "releases/*/manifest.json",
    "disclosure/ledger.parquet*", "disclosure/reported.parquet*", "disclosure/responses.parquet*", "releases/*/ledger.parquet*",
)  # fmt: skip
DELIVERIES = "/srv/deliveries"  # in the archive, for the folder that the home read; only its city.yml is there
# Tables of the tiny release, each with its first rows, and the schema of the working warehouse.
RELEASED = {
    "levelground.duckdb": ("marts.dim_measure", "marts.dim_source", "marts.fct_equity_measures"),
    "levelground_public.duckdb": ("published.equity_measures", "published.measures"),
}
ROWS = 200
WAREHOUSE, KEPT_SCHEMA = "warehouse.duckdb", "intake"


def versions() -> list[str]:
    """The versions of which there is a home."""
    return sorted(path.stem for path in FOLDER.glob("*.zip"))


def unpack(version: str, folder: Path) -> Path:
    """A home of that version, next to the folder that it reads."""
    with zipfile.ZipFile(FOLDER / f"{version}.zip") as archive:
        archive.extractall(folder)
    home = folder / "home"
    read = home / "home.json"
    read.write_text(read.read_text().replace(DELIVERIES, str(folder / "deliveries")))
    return home


def pack(home: Path, target: Path) -> None:
    """Write the archive of a home."""
    deliveries = Path(json.loads((home / "home.json").read_bytes())["deliveries"])
    with tempfile.TemporaryDirectory(prefix="levelground-") as name:
        folder, small = Path(name), Path(name) / "home"
        _copy(deliveries / "city.yml", folder / "deliveries" / "city.yml")
        for pattern in RECORDS:
            for path in home.glob(pattern):
                _copy(path, small / path.relative_to(home))
        for path in small.rglob("*.json"):
            path.write_text(path.read_text().replace(str(deliveries), DELIVERIES).replace(str(home), "/srv/home"))
        for manifest in (small / "releases").glob("*/manifest.json"):
            _cut_release(home / manifest.parent.relative_to(small), manifest)
        _copy_tables(home / WAREHOUSE, small / WAREHOUSE, _tables_of_intake(home / WAREHOUSE))
        target.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(folder))
    size = target.stat().st_size
    assert size <= MOST_BYTES, f"{target} has {size:,} bytes"


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def _cut_release(release: Path, manifest: Path) -> None:
    """Write the tiny files, and their hashes and rows into the manifest."""
    content = json.loads(manifest.read_bytes())
    for name in list(content["files"]):
        if name not in RELEASED:
            del content["files"][name]
            continue
        rows = _copy_tables(release / name, manifest.parent / name, RELEASED[name])
        written = (manifest.parent / name).read_bytes()
        schemas = sorted({table.partition(".")[0] for table in rows})
        content["files"][name] = {
            "sha256": hashlib.sha256(written).hexdigest(), "size": len(written), "schemas": schemas, "tables": rows,
        }  # fmt: skip
    content |= {name: {} for name in ("audiences", "parts", "exports") if name in content}
    manifest.write_text(json.dumps(content, indent=1) + "\n")


def _tables_of_intake(file: Path) -> tuple[str, ...]:
    with duckdb.connect(str(file), read_only=True) as con:
        found = con.execute("select table_name from duckdb_tables() where schema_name = ?", [KEPT_SCHEMA]).fetchall()
    return tuple(sorted(f"{KEPT_SCHEMA}.{table}" for (table,) in found))


def _copy_tables(file: Path, target: Path, tables: tuple[str, ...]) -> dict[str, int]:
    """Copy the first rows of tables into a file; returns how many each has there."""
    rows: dict[str, int] = {}
    with duckdb.connect() as con:
        con.execute("set storage_compatibility_version = 'v1.0.0'")
        con.execute(f"attach '{file}' as whole (read_only); attach '{target}' as small (block_size 16384)")
        for table in tables:
            con.execute(f"create schema if not exists small.{table.partition('.')[0]}")
            limit = "" if file.name == WAREHOUSE or "dim_" in table else f"limit {ROWS}"
            con.execute(f"create table small.{table} as from whole.{table} {limit}")
            (counted,) = con.execute(f"select count(*) from small.{table}").fetchone() or (0,)
            rows[table] = counted
    return rows


if __name__ == "__main__":
    pack(Path(sys.argv[1]), FOLDER / f"{sys.argv[2]}.zip")
