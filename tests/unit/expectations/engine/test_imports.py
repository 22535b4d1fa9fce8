"""Great Expectations imports no Spark, also where it is installed: its modules are those of this package alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
sys.path.insert(0, {folder!r})
import expectations.engine
try:
    import pyspark
except ImportError:
    print("not imported")
"""


def test_a_spark_that_is_installed_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "pyspark.py").touch()
    command = [sys.executable, "-c", CODE.format(folder=str(tmp_path))]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "not imported\n"
