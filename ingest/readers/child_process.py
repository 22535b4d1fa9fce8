"""The child process that reads workbooks and GeoJSON for `ingest.readers.child_reader`, one file after another.

A request is JSON and the file. An answer is JSON and the rows as an Arrow stream, which has none if the JSON names a problem.
"""

from __future__ import annotations

import io
import json
import signal
import sys
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.contract import Format
from ingest.errors import DeliveryError
from ingest.readers.formats.excel import open_excel, sheet_names
from ingest.readers.formats.maps import open_geojson
from ingest.readers.refusals import READ_ERRORS, explain_error
from warehouse.processes.child_process import end_with_parent


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
    how = Format.model_validate(request["how"]) if "how" in request else Format(kind="excel")
    batches: list[pa.RecordBatch] = []
    try:
        if "how" in request:
            opened = {"excel": open_excel, "geojson": open_geojson}[how.kind](
                how, io.BytesIO(data), partial(DeliveryError, "", "")
            )
            answer: dict[str, Any] = {"header": opened.header, "second_header": opened.second_header, "crs": opened.crs}
            batches = list(opened.batches)
        else:
            answer = {"sheets": sheet_names(data)}
    except DeliveryError as error:
        answer = {"problem": error.problem, "remedy": error.remedy}
    except READ_ERRORS as error:
        answer = dict(zip(("problem", "remedy"), explain_error(error, how), strict=True))
    except Exception as error:  # noqa: BLE001 - its text may quote a cell
        remedy = "export the table as csv and deliver it again"
        answer = {"problem": f"it could not be read ({type(error).__name__})", "remedy": remedy}
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema if batches else pa.schema([])) as writer:
        for batch in batches:
            writer.write_batch(batch)
    # both at once: the reader has no time limit between them
    pipe.send_bytes(json.dumps(answer).encode())
    pipe.send_bytes(sink.getvalue())


if __name__ == "__main__":
    main()
