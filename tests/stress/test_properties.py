"""Every property test with all of its examples, others each time where the test fixes none: `make test` tries a quarter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.support.fuzzing import SEARCH

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("unit", "integration")
    for path in (ROOT / "tests" / folder).rglob("test_*.py")
    if "number_of_examples(" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("file", FILES)
def test_properties_hold(file: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "1200", "--hypothesis-profile", SEARCH, file]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-8000:]


def test_there_are_properties() -> None:
    assert {name.rpartition("/")[2] for name in FILES} >= {"test_promote_properties.py", "test_expressions_properties.py"}
