"""The contenders of the benchmark: the notebook equals the release, and a nightly delivery adds and corrects."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.city.contenders import ROOT, figures
from tests.bench.city.making import CALLS, PAYMENTS, REQUESTS, STOPS, make_nightly
from warehouse.paths import Home


def run_module(module: str, *arguments: Path) -> str:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_notebook_computes_the_same_figures(first_release: tuple[Path, Any], sample_city: Path, tmp_path: Path) -> None:
    found = json.loads(run_module("tests.bench.notebook", sample_city, tmp_path / "out"))["figures"]
    assert {name: round(value, 4) for name, value in found.items()} == figures(Home(first_release[0]))


def test_a_nightly_delivery_adds_and_corrects(sample_city: Path, tmp_path: Path) -> None:
    nightly = make_nightly(sample_city, tmp_path / "night")
    delivered = {REQUESTS: 1800, STOPS: 900, PAYMENTS: 900}
    assert {source: nightly.new[source] for source in delivered} == {source: rows // 100 for source, rows in delivered.items()}
    assert set(nightly.corrected.values()) == {1}
    assert all(nightly.delivered[source] == nightly.new[source] + 1 for source in (CALLS, STOPS))
    earlier, nightly_rows = (
        f"read_csv('{folder}/{STOPS}/*.csv', all_varchar = true)" for folder in (sample_city, tmp_path / "night")
    )
    counts = duckdb.sql(
        f"select count(*) filter (old.idNum is null), "
        f"count(*) filter (old.idNum = new.idNum and old.personSearch is distinct from new.personSearch) "
        f"from {nightly_rows} as new left join {earlier} as old on new.idNum = old.idNum"
    ).fetchone()
    assert counts == (nightly.new[STOPS], 1)
    # whole days: every row of a day that comes again is there
    days = duckdb.sql(
        f"select count(*) from read_parquet('{sample_city}/{PAYMENTS}/*.parquet') "
        f"where date >= (select min(date) from read_parquet('{tmp_path}/night/{PAYMENTS}/*.parquet'))"
    ).fetchone()
    assert days == (nightly.delivered[PAYMENTS] - nightly.new[PAYMENTS],)
