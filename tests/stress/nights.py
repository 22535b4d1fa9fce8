"""Runs one night after another in one process, with a copy of the project whose seeds and contracts change on the way.

A command in a process of its own spends ten times as long on imports as a quiet night on its work. Start with `python -m
tests.stress.nights` in the folder of the copy. Each line of the input is a JSON object {command, environment}, each line of the
output {code, output}. `NIGHT` in the environment is the machine's time of that night: years of deliveries pass in an hour, and a
delivery has no record that is dated after it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from unittest import mock

from tests.conftest import ROOT


@dataclass
class Office:
    """The process that runs the nights; `again` restarts it, as after an upgrade."""

    code: Path
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Office:
        environment = os.environ | {"PYTHONPATH": f"{self.code}{os.pathsep}{ROOT}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stress.nights"],
            cwd=self.code,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(600)

    def again(self) -> None:
        self.__exit__(None, None, None)
        self.__enter__()

    def run(self, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
        """The exit code of a command and what it wrote."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"command": command, "environment": environment}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return int(answer["code"]), str(answer["output"])


def _answer(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    from orchestration.runs import clock  # noqa: PLC0415 - the copy's, after the process has begun there

    clock.utc_now = _now  # before any module imports it by its name
    from orchestration.cli import main  # noqa: PLC0415

    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    code: object = 0
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "argv", command),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        except Exception:  # as Python does with unforeseen errors
            traceback.print_exc()
            code = 1
    assert isinstance(code, int)
    return code, output.buffer.getvalue().decode()  # type: ignore[attr-defined]


def _now() -> dt.datetime:
    night = os.environ.get("NIGHT")
    return dt.datetime.fromisoformat(night) if night else dt.datetime.now(dt.UTC).replace(tzinfo=None)


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        ended, written = _answer(asked["command"], asked["environment"])
        print(json.dumps({"code": ended, "output": written}), flush=True)
