"""Whole runs on sample cities of any seed and size, and compare a city's figures with its planted truth.

Shared by tests/e2e (a seed, on every change) and tests/stress (thirty seeds at three sizes).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.sample import write_sample
from tests.conftest import CommandLine
from tests.support.shared import copy_parse
from warehouse.paths import Home

RUN_SECONDS = 1_800

# Every planted value next to the released one.
_COVERED = """
    select
        count(*) as truths,
        count(measured.value) as figures,
        count(*) filter (where measured.ci_low is not null) as intervals,
        count(*) filter (where truths.value between measured.ci_low - 1e-9 and measured.ci_high + 1e-9) as covered
    from truths
    left join release.marts.fct_equity_measures as measured
        on {grain}
"""


@dataclass(frozen=True)
class CityRun:
    """What a run on a city printed, where its home is, and why it was blocked; `finding` is empty if it was released."""

    home: Path
    deliveries: Path
    report: dict[str, Any]
    finding: str

    def files(self) -> list[Path]:
        """Both published files."""
        return sorted((self.home / "published").glob("*.duckdb"))


def run_city(root: Path, rows: int, seed: int, dbt: Path | None = None) -> CityRun:
    """Run on the sample city of a seed, in a new home at `root/home`.

    dbt: the dbt folder of another home: dbt then does not parse the project again
    """
    home, deliveries = root / "home", root / "deliveries"
    for folder in (home, deliveries):
        shutil.rmtree(folder, ignore_errors=True)
    if dbt is not None:
        copy_parse(dbt, Home(home))
    write_sample(deliveries, rows=rows, seed=seed)
    result = CommandLine(home)("run", "--deliveries", deliveries, "--json", timeout=RUN_SECONDS)
    try:
        report: dict[str, Any] = json.loads(result.stdout)
    except ValueError:
        return CityRun(home, deliveries, {}, f"exit {result.returncode}: {result.stderr[-2_000:]}")
    held_back = [f"{row['source']}: {row['reason']}" for row in report["sources"] if row["verdict"] == "held_back"]
    finding = "" if report["outcome"] == "released" else f"{report['outcome']}: {report['message']}"
    return CityRun(home, deliveries, report, "; ".join(filter(None, [finding, *held_back])))


def negative_zeros(path: Path) -> list[str]:
    """The columns of a published file that hold -0.0, which readers print as -0."""
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "select concat_ws('.', schema_name, table_name), column_name from duckdb_columns() "
            "where data_type in ('DOUBLE', 'FLOAT') and not internal"
        ).fetchall()
        return [
            f"{table}.{column}"
            for table, column in columns
            if con.execute(f'select 1 from {table} where "{column}" = 0 and signbit("{column}") limit 1').fetchone()
        ]


def covered_truths(run: CityRun) -> dict[str, int]:
    """How many planted values there are, how many have a figure, an interval, and an interval that holds them."""
    truths = json.loads((run.deliveries / "truth.json").read_text(encoding="utf-8"))["truths"]
    grain = [name for name in truths[0] if name not in ("value", "rate_ratio")]
    on = " and ".join(f"cast(truths.{name} as varchar) = cast(measured.{name} as varchar)" for name in grain)
    with duckdb.connect() as con:
        con.execute(f"attach '{run.home / 'published' / 'levelground.duckdb'}' as release (read_only)")
        con.register("truths", pa.Table.from_pylist(truths))
        row = con.execute(_COVERED.format(grain=on)).fetchone()
    assert row is not None
    return dict(zip(("truths", "figures", "intervals", "covered"), row, strict=True))
