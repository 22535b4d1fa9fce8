"""A home goes on under another version: of a contract, a model, DuckDB, Levelground itself.

Each comes to what a new home comes to that never knew the earlier version.
"""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT
from tests.stress.environments import environment, run
from tests.stress.small import MERGED, SmallHome, copy_of_the_code

OLDER_DUCKDB = "1.2.2"


def another_contract(code: Path) -> None:
    """A contract that takes a text for none."""
    contract = code / "ingest" / "sources" / f"{MERGED}.yml"
    text = contract.read_text()
    changed = text.replace(
        "name: problem, from: problem, type: text",
        "name: problem, from: problem, type: text, null_tokens: {traffic: respondent_unknown}",
    )
    assert changed != text
    contract.write_text(changed)


def another_model(code: Path) -> None:
    """A fact that rewords its source."""
    (model,) = (code / "dbt_project" / "models").rglob(f"stg_{MERGED}.sql")
    text = model.read_text()
    changed = text.replace("typed.problem,", "upper(typed.problem) as problem,")
    assert changed != text
    model.write_text(changed)


@pytest.mark.parametrize("change", [another_contract, another_model])
def test_another_version_of_the_code(undisturbed: SmallHome, tmp_path: Path, change: Callable[[Path], None]) -> None:
    code = copy_of_the_code(tmp_path / "code")
    change(code)
    upgraded = undisturbed.copy(tmp_path / "home", tmp_path / "city")
    upgraded = SmallHome(upgraded.home, upgraded.deliveries, code)
    before = upgraded.content()
    upgraded.run()
    new = SmallHome(tmp_path / "new", upgraded.deliveries, code)
    new.run()
    assert upgraded.content() == new.content() != before


def test_a_home_of_the_version_before(disturbed: SmallHome, converges: Callable[[], None]) -> None:
    """It kept neither numbers of runs, nor hashes of batches, nor the list of accepted loads next to the deliveries."""
    for path in (disturbed.home / "runs").glob("*.json"):
        receipt = json.loads(path.read_text())
        del receipt["number"]
        path.write_text(json.dumps(receipt))
    for path in (disturbed.home / "deliveries").glob("*/*/receipt.json"):
        receipt = json.loads(path.read_text())
        del receipt["batch_sha256"]
        path.write_text(json.dumps(receipt))
    for path in (disturbed.home / "deliveries").glob("*/accepted.json"):
        path.unlink()
    converges()
    assert len(list((disturbed.home / "deliveries").glob("*/accepted.json"))) == 6


WRITE_BY_OLDER = """
import sys, duckdb
folder, target = sys.argv[1:]
con = duckdb.connect(target)
con.execute("create schema landing; create schema intake")
import pathlib
for path in sorted(pathlib.Path(folder).glob("*.parquet")):
    schema, table = path.stem.split(".")
    con.execute(path.with_suffix(".sql").read_text())
    con.execute(f"insert into {schema}.{table} from read_parquet('{path}')")
con.execute("delete from intake.marks")  # the terms of the newer DuckDB
print(duckdb.__version__)
"""


def test_a_working_warehouse_of_an_older_duckdb(disturbed: SmallHome, converges: Callable[[], None], tmp_path: Path) -> None:
    python = environment(tmp_path / "older", f"duckdb=={OLDER_DUCKDB}") / "python"
    warehouse = disturbed.home / "warehouse.duckdb"
    folder = tmp_path / "tables"
    folder.mkdir()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, sql from duckdb_tables() where schema_name in ('landing', 'intake')"
        ).fetchall()
        for schema, table, created in tables:
            connection.execute(f"copy {schema}.{table} to '{folder}/{schema}.{table}.parquet'")
            (folder / f"{schema}.{table}.sql").write_text(created)  # with its keys
    warehouse.unlink()
    assert run([python, "-c", WRITE_BY_OLDER, folder, warehouse], tmp_path).strip() == OLDER_DUCKDB
    for path in (disturbed.home / "deliveries").glob("*/accepted.json"):
        path.unlink()  # so that only this file records what has landed
    converges()
    assert not list(disturbed.home.glob("warehouse.damaged-*"))


# Published counts of service requests (400, together 583) and of police calls (92, together 396) in the sample of seed 7: no rule
# on these records has changed since.
COUNTS, TOTAL = 400 + 92, 583 + 396
SECONDS = 5  # in which a run is refused
FIGURES = "measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_ethnicity_code"


@pytest.fixture(params=["c47c4be", "da11bf0"])
def old_home(request: pytest.FixtureRequest, tmp_path: Path) -> SmallHome:
    """A home with a release that a commit of this repository's history made, in an environment of its own."""
    code, home, deliveries = tmp_path / "code", tmp_path / "home", tmp_path / "city"
    run(["git", "clone", "--quiet", "--no-checkout", "--shared", ROOT, code], tmp_path)
    run(["git", "checkout", "--quiet", request.param], code)
    run(["make", ".venv/run.stamp"], code)
    old = code / ".venv" / "bin" / "levelground"
    run([old, "sample", "--rows", "1000", "--seed", "7", "--out", deliveries], code)
    run(["env", f"LEVELGROUND_HOME={home}", old, "run", "--deliveries", deliveries], code)
    shutil.rmtree(code)
    return SmallHome(home, deliveries)


def published(home: Path, release_id: str) -> dict[tuple[object, ...], float]:
    """The published counts of service requests and police calls."""
    file = home / "releases" / release_id / "levelground_public.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            f"select {FIGURES}, numerator from published.equity_measures where stratum_type = 'all' and method = 'individual' "
            "and measure_id in ('requests_closed_by_second_day', 'police_calls') and numerator is not null"
        ).fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows}


def current_release(home: Path) -> str:
    return str(json.loads((home / "published" / "current.json").read_bytes())["release_id"])


def test_a_home_of_an_earlier_commit_is_released(old_home: SmallHome, tmp_path: Path) -> None:
    home, before = old_home.home, current_release(old_home.home)
    text = (home / "home.json").read_text()
    # a registry that does not follow is refused at once, and the home is as it was
    code = copy_of_the_code(tmp_path / "changed")
    registry = code / "dbt_project" / "seeds" / "reference" / "measure_registry.csv"
    with registry.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["unit"] = "days" if row["measure_id"] == "police_calls" else row["unit"]
    with registry.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    started = time.monotonic()
    refused = SmallHome(home, old_home.deliveries, code).run(expect=2)
    assert time.monotonic() - started < SECONDS
    assert "(police_calls version 1 (unit))" in refused
    assert (current_release(home), (home / "home.json").read_text()) == (before, text)

    old_home.run()
    after = current_release(home)
    assert after != before
    assert json.loads((home / "home.json").read_bytes())["version"] == "0.2.0"
    earlier, later = published(home, before), published(home, after)
    assert (len(earlier), sum(earlier.values())) == (COUNTS, TOTAL)
    assert {key: later.get(key) for key in earlier} == earlier

    # and an older version than the one that has worked on the home is refused, with the remedy
    record = json.loads((home / "home.json").read_bytes())
    (home / "home.json").write_text(json.dumps(record | {"version": "9.0.0"}))
    assert "Install Levelground 9.0.0 or later; or restore the backup" in old_home.run(expect=2)
    assert current_release(home) == after
