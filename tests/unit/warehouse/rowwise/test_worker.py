"""A worker builds a part of a fact from files, with the SQL that runs in the warehouse, or leaves nothing behind."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import duckdb
import pytest

from warehouse.lake_files import part_files
from warehouse.processes.worker import Resources, WorkerRefused
from warehouse.record_keys import keyed
from warehouse.rowwise import PartTask, RowwisePlan, build_part, save_plan

SECRET = bytes(range(32))
WORKER = [sys.executable, "-m", "warehouse.processes.worker"]
STAGED = '"warehouse"."staging"."stg_calls"'
PLAN = RowwisePlan(
    fact="fct_calls",
    landed='"warehouse"."landing"."calls"',
    views=(
        ('"warehouse"."typed"."calls"', 'select cast(n as integer) as n from "warehouse"."landing"."calls" where not _refused'),
        ('"warehouse"."staging"."stg_calls"', 'select n, n % 3 as kind from "warehouse"."typed"."calls"'),
    ),
    select='select n, label from "warehouse"."staging"."stg_calls" left join "release"."reference"."kinds" using (kind)',
    broadcast={},
)


@pytest.fixture
def task(tmp_path: Path) -> PartTask:
    duckdb.sql("select range as kind, 'kind ' || range as label from range(2)").write_parquet(str(tmp_path / "kinds.parquet"))
    rows = []
    for number in range(2):
        rows.append(str(tmp_path / f"rows-{number}.parquet"))
        duckdb.sql(
            f"select cast(range as varchar) as n, range % 5 = 4 as _refused from range({number} * 10, {number} * 10 + 10)"
        ).write_parquet(rows[-1])
    plan = replace(PLAN, broadcast={'"release"."reference"."kinds"': str(tmp_path / "kinds.parquet")})
    save_plan(plan, tmp_path / "plan.json")
    (tmp_path / "secret").write_text(SECRET.hex())
    return PartTask(str(tmp_path / "plan.json"), str(tmp_path / "secret"), rows, str(tmp_path / "parts" / "part-0.parquet"))


def test_a_part_has_the_rows_that_the_models_give(task: PartTask) -> None:
    result = build_part(asdict(task), Resources(threads=1, memory_limit="100MB"))
    assert (result["rows"], result["file"]) == (16, task.output)
    expected = [(n, {0: "kind 0", 1: "kind 1"}.get(n % 3)) for n in range(20) if n % 5 != 4]
    assert duckdb.read_parquet(task.output).order("n").fetchall() == expected
    assert result["size"] == Path(task.output).stat().st_size
    assert [path.name for path in Path(task.output).parent.iterdir()] == ["part-0.parquet"]


@pytest.mark.parametrize("missing", ["plan", "secret"])
def test_a_worker_that_does_not_see_the_plan_or_the_secret_names_the_remedy(task: PartTask, missing: str) -> None:
    with pytest.raises(WorkerRefused, match=r"cannot read .*; mount the home's tmp/ and the lake at the same path on every node"):
        build_part(asdict(replace(task, **{missing: f"/of-another-machine/{missing}"})), Resources())


def test_a_worker_makes_the_keys_of_the_home(task: PartTask) -> None:
    plan = json.loads(Path(task.plan).read_text()) | {"select": f"select {keyed('n::varchar')} as key from {STAGED} where n = 3"}
    Path(task.plan).write_text(json.dumps(plan))
    build_part(asdict(task), Resources())
    key = hmac.digest(SECRET, b"3", "sha256").hex()[:32]
    assert duckdb.read_parquet(task.output).fetchall() == [(key,)]
    assert SECRET.hex() not in Path(task.plan).read_text()


def test_a_failed_part_leaves_no_file_and_its_message_no_cell(task: PartTask) -> None:
    rows = duckdb.sql("select 'Jane Q. Canary' as n, false as _refused")
    rows.write_parquet(task.inputs[0])
    request = json.dumps({"task": asdict(task.as_task("fct_calls")), "resources": {}})
    pipe = subprocess.PIPE
    with subprocess.Popen(WORKER, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(request + "\n")
        process.stdin.flush()  # the input stays open: its end ends the worker
        output, errors = process.stdout.read(), process.stderr.read()
    assert process.returncode == 1
    assert "ConversionException" in json.loads(output)["error"]
    assert "Canary" not in output + errors
    assert list(Path(task.output).parent.iterdir()) == []


def test_workers_of_two_machines_write_a_part_at_once(task: PartTask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes in containers have the same numbers."""
    monkeypatch.setattr("os.getpid", lambda: 7)
    with part_files.written(task.output) as first, part_files.written(task.output) as second:
        assert first != second
        first.write_text("a")
        second.write_text("b")
    assert Path(task.output).read_text() == "a", "the last one that ends"
