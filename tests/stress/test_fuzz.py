"""Every parser on fifty times as many broken files as in `make test`, others each time, in four gigabytes of memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.stress.watched_process import run_watched
from tests.support.fuzzing import DEEP

FILES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "unit").rglob("*_fuzz.py"))
# Of resident memory: the allocator of Arrow reserves far more of the address space than it uses.
MEMORY = 4 << 30


@pytest.mark.parametrize("file", FILES)
def test_parsers_end_in_rows_or_a_message(file: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "1200", "--hypothesis-profile", DEEP, file]
    began, output = time.monotonic(), tmp_path / "output.txt"
    code, most = run_watched(command, output, MEMORY)
    record_property(f"{file}, seconds", round(time.monotonic() - began, 1))
    record_property(f"{file}, most memory, MB", most >> 20)
    assert most <= MEMORY
    assert code == 0, output.read_text()[-8000:]


def test_there_are_parsers() -> None:
    assert {name.rpartition("/")[2] for name in FILES} >= {"test_readers_fuzz.py", "test_yaml_fuzz.py"}
