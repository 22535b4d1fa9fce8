"""Provide `levelground query`: read-only SQL on the current release, without access to other files or settings.

The query runs in a process of its own (`orchestration.cli.query.process`), which the operating system limits: DuckDB's own
limits do not cover every allocation, and its interrupt does not reach every operator.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.options import AudienceName, Figures, Public, examples
from orchestration.cli.release.chosen_file import CannotShow, audiences_with, choose_file
from orchestration.instance.question_log import record
from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_UNEXPECTED
from orchestration.settings import ConfigurationError, Settings
from warehouse.audiences.names import FIGURES
from warehouse.paths import Home
from warehouse.temporary import reader_folder

# -P: the current folder is not searched for modules
COMMAND = (sys.executable, "-P", "-m", "orchestration.cli.query.process")

EXAMPLES = examples(
    'levelground query "show tables"',
    'levelground query --audience health "select count(*) from fct_lead_tests"',
    "levelground query --file question.sql --format csv > answer.csv",
    'echo "from published.release" | levelground query --public',
)
MISSING_TABLE = re.compile(r"Table with name (\w+) does not exist")
REMOVAL_PENDING = (
    "a removal of records was interrupted, and the result may contain them; `levelground erase --resume` or the next run "
    "completes it"
)


def query(
    sql: Annotated[str | None, typer.Argument(help="One statement; `-` or nothing: from the input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read the statement from a file.")] = None,
    form: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How to write the result.")
    ] = "table",
    public: Public = False,
    figures: Figures = False,
    audience: AudienceName = None,
    timeout: Annotated[float, typer.Option(help="Seconds until the query is stopped.")] = 60,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="With --format csv: write texts so that a spreadsheet evaluates no formula.")
    ] = False,
) -> None:
    """Query the current release with SQL, read-only, in the widest file that this account may read.

    Limits: 3 GB of memory, 2 GB of output, `--timeout`.

    The home keeps who asked, when, and the statement without its values: see `levelground audit`.

    Exit codes: 0 done, 1 nothing is published or the query failed, 2 wrong arguments, or not one statement.
    """
    sql = _statement(sql, file)
    if spreadsheet and form != "csv":
        raise ConfigurationError("--spreadsheet needs --format csv")
    if not timeout > 0:
        raise ConfigurationError("--timeout needs a number of seconds above 0")
    if any("\ud800" <= character <= "\udfff" for character in sql):  # bytes that Python could not decode
        raise CannotShow("the query is not UTF-8 text", EXIT_UNEXPECTED)
    home = Settings.from_environment().home
    chosen = choose_file(home, public=public, figures=figures, audience=audience)
    if home.is_removal_pending:
        print(f"levelground: {REMOVAL_PENDING}", file=sys.stderr)
    with reader_folder() as folder:
        result, question = folder / "result", folder / "question"
        request: dict[str, object] = {
            "path": str(chosen.path),
            "key": chosen.key,  # over a pipe, to the process that opens the file
            "sql": sql,
            "format": form,
            "spreadsheet": spreadsheet,
            "timeout": timeout,
            "result": str(result),
            "question": str(question),
            "terminal_width": shutil.get_terminal_size().columns if sys.stdout.isatty() else None,
        }
        problem = _run(request, timeout)
        _log(home, chosen.path, question, "failed" if problem else "done")
        if problem is not None:
            from orchestration.cli.display import print_error  # noqa: PLC0415 - a query without an error does not need Rich here

            raise typer.Exit(print_error(f"{problem[0]}{_other_files(home, problem[0])}", problem[1]))
        with result.open("rb") as written:
            shutil.copyfileobj(written, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _log(home: Home, path: Path, described: Path, outcome: str) -> None:
    """Write the question to the log; where that is not possible say so, once, since the release may be on a read-only disk."""
    try:
        asked = json.loads(described.read_bytes())
    except (OSError, ValueError):  # the process ended before it had read the query
        asked = {}
    release_id = None
    with suppress(OSError, ValueError):
        release_id = json.loads(home.current_json.read_bytes()).get("release_id")
    question = {"tables": [], "statement": "", "rows": None} | asked
    try:
        record(home, question | {"file": path.name, "release_id": release_id, "outcome": outcome})
    except OSError as error:
        why = f"{home.questions}: {error.strerror}"
        print(f"levelground: this question is not in the log of questions ({why})", file=sys.stderr)


def _statement(sql: str | None, file: Path | None) -> str:
    """Return the text of the argument, of the file, or of the input."""
    if sql is not None and sql != "-":
        if file is not None:
            raise ConfigurationError("the query is given twice; leave out --file or the statement")
        return sql
    if file is None and sys.stdin.isatty() and sql is None:
        raise ConfigurationError('the query is missing; write `levelground query "show tables"`, or --file FILE')
    try:
        return file.read_text(encoding="utf-8-sig") if file is not None else sys.stdin.read()
    except UnicodeDecodeError:
        raise ConfigurationError("the query is not UTF-8 text") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from None


def _run(request: dict[str, object], timeout: float) -> tuple[str, int] | None:
    """Run the query in a process of its own, which writes the result to a file; return its error and exit code, if any."""
    process = subprocess.Popen(  # noqa: S603 - the query is passed as data
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,  # Ctrl-C reaches this process, which ends the other
    )
    assert process.stdin is not None and process.stdout is not None
    with process:
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()  # and stays open: the process ends when this one does
            if process.stdout.readline():  # it has started
                process.wait(min(timeout, threading.TIMEOUT_MAX))
        except BrokenPipeError:
            pass
        except subprocess.TimeoutExpired:
            return f"stopped after {timeout:g} seconds. Query less data, or raise the limit with --timeout", EXIT_UNEXPECTED
        finally:
            process.kill()
        answer = process.stdout.read().decode(errors="replace")
        code = process.wait()
    if code == 0:
        return None
    return answer or _describe_end(code), EXIT_BAD_ARGUMENTS if code == EXIT_BAD_ARGUMENTS else EXIT_UNEXPECTED


def _other_files(home: Home, problem: str) -> str:
    """Where a table is that the file does not have."""
    missing = MISSING_TABLE.search(problem)
    names = list(audiences_with(home, missing[1])) if missing else []
    options = " or ".join("--figures" if name == FIGURES else f"--audience {name}" for name in names)
    return f"\nAnother file has this table: use {options}" if options else ""


def _describe_end(code: int) -> str:
    """Describe the end of a process that reported no error itself."""
    if code == -signal.SIGXCPU:
        return "stopped: the query used more processor time than --timeout allows. Query less data, or raise --timeout"
    how = signal.Signals(-code).name if code < 0 else f"exit {code}"
    return f"DuckDB ended on this query ({how}), which changed nothing. Query less data, or write the query in another way"
