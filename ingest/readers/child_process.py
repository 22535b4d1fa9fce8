"""The child process that reads workbooks and GeoJSON for `ingest.readers.child_reader`, one file after another.

A request is its length, JSON, the length of the file, and the file. An answer is frames: a letter, a length, a content.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ingest.contract import Format
from ingest.errors import DeliveryError
from ingest.readers.error_translation import READ_ERRORS, explain_error
from ingest.readers.formats.excel import open_excel, sheet_names
from ingest.readers.formats.geojson import open_geojson
from ingest.readers.reader_types import OpenTable
from warehouse.processes.child_process import end_with_parent

HEADER, BATCH, FAILED, DONE = b"H", b"B", b"F", b"D"
LENGTH = 8  # bytes of a length


def main() -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    for printed in (1, 2):  # what a library prints is no frame, and may quote a cell
        os.dup2(os.open(os.devnull, os.O_WRONLY), printed)
    end_first(int(sys.argv[1]))
    while head := sys.stdin.buffer.read(LENGTH):
        request = json.loads(sys.stdin.buffer.read(int.from_bytes(head)))
        data = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(LENGTH)))
        _answer(request, data, answers)
        answers.flush()


def end_first(parent: int) -> None:
    """Be killed when the parent ends, and before it when memory is missing (Linux)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent decides
    end_with_parent(parent, signal.SIGKILL)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _answer(request: dict[str, Any], data: bytes, answers: IO[bytes]) -> None:
    def fail(problem: str, remedy: str) -> DeliveryError:
        return DeliveryError("", "", problem, remedy)

    how = Format.model_validate(request["how"]) if "how" in request else Format(kind="excel")
    try:
        if "how" not in request:
            _write(answers, HEADER, {"sheets": sheet_names(data)})
        else:
            opener = {"excel": open_excel, "geojson": open_geojson}[how.kind]
            _write_table(answers, opener(how, io.BytesIO(data), fail))
    except DeliveryError as error:
        _write(answers, FAILED, {"problem": error.problem, "remedy": error.remedy})
    except READ_ERRORS as error:
        problem, remedy = explain_error(error, how)
        _write(answers, FAILED, {"problem": problem, "remedy": remedy})
    except Exception as error:  # noqa: BLE001 - its text may quote a cell
        remedy = "export the table as csv and deliver it again"
        _write(answers, FAILED, {"problem": f"it could not be read ({type(error).__name__})", "remedy": remedy})
    else:
        _write(answers, DONE, {})


def _write_table(answers: IO[bytes], opened: OpenTable) -> None:
    _write(answers, HEADER, {"header": opened.header, "second_header": opened.second_header, "crs": opened.crs})
    for batch in opened.batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        _write(answers, BATCH, sink.getvalue())


def _write(answers: IO[bytes], kind: bytes, content: Any) -> None:
    body = content if isinstance(content, pa.Buffer) else json.dumps(content).encode()
    answers.write(kind + len(body).to_bytes(LENGTH))
    answers.write(body)


if __name__ == "__main__":
    main()
