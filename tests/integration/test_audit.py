"""`levelground query` leaves a record of each question, which `levelground audit` lists, and never fails because of it."""

from __future__ import annotations

import grp
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest
import typer

from orchestration.cli.query import query as query_command
from orchestration.cli.query.audit import audit
from orchestration.instance.question_log import LOG, questions
from orchestration.instance.retention import delete_expired
from orchestration.runs.record import RunStore
from orchestration.settings import Settings
from tests.conftest import ROOT, CommandLine
from warehouse.paths import Home

READERS = 54321
ANALYST = 54322
VALUE = "planted value of a person"


@pytest.fixture
def home() -> Iterator[Home]:
    root = Path(tempfile.mkdtemp(prefix="levelground-audit-", dir="/var/tmp"))  # pytest's folder is closed to other accounts
    root.chmod(0o755)
    home = Home(root / "home")
    home.ensure()
    with duckdb.connect(str(home.published_analyst)) as connection:
        connection.execute("create schema marts; create table marts.fct_employees as select range as pay from range(3)")
    shutil.copy(home.published_analyst, home.published_public)
    home.current_json.write_text('{"release_id": "r1"}')
    yield home
    shutil.rmtree(root)


def test_a_question_is_listed_with_its_tables_rows_and_no_value(home: Home) -> None:
    levelground = CommandLine(home.root)
    assert levelground("query", f"select pay, '{VALUE}' from fct_employees where pay < 2 -- {VALUE}").returncode == 0
    assert levelground("query", f'select "{VALUE}" from marts.fct_employees').returncode == 1
    assert (
        levelground(
            "query", "--public", "select sum(a.range) from range(10000000) a, range(10000000) b", "--timeout", "1"
        ).returncode
        == 1
    )
    listed = json.loads(levelground("audit", "--json").stdout)
    done, failed, stopped = listed
    assert (done["outcome"], done["rows"], done["tables"]) == ("done", 2, ["marts.fct_employees"])
    assert (done["file"], done["release_id"], done["asked_by"]) == ("levelground.duckdb", "r1", "root")
    assert done["statement"] == "select pay , ? from fct_employees where pay < ?"
    assert (failed["outcome"], failed["rows"], failed["statement"]) == ("failed", None, "select name1 from marts . fct_employees")
    assert (stopped["outcome"], stopped["file"], stopped["rows"]) == ("failed", "levelground_public.duckdb", None)
    kept = "".join(path.read_text() for path in home.questions.iterdir())
    assert VALUE not in kept + levelground("audit").stdout
    assert len(json.loads(levelground("audit", "--json", "--table", "fct_employees", "--person", "root").stdout)) == 2
    assert levelground("audit", "--day", "1999-01-01").stdout == "no question\n"
    assert levelground("audit", "--day", "yesterday").returncode == 2


def test_retention_and_backups_keep_the_log(home: Home) -> None:
    CommandLine(home.root)("query", "from fct_employees")
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(home.root), "LEVELGROUND_KEEP_RUNS": "0"})
    run = SimpleNamespace(settings=settings, location=SimpleNamespace(registry=()), con=None, runs=RunStore(home.runs))
    with dg.DagsterInstance.ephemeral() as instance:
        delete_expired(run, instance)  # type: ignore[arg-type]
    assert [path.name for path in home.questions.iterdir()] == [LOG]
    assert [row["tables"] for row in questions(home)] == [["marts.fct_employees"]]
    backup = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8").partition("## Backup")[2].partition("## Restore")[0]
    excluded = [part.split("'")[1] for part in backup.split("--exclude ")[1:]]
    assert excluded
    assert not any(Path(f"./{home.questions.name}").match(pattern) for pattern in excluded)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another account, which needs root")
@pytest.mark.parametrize("is_writable", [True, False])
def test_an_analyst_asks_and_reads_no_other_question(home: Home, monkeypatch: pytest.MonkeyPatch, is_writable: bool) -> None:
    """An account of the readers' group, as in docs/deploy."""
    assert READERS not in {group.gr_gid for group in grp.getgrall()}
    for folder in (
        home.root,
        home.published,
        home.published_analyst,
        home.current_json,
        *([home.questions] if is_writable else []),
    ):
        os.chown(folder, -1, READERS)
    CommandLine(home.root)("query", "select 1 as before")
    (home.root.parent / "tmp").mkdir(mode=0o777)
    (home.root.parent / "tmp").chmod(0o777)
    monkeypatch.setattr(query_command, "_run", _answered)
    found = _as_analyst(home, query_command.query, "select 1", None, "csv", False, False, None, 60, False)
    message = f"levelground: this question is not in the log of questions ({home.questions}: Permission denied)\n"
    assert found == (0, "" if is_writable else message)
    code, error = _as_analyst(home, audit)
    assert (code, "only the owner" in error) == (1, True)
    asked = [(row["asked_by"], row["rows"]) for row in questions(home)]
    assert asked == [("root", 1), *([(str(ANALYST), 1)] if is_writable else [])]


def _as_analyst(home: Home, command: Callable[..., None], *arguments: object) -> tuple[int, str]:
    """Exit code and messages of a command as another account, in a child process that starts no program: that account may not
    enter the folder of Python. The query is answered without the process that runs it."""
    with tempfile.TemporaryFile() as messages:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(messages.fileno(), 2)
                sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115 - of the child
                tempfile.tempdir = str(home.root.parent / "tmp")
                os.environ["LEVELGROUND_HOME"] = str(home.root)
                os.setgroups([])
                os.setgid(READERS)
                os.setuid(ANALYST)
                command(*arguments)
                code = 0
            except typer.Exit as ended:
                code = ended.exit_code
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        messages.seek(0)
        return os.waitstatus_to_exitcode(status), messages.read().decode()


def _answered(request: dict[str, object], _timeout: float) -> None:
    """The process of a query, without DuckDB."""
    Path(str(request["question"])).write_text(json.dumps({"tables": ["marts.fct_employees"], "statement": "select ?", "rows": 1}))
    Path(str(request["result"])).write_text("")
