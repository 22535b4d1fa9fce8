"""Run tasks on Spark: on a cluster, or on a Spark of this machine that is started for them and stopped after them.

Spark runs a task again if it fails or its executor is lost. `engines.spark_driver` is the process that imports pyspark.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from orchestration.engines.driver import DrivenEngine, Preparation
from orchestration.engines.engine import EngineUnavailable
from orchestration.engines.spark_driver import is_local

# pyspark 4 was compiled for it
OLDEST_JAVA = 17
REMEDY = "install a Java runtime, such as Debian's openjdk-17-jre-headless, or set JAVA_HOME to the folder of one"


class SparkEngine(DrivenEngine):
    """Tasks on Spark. `address`: the URL of a master. `folder`: for the files of a Spark of this machine."""

    name, package, program, head = "Spark", "pyspark", "spark_driver.py", "the master"
    # Spark starts in 5 to 20 s; then Kubernetes may have to start a machine, which the driver awaits
    seconds_to_start = seconds_for_check = 330.0

    @contextmanager
    def _prepared(self) -> Iterator[Preparation]:
        if problem := java_problem(os.environ):
            raise EngineUnavailable(f"Spark needs Java {OLDEST_JAVA} or later, and {problem}", REMEDY)
        if not is_local(self._address):
            # Spark itself tries for a minute
            self._reach(str(self._address).partition("spark://")[2])
            yield {}, {}
            return
        with self._files() as folder:
            yield {"resources": asdict(self._resources), "folder": folder}, {}


def java_problem(environment: Mapping[str, str]) -> str | None:
    """Why the Java that Spark would start cannot be used; None if it can."""
    home = environment.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    if program is None:
        return "no Java is on the PATH"
    try:
        printed = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} cannot be started ({type(error).__name__})"
    found = re.search(r'version "(?:1\.)?(\d+)', printed.stderr)
    if found is None:
        return f"{program} has no version"
    return f"{program} is Java {found[1]}" if int(found[1]) < OLDEST_JAVA else None
