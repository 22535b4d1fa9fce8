"""Every parser on fifty times as many broken files as in `make test`, others each time, in four gigabytes of memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.fuzzing import DEEP

FILES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "unit").rglob("*_fuzz.py"))
MEMORY = 4 << 30


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.mark.parametrize("file", FILES)
def test_parsers_end_in_rows_or_a_message(file: str, record_property: Callable[[str, object], None]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "1200", "--hypothesis-profile", DEEP, file]
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, preexec_fn=_limited)
    record_property(f"{file}, seconds", round(time.monotonic() - began, 1))
    assert done.returncode == 0, done.stdout[-8000:]


def test_there_are_parsers() -> None:
    assert {name.rpartition("/")[2] for name in FILES} >= {"test_readers_fuzz.py", "test_yaml_fuzz.py"}
