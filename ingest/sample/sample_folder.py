"""Write a sample folder under a temporary name next to its target, and rename it when complete; a kill leaves no incomplete city.

This module also records the content of a delivery and seeds its random numbers. One writer per folder at a time.
"""

from __future__ import annotations

import json
import shutil
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

GENERATOR = "levelground sample"
RECEIPT = "sample.json"
CHUNK = 250_000  # rows made at a time: a few hundred bytes each, so that any number of rows fits in memory


class SampleError(Exception):
    """The sample cannot be written there, or not with these numbers; the message names the remedy."""


@dataclass(frozen=True)
class PlantedCounts:
    """What was planted in one source, in the terms of the ledger: delivered = staged + rejected + blank + duplicate + superseded.

    `duplicate` counts rows that equal an earlier one of the source: a contract may keep them. `facts` are further counts by name.
    """

    delivered: int
    blank: int = 0
    duplicate: int = 0
    superseded: int = 0
    rejected: int = 0
    facts: Mapping[str, int] = field(default_factory=dict)


def random_stream(seed: int, source: str) -> np.random.Generator:
    """The random numbers of a source: a stream for each, so that a change in one leaves the others' bytes alone."""
    return np.random.default_rng([seed, zlib.crc32(source.encode())])


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Indented JSON in UTF-8, keys in the order given."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _is_sample(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / RECEIPT).read_text(encoding="utf-8"))["generator"] == GENERATOR)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise SampleError(f"{out} is a file; give a folder for the sample city with --out")
    if any(out.iterdir()) and not _is_sample(out):
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
