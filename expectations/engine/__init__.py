"""Run checks in Great Expectations and render its Data Docs; `runner.Session` is the entry point."""

import sys

# Great Expectations imports pyspark where `levelground[spark]` is installed. That takes a second and prints a warning of pandas;
# in a process without a main file, as of multiprocessing, pyspark 4.3 ends the process. `None` makes the import fail.
sys.modules.setdefault("pyspark", None)  # type: ignore[arg-type]
