"""Lint the SQL that changed since it last passed: sqlfluff needs 50 s for the whole project and keeps no cache.

    python -m tests.support.sql_lint

A file passed for this version of sqlfluff, its settings, the macros that it may render, and its own text. The list of what passed
is a file like mypy's cache: not in the repository, and safe to delete.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINTED = (
    "dbt_project/models/",
    "dbt_project/tests/",
    "ingest/",
)  # layers have models in `ingest`; without what .sqlfluffignore names
FOLDERS = ("dbt_project", "ingest/cities", "ingest/states")
MACROS = ("dbt_project/macros/", "dbt_project/registrations/", "dbt_project/tests/generic/")
CACHE = Path(".sqlfluff_cache") / "passed.json"
# Python's garbage collector searched the parse trees of a file again and again: a tenth of the time. sqlfluff read each macro
# twice for every file that it linted: a fifth.
PROGRAM = """
import gc
from sqlfluff.cli.commands import cli
from sqlfluff.core.templaters.jinja import JinjaTemplater

read, found = JinjaTemplater._get_env_context, {}

def read_once(self, name, config, environment):
    if not found:
        found.update(read(self, name, config, environment))
    return dict(found)

JinjaTemplater._get_env_context = read_once
gc.set_threshold(50_000, 5, 5)
cli(prog_name="sqlfluff")
"""
SQLFLUFF = [sys.executable, "-c", PROGRAM]


def main(root: Path = ROOT) -> int:
    """sqlfluff's exit code for the files that have not passed yet; 0 if there is none."""
    cache = root / CACHE
    keys = passing_keys(root)
    passed = set(json.loads(cache.read_text(encoding="utf-8"))) if cache.exists() else set()
    changed = [path for path, key in keys.items() if key not in passed]
    if changed:
        completed = subprocess.run([*SQLFLUFF, "lint", "--processes", "1", *changed], cwd=root, check=False)
        if completed.returncode != 0:
            return completed.returncode
        cache.parent.mkdir(exist_ok=True)
        cache.write_text(json.dumps(sorted(keys.values())), encoding="utf-8")
    return 0


def passing_keys(root: Path) -> dict[str, str]:
    """For each file to lint, relative to `root`, the hash of everything that decides whether it passes."""
    found = (path for folder in FOLDERS for path in sorted((root / folder).rglob("*.sql")))
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    shared = hashlib.sha256(version("sqlfluff").encode() + (root / ".sqlfluff").read_bytes())
    for name, text in files.items():
        if name.startswith(MACROS):
            shared.update(name.encode() + b"\0" + text + b"\0")
    return {
        name: hashlib.sha256(shared.digest() + name.encode() + b"\0" + text).hexdigest()
        for name, text in files.items()
        if name.startswith(LINTED) and not name.startswith(MACROS)
    }


if __name__ == "__main__":
    sys.exit(main())
