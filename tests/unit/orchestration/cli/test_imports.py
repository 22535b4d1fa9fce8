"""Commands start fast: none imports Dagster, dbt or Great Expectations before it needs them."""

from __future__ import annotations

import subprocess
import sys

from orchestration.cli import GROUPS
from tests.conftest import ROOT

SLOW = ("dagster", "dbt", "great_expectations")
IMPORT_ALL = """
import sys
from orchestration.cli import application, errors
application(*sys.argv[1].split())
print(*(name for name in sys.argv[2].split() if name in sys.modules))
"""


def test_no_command_imports_a_slow_library_at_its_start() -> None:
    command = [sys.executable, "-c", IMPORT_ALL, " ".join(GROUPS), " ".join(SLOW)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [], "import it inside the function that needs it"
