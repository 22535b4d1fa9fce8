"""The child process that reads workbooks and GeoJSON for `ingest.readers.child_reader`, one file after another.

A request is JSON and the file. An answer is parts, each a letter and a content; `DONE` alone ends it.
"""

from __future__ import annotations

import io
import json
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.errors import DeliveryError
from ingest.readers.error_translation import READ_ERRORS, explain_error
from ingest.readers.formats.excel import open_excel, sheet_names
from ingest.readers.formats.geojson import open_geojson
from ingest.readers.reader_types import OpenTable
from warehouse.processes.child_process import end_with_parent

HEADER, BATCH, FAILED, DONE = b"H", b"B", b"F", b"D"


def main() -> None:
    """Answer requests until the pipe is closed."""
    end_first(int(sys.argv[1]))
    pipe = Connection(int(sys.argv[2]))
    with suppress(EOFError):
        while True:
            request = json.loads(pipe.recv_bytes())
            _answer(request, pipe.recv_bytes(), pipe)


def end_first(parent: int) -> None:
    """Be killed when the parent ends, and before it when memory is missing (Linux)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent decides
    end_with_parent(parent, signal.SIGKILL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _answer(request: dict[str, Any], data: bytes, pipe: Connection) -> None:
    def fail(problem: str, remedy: str) -> DeliveryError:
        return DeliveryError("", "", problem, remedy)

    how = Format.model_validate(request["how"]) if "how" in request else Format(kind="excel")
    try:
        if "how" not in request:
            _write(pipe, HEADER, {"sheets": sheet_names(data)})
        else:
            opener = {"excel": open_excel, "geojson": open_geojson}[how.kind]
            _write_table(pipe, opener(how, io.BytesIO(data), fail))
    except DeliveryError as error:
        _write(pipe, FAILED, {"problem": error.problem, "remedy": error.remedy})
    except READ_ERRORS as error:
        problem, remedy = explain_error(error, how)
        _write(pipe, FAILED, {"problem": problem, "remedy": remedy})
    except Exception as error:  # noqa: BLE001 - its text may quote a cell
        remedy = "export the table as csv and deliver it again"
        _write(pipe, FAILED, {"problem": f"it could not be read ({type(error).__name__})", "remedy": remedy})
    else:
        pipe.send_bytes(DONE)


def _write_table(pipe: Connection, opened: OpenTable) -> None:
    _write(pipe, HEADER, {"header": opened.header, "second_header": opened.second_header, "crs": opened.crs})
    for batch in opened.batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        _write(pipe, BATCH, sink.getvalue())


def _write(pipe: Connection, kind: bytes, content: Any) -> None:
    pipe.send_bytes(kind)
    pipe.send_bytes(content if isinstance(content, pa.Buffer) else json.dumps(content).encode())


if __name__ == "__main__":
    main()
