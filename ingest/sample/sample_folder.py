"""Write a sample folder under a temporary name next to its target, and rename it when complete; a kill leaves no incomplete city.

One writer per folder at a time.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.errors import SampleError

GENERATOR = "levelground sample"
RECEIPT = "sample.json"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Indented JSON in UTF-8, keys in the order given."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def version_in(folder: Path) -> int | None:
    """The version of the generator that wrote the sample city in a folder; None if the folder holds none, or not all of it."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        return int(receipt["generator_version"]) if receipt["generator"] == GENERATOR else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise SampleError(f"{out} is a file; give a folder for the sample city with --out")
    if any(out.iterdir()) and version_in(out) is None:
        raise SampleError(
            f"{out} is not empty and not a sample city ({RECEIPT} is missing or not ours); give an empty or new folder with --out"
        )


@contextmanager
def write_folder_atomically(out: Path) -> Iterator[Path]:
    """A temporary folder next to `out` that replaces it at the end, unless there was an error.

    Raises SampleError before anything is written when `out` holds something else.
    """
    out = out.resolve()
    _refuse_foreign(out)
    partial, former = (out.with_name(f".{out.name}.{ending}") for ending in ("partial", "former"))
    for leftover in (partial, former):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    if out.exists():
        partial.chmod(stat.S_IMODE(out.stat().st_mode))
    try:
        yield partial
        if out.exists():
            out.rename(former)
        partial.rename(out)
    finally:
        for leftover in (partial, former):
            shutil.rmtree(leftover, ignore_errors=True)
