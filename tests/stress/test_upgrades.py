"""A home goes on under another version: of a contract, a model, DuckDB, Levelground itself.

Each comes to what a new home comes to that never knew the earlier version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

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
    assert len(list((disturbed.home / "deliveries").glob("*/accepted.json"))) == 5


WRITE_BY_OLDER = """
import sys, duckdb
folder, target = sys.argv[1:]
con = duckdb.connect(target)
con.execute("create schema landing; create schema intake")
import pathlib
for path in sorted(pathlib.Path(folder).glob("*.parquet")):
    schema, table = path.stem.split(".")
    con.execute(f"create table {schema}.{table} as from read_parquet('{path}')")
print(duckdb.__version__)
"""


def test_a_working_warehouse_of_an_older_duckdb(disturbed: SmallHome, converges: Callable[[], None], tmp_path: Path) -> None:
    python = environment(tmp_path / "older", f"duckdb=={OLDER_DUCKDB}") / "python"
    warehouse = disturbed.home / "warehouse.duckdb"
    folder = tmp_path / "tables"
    folder.mkdir()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in ('landing', 'intake')"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f"copy {schema}.{table} to '{folder}/{schema}.{table}.parquet'")
    warehouse.unlink()
    assert run([python, "-c", WRITE_BY_OLDER, folder, warehouse], tmp_path).strip() == OLDER_DUCKDB
    for path in (disturbed.home / "deliveries").glob("*/accepted.json"):
        path.unlink()  # so that only this file records what has landed
    converges()
    assert not list(disturbed.home.glob("warehouse.damaged-*"))
