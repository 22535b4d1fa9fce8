"""`levelground query` gives right values in every format, keeps its limits, and never ends in a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.cli.query.process import explain, unique_names
from tests.conftest import CommandLine
from warehouse.paths import Home
from warehouse.temporary import READERS, reader_folder

# Statements that read, set or write more than the release, or that abort DuckDB.
HOSTILE = {
    "call enable_logging(storage='file', storage_path='{folder}/log')": None,
    "call enable_logging('QueryLog', storage='file', storage_config={{'path': '{folder}/log'}})": None,
    "call enable_logging(level='trace', storage='stdout')": None,
    "call enable_profiling(save_location='{folder}/p.json', format='json')": None,
    "pragma profiling_output='{folder}/profile'": "configuration has been locked",
    "pragma enable_profiling='json'": "configuration has been locked",
    "pragma enable_verification": None,
    "create secret s (type s3)": "Permission Error",
    "update extensions": "Permission Error",
    "select len(range(400000000))": "more than 3 GB of memory",
    "export database '{folder}/out'": "Permission Error",
    "select '[/x]' as \"[/y]\"": None,
}
PROGRAM = "from orchestration.cli import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    query_home = Home(tmp_path_factory.mktemp("query") / "home")
    query_home.published.mkdir(parents=True)
    with duckdb.connect(str(query_home.published_analyst)) as connection:
        connection.execute("create schema marts; create table marts.figures as select range as id from range(3)")
    return query_home


@pytest.fixture(scope="module")
def levelground(home: Home) -> CommandLine:
    return CommandLine(home.root)


@pytest.mark.parametrize("statement", HOSTILE)
def test_a_hostile_statement_ends_in_a_message_and_leaves_nothing(
    levelground: CommandLine, home: Home, tmp_path: Path, statement: str
) -> None:
    before = home.published_analyst.read_bytes()
    result = levelground("query", statement.format(folder=tmp_path), env={"TMPDIR": str(tmp_path)})
    expected = HOSTILE[statement]
    if expected is None:
        assert (result.returncode, result.stderr) == (0, "")
    else:
        assert result.returncode == 1
        assert result.stderr.startswith("levelground: ")
        assert expected in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert "Stack Trace" not in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert home.published_analyst.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "select sum(a.range * b.range) from range(1000000) a, range(10000000) b",
        "with recursive r as (select 1 as i union all select i + 1 from r) select count(*) from r",
        "select * from range(100000000000)",
    ],
)
def test_the_time_limit_is_one_of_the_clock(levelground: CommandLine, statement: str) -> None:
    started = time.monotonic()
    result = levelground("query", statement, "--timeout", "0.5", "--format", "json")
    assert time.monotonic() - started < 8
    assert result.returncode == 1
    assert result.stderr == "levelground: stopped after 0.5 seconds. Query less data, or raise the limit with --timeout\n"
    assert result.stdout == ""


def test_the_limits_of_the_process_hold() -> None:
    """Memory that DuckDB's own limit does not count, files and processor time; no memory image of private data is written."""
    program = (
        "import resource\n"
        "from orchestration.cli.query.process import limit_resources\n"
        "limit_resources(2)\n"
        "print([resource.getrlimit(getattr(resource, f'RLIMIT_{name}'))[1] for name in ('DATA', 'CPU', 'FSIZE', 'CORE')])\n"
        "bytearray(5 * 1024**3)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    processors = os.cpu_count() or 1
    assert json.loads(result.stdout) == [3 * 1024**3 + processors * 16 * 1024**2, 2 * processors + 5, 2 * 1024**3, 0]
    assert "MemoryError" in result.stderr


def test_a_query_ends_with_the_command_that_started_it(levelground: CommandLine, home: Home, tmp_path: Path) -> None:
    """Killed, the command can end nothing itself."""
    sql = "select sum(a.range * b.range) from range(1000000) a, range(10000000) b"
    command = [sys.executable, "-c", PROGRAM, "query", sql]
    environment = os.environ | {"LEVELGROUND_HOME": str(home.root), "TMPDIR": str(tmp_path)}
    for number, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            child = _child(process.pid)
            process.send_signal(number)
            stderr = process.communicate(timeout=10)[1]
        assert process.returncode == code
        assert stderr == ("" if number == signal.SIGKILL else "levelground: interrupted\n")
        _wait(lambda child=child: not Path(f"/proc/{child}").exists())
    # killed before its child has read the request, the command leaves its folder to the next one
    for folder in tmp_path.iterdir():
        os.utime(folder, (0, 0))
    result = subprocess.run([*command[:-1], "select 1"], env=environment, capture_output=True, check=False, timeout=60)
    assert result.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_query_reports_that_a_removal_was_interrupted(levelground: CommandLine, home: Home) -> None:
    """Its result may contain the records; the result itself stays as it is."""
    home.removal_plan.parent.mkdir(mode=0o700)
    home.removal_plan.write_text("{}")
    try:
        result = levelground("query", "--format", "csv", "select 1 as one")
    finally:
        shutil.rmtree(home.removal_plan.parent)
    assert (result.returncode, result.stdout) == (0, "one\n1\n")
    assert "a removal of records was interrupted" in result.stderr and "levelground erase --resume" in result.stderr
    assert levelground("query", "--format", "csv", "select 1 as one").stderr == ""


def test_a_killed_query_leaves_no_result(home: Home, tmp_path: Path) -> None:
    sql = "select sum(a.range * b.range) from range(1000000) a, range(10000000) b"
    environment = os.environ | {"LEVELGROUND_HOME": str(home.root), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", PROGRAM, "query", sql], env=environment) as process:
        child = _child(process.pid)
        _wait(lambda: len(list(Path(f"/proc/{child}/task").iterdir())) > 1)
        assert len(list(tmp_path.iterdir())) == 1
        process.kill()
    _wait(lambda: not list(tmp_path.iterdir()))


def test_the_folder_of_a_query_that_is_running_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    leftover = tmp_path / f"{READERS}left"
    leftover.mkdir()
    (leftover / "result").write_text("a\n1\n")
    with reader_folder() as running:
        for folder in (leftover, running):
            os.utime(folder, (0, 0))
        with reader_folder() as other:
            assert sorted(tmp_path.iterdir()) == sorted([running, other])
    assert list(tmp_path.iterdir()) == []


def _child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    _wait(lambda: bool(children.read_text()))
    return int(children.read_text())


def _wait(condition: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_columns_with_the_same_name_keep_their_values(levelground: CommandLine) -> None:
    sql = "select 1 as a, 2 as a, 3 as a_1, 4 as A"
    assert levelground.json("query", sql, "--format", "json") == [{"a": 1, "a_2": 2, "a_1": 3, "A_3": 4}]
    assert levelground("query", sql, "--format", "csv").stdout.splitlines() == ["a,a_2,a_1,A_3", "1,2,3,4"]
    assert levelground("query", sql).stdout.split() == ["a", "a_2", "a_1", "A_3", "1", "2", "3", "4"]


def test_names_are_made_unique_as_in_a_table_of_duckdb() -> None:
    assert unique_names(["a", "b", "a", "a"]) == ["a", "b", "a_1", "a_2"]
    assert unique_names([]) == []


def test_json_has_no_nan_and_keeps_whole_numbers(levelground: CommandLine) -> None:
    sql = (
        "select 'nan'::double as x, '-inf'::double as y, [1.5::double, 'nan'::double] as l, {'v': 'inf'::float} as s, "
        "sum(9007199254740993::bigint) as n, 1.5::decimal(4, 2) as d, '\\x00A\\xff'::blob as b, interval 14 month as i, null as z"
    )
    result = levelground("query", sql, "--format", "json")
    rows = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert rows == [
        {"x": None, "y": None, "l": [1.5, None], "s": {"v": None}, "n": 9007199254740993, "d": 1.5, "b": "\\x00A\\xFF",
         "i": "1 year 2 months", "z": None}
    ]  # fmt: skip
    assert levelground("query", "select 1 as a where false", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("form", ["table", "json", "csv", "parquet"])
def test_every_type_of_duckdb_can_be_written(levelground: CommandLine, form: str) -> None:
    """With the smallest and largest value of each, far beyond those of Python."""
    command = [sys.executable, "-c", PROGRAM, "query", "from test_all_types()", "--format", form]
    result = subprocess.run(
        command, env=os.environ | {"LEVELGROUND_HOME": str(levelground.home)}, capture_output=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert len(result.stdout) > 2_000


def test_csv_has_blobs_nothing_and_empty_texts(levelground: CommandLine) -> None:
    result = levelground("query", "select '\\xff,'::blob as b, null as n, '' as e, true as t, [1, null] as l", "--format", "csv")
    assert result.stdout == '"b",n,"e",t,"l"\n"\\xFF,",,"",true,"[1, NULL]"\n'


FORMULAS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1", "＝1"]


def test_formulas_are_escaped_in_csv_for_a_spreadsheet(levelground: CommandLine) -> None:
    values = ", ".join(f"('{text}')" for text in [*FORMULAS, "a=1", "x-1"])
    sql = f'select t as "=text", -1 as number, [t] as list from (values {values}) as v(t)'
    plain, escaped = (
        list(csv.reader(io.StringIO(levelground("query", sql, "--format", "csv", *option).stdout, newline="")))
        for option in ((), ("--spreadsheet",))
    )
    assert plain[0] == ["=text", "number", "list"]
    assert [row[0] for row in plain[1:]] == [*FORMULAS, "a=1", "x-1"]
    assert escaped[0] == ["'=text", "number", "list"]
    assert [row[0] for row in escaped[1:]] == [*(f"'{text}" for text in FORMULAS), "a=1", "x-1"]
    assert {row[1] for row in escaped[1:]} == {"-1"}


def test_parquet_can_be_read_back(levelground: CommandLine, home: Home) -> None:
    command = [sys.executable, "-c", PROGRAM, "query", "from marts.figures", "--format", "parquet"]
    result = subprocess.run(command, env=os.environ | {"LEVELGROUND_HOME": str(home.root)}, capture_output=True, check=True)
    assert pq.read_table(io.BytesIO(result.stdout)).to_pylist() == [{"id": 0}, {"id": 1}, {"id": 2}]


@pytest.mark.parametrize("options", [("--spreadsheet",), ("--timeout", "0"), ("--timeout", "nan"), ("--timeout", "-1")])
def test_wrong_options_are_refused(levelground: CommandLine, options: tuple[str, ...]) -> None:
    result = levelground("query", "select 1", *options)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"levelground: {options[0]} needs" in result.stderr


@pytest.mark.parametrize("sql", ["", "  ", "-- nothing"])
def test_an_empty_query_is_one(levelground: CommandLine, sql: str) -> None:
    assert levelground("query", sql).stderr == "levelground: the query is empty\n"


def test_a_query_that_is_no_text_is_refused(levelground: CommandLine) -> None:
    assert levelground("query", "select '\udcff'").stderr == "levelground: the query is not UTF-8 text\n"


def test_duckdbs_messages_lose_their_stack_traces() -> None:
    wrapped = "Invalid Input Error: arrow_scan: get_next failed(): IOError: IOError: INTERNAL Error: x\nStack Trace:\n/a/b.so"
    assert explain(wrapped) == "DuckDB failed on this query: INTERNAL Error: x"
    assert "3 GB of memory" in explain("Out of Memory Error: could not allocate")
    assert "2 GB" in explain('IO Error: Could not write file "x": File too large')
    assert explain("Parser Error: x\n\nLINE 1: y") == "Parser Error: x\n\nLINE 1: y"


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.published.mkdir(parents=True)
    home.published_analyst.write_bytes(os.urandom(5_000))
    result = CommandLine(home.root)("query", "select 1")
    assert result.returncode == 1
    assert str(home.published_analyst) in result.stderr
    assert tempfile.gettempdir() not in result.stderr.replace(str(tmp_path), "")


def test_a_query_is_one_statement_and_others_are_refused(levelground: CommandLine) -> None:
    refused = levelground("query", "select 1; drop table marts.figures")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "levelground: the query has 2 statements; write one\n"
    assert levelground("query", "select 1 as a; -- a comment", "--format", "csv").stdout == "a\n1\n"
    changed = levelground("query", "drop table marts.figures")
    assert changed.returncode == 1
    assert "read-only" in changed.stderr


def test_a_query_is_read_from_a_file_and_from_the_input(
    levelground: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "question.sql"
    file.write_text("\ufeff-- which\nselect count(*) as n\nfrom marts.figures;\n", encoding="utf-8")
    expected = "n\n3\n"
    assert levelground("query", "--file", file, "--format", "csv").stdout == expected
    for argument in ([], ["-"]):
        monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text(encoding="utf-8-sig")))
        assert levelground("query", *argument, "--format", "csv").stdout == expected
    for arguments, message in (
        (("select 1", "--file", file), "given twice"), (("--file", tmp_path / "none.sql"), "cannot read"),
    ):  # fmt: skip
        result = levelground("query", *arguments)
        assert result.returncode == 2
        assert message in result.stderr


def test_tables_are_listed_and_found_without_their_schema(levelground: CommandLine) -> None:
    assert levelground("query", "show tables", "--format", "csv").stdout.splitlines()[1:] == ['"figures"']
    assert levelground.ask("select count(*) as n from figures") == [{"n": 3}]
    assert 'Did you mean "figures"' in levelground("query", "from figure").stderr
