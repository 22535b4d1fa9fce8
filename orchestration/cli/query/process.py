"""Run one query of a user in this process, within limits of the operating system. Started by `orchestration.cli.query.query`.

It reads the request from its input, writes the result to a file, and an error to its output. Only what the format needs is
imported, because an analyst waits for it.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import duckdb

from orchestration.cli.query.formats import write_result
from orchestration.cli.query.question import describe
from orchestration.runs.process.exit_codes import EXIT_BAD_ARGUMENTS, EXIT_OK, EXIT_UNEXPECTED
from warehouse.connection import WarehouseError, only_reads, open_reader, parts_of_views
from warehouse.lake_files.object_store import StoreUnusable

DUCKDB_MEMORY = "2GB"
# DuckDB's limit does not cover values in flight, such as one long list or text, nor Python.
MEMORY = 3 * 1024**3
STACK = 16 * 1024**2  # of each of DuckDB's threads
OUTPUT = 2 * 1024**3
SPILL = "20GB"
MESSAGE_CHARACTERS = 4_000
TOO_MUCH_MEMORY = "the query needs more than 3 GB of memory. Query less data"
WRITES = "facts of this release are in files, so that a query is a SELECT; use --format, and redirect the output to write a file"
TOO_MUCH_OUTPUT = "the result is larger than 2 GB. Select fewer rows or columns"

# the errors of a stream that DuckDB reads through Arrow
ARROW = re.compile(r"^[\w ]*Error: arrow_scan: get_next failed\(\): (\w+: )*")


def main() -> NoReturn:
    """Answer the request of the first line of the input, and end without the destructors of DuckDB, which may abort."""
    request = json.loads(sys.stdin.readline())
    limit_resources(request["timeout"])
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # DuckDB can log to the output
    watch = threading.Thread(target=_end_with_parent, args=(Path(request["result"]).parent,), daemon=True)
    watch.start()
    try:
        answer.write(b"started\n")
        answer.flush()
    except BrokenPipeError:
        watch.join()  # the starting process was killed before this one was ready; the watch ends this one
    _answer(request, answer)


def limit_resources(timeout: float) -> None:
    """Limit this process's memory, processor time and files. The starting process enforces the time by the clock."""
    processors = os.cpu_count() or 1
    limits = {
        resource.RLIMIT_DATA: MEMORY + processors * STACK,
        resource.RLIMIT_CPU: math.ceil(min(timeout, 10**6)) * processors + 5,
        resource.RLIMIT_FSIZE: OUTPUT,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def _end_with_parent(folder: Path) -> None:
    """End when the process that started this one ends, however it does: that closes the input. A killed one has left `folder`."""
    os.read(0, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _answer(request: dict[str, Any], answer: BinaryIO) -> NoReturn:
    """Run the query, write its result or its error, and end this process while the connection is open: see `main`."""
    written, asked = Path(request["result"]), Path(request["question"])
    problem: str | None = None
    exit_code = EXIT_UNEXPECTED
    try:
        reader = open_reader(
            Path(request["path"]),
            memory_limit=DUCKDB_MEMORY,
            temp_directory=written.parent,
            spill_limit=SPILL,
            key=request["key"],
        )
        question = describe(reader, request["sql"])
        asked.write_text(json.dumps(question), encoding="utf-8")  # before the query, which may be stopped
        statements = reader.extract_statements(request["sql"])
        if len(statements) != 1:
            problem = f"the query has {len(statements)} statements; write one" if statements else "the query is empty"
            exit_code = EXIT_BAD_ARGUMENTS
        elif parts_of_views(reader) and not only_reads(reader, request["sql"]):
            problem, exit_code = WRITES, EXIT_BAD_ARGUMENTS
        else:
            result = reader.execute(statements[0])
            rows = write_result(result, written, request["format"], request["spreadsheet"], request["terminal_width"])
            asked.write_text(json.dumps(question | {"rows": rows}), encoding="utf-8")
    except MemoryError:
        problem = TOO_MUCH_MEMORY
    except (duckdb.Error, WarehouseError, StoreUnusable, OSError) as error:
        problem = explain(str(error))
    except Exception as error:  # noqa: BLE001 - a result that a library cannot convert must not end in a traceback
        problem = f"the result cannot be written as {request['format']} ({type(error).__name__}). Cast its columns to varchar"
    if problem is not None:
        answer.write(problem[:MESSAGE_CHARACTERS].encode(errors="replace"))
        answer.flush()
    os._exit(EXIT_OK if problem is None else exit_code)


def explain(message: str) -> str:
    """DuckDB's message without stack traces, and without what Arrow adds to it; the message of a limit that was exceeded."""
    message = ARROW.sub("", message)
    if re.search(r"^Out of Memory Error|bad_alloc", message):
        return TOO_MUCH_MEMORY
    if "File too large" in message:
        return TOO_MUCH_OUTPUT
    if message.startswith(("INTERNAL Error", "FATAL Error")):
        return f"DuckDB failed on this query: {message.splitlines()[0]}"
    return message


if __name__ == "__main__":
    main()
