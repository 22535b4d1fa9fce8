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

# Every planted ratio next to the word that the scorecard has for it.
_WORDS = """
    select
        truths.measure_id,
        measured.compared_with_reference as word,
        truths.rate_ratio as planted
    from truths
    inner join release.marts.scorecard as measured
        on {grain}
    where truths.stratum_type = 'all' and truths.rate_ratio is not null
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
    ((truths, figures, intervals, covered),) = _next_to_truths(_COVERED, run.home, run.deliveries)
    return {"truths": truths, "figures": figures, "intervals": intervals, "covered": covered}


def planted_words(home: Path, deliveries: Path) -> list[tuple[str, str | None, float]]:
    """Measure, word of the comparison with the reference, and the planted ratio that it describes."""
    return _next_to_truths(_WORDS, home, deliveries, leaves_out=("stratum_type", "stratum_code"))


def false_words(words: list[tuple[str, str | None, float]]) -> list[tuple[str, str | None, float]]:
    """The words higher and lower that contradict the planted order."""
    return [
        (measure, word, planted)
        for measure, word, planted in words
        if word in ("higher", "lower") and (word == "higher") != (planted > 1)
    ]


def _next_to_truths(query: str, home: Path, deliveries: Path, leaves_out: tuple[str, ...] = ()) -> list[Any]:
    truths = json.loads((deliveries / "truth.json").read_text(encoding="utf-8"))["truths"]
    grain = [name for name in truths[0] if name not in ("value", "rate_ratio", *leaves_out)]
    on = " and ".join(f"cast(truths.{name} as varchar) = cast(measured.{name} as varchar)" for name in grain)
    with duckdb.connect() as con:
        con.execute(f"attach '{home / 'published' / 'levelground.duckdb'}' as release (read_only)")
        con.register("truths", pa.Table.from_pylist(truths))
        return con.execute(query.format(grain=on)).fetchall()
