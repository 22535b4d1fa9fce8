"""Everything that `make test` runs, in order: the browser is installed that tests need; linters, layering, types, SQL style; then
pytest, whose closing line comes last.

    python -m tests.suite [--only lint|pytest|stress] [pytest arguments …]

`--only stress` is `make stress`: the long tests in tests/stress, which nothing else runs, one after the other, since they measure
time and memory. A linter that finds something does not keep the others from running; the exit code says whether all is well.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LINTERS = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
    "import-linter": [str(BIN / "lint-imports"), "--no-logo"],
    "mypy": [str(BIN / "mypy")],
    "prose": [sys.executable, "-m", "tests.support.prose", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs"],
    "sqlfluff": [str(BIN / "sqlfluff"), "lint", "--processes", "0", "dbt_project"],
}
BROWSER = [sys.executable, "-m", "tests.support.browser"]
PYTEST = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-q"]
STRESS = [sys.executable, "-m", "pytest", "-v", "-n", "0", "--timeout", "3600", "--durations", "10", "tests/stress"]


def main() -> int:
    """Run the parts that were asked for; 0 only if every one of them is content."""
    arguments = sys.argv[1:]
    only = arguments[1] if arguments[:1] == ["--only"] else None
    failed = []
    if only != "lint" and not _run("browser", BROWSER):
        failed.append("browser")  # and its tests will fail, with the same words
    if only == "stress":
        return 0 if _run("stress", [*STRESS, *arguments[2:]]) else 1
    if only != "pytest":
        failed += [name for name, command in LINTERS.items() if not _run(name, command)]
        if failed:
            print(f"not content: {', '.join(failed)}", flush=True)
    if only != "lint" and not _run("pytest", [*PYTEST, *(arguments[2:] if only else arguments)]):
        failed.append("pytest")
    return 1 if failed else 0


def _run(name: str, command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        print(f"{name}: {command[0]} is not installed; run `make test`, which installs it", flush=True)
        return False
    started = time.monotonic()
    good = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    if name != "pytest":  # its own closing line is the last word
        print(f"{name}: {'ok' if good else 'FAILED'}, {time.monotonic() - started:.1f} s", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
