"""Read the files of a city's layers once, so that a run sees one state of them while people add sources and measures.

A run reads them together with its contracts (`orchestration.runs.delivery_location`), and writes them into its home under the run
lock. See `ingest.layers` for what a layer contains.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.layers import CITY_FILE, MODELS, SEEDS, SOURCES, STATE_FILE, SUITES, VOCABULARY, Layer

PARTS = (SOURCES, MODELS, SEEDS, SUITES)
FILES = (CITY_FILE, STATE_FILE, VOCABULARY)


@dataclass(frozen=True)
class LayerSnapshot:
    """A layer and the content of its files, by their paths in it."""

    layer: Layer
    files: Mapping[Path, bytes]


def read_snapshots(layers: Iterable[Layer]) -> tuple[LayerSnapshot, ...]:
    """The layers as their files are now."""
    return tuple(LayerSnapshot(layer, dict(_contents(layer))) for layer in layers)


def write_snapshots(snapshots: Iterable[LayerSnapshot], folder: Path) -> tuple[Layer, ...]:
    """Write the layers into a folder, which holds no other files then; return them as layers of this folder."""
    written = []
    for number, snapshot in enumerate(snapshots, 1):
        own = folder / f"{number}_{snapshot.layer.name}"
        for name, content in snapshot.files.items():
            path = own / name
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        layer = dataclasses.replace(snapshot.layer, folder=own)
        for path in _files(layer):
            if path.relative_to(own) not in snapshot.files:
                path.unlink()
        written.append(layer)
    kept = {layer.folder for layer in written}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path not in kept:
            shutil.rmtree(path)
    return tuple(written)


def _contents(layer: Layer) -> Iterator[tuple[Path, bytes]]:
    for path in _files(layer):
        with suppress(FileNotFoundError):  # removed since it was listed
            yield path.relative_to(layer.folder), path.read_bytes()


def _files(layer: Layer) -> Iterator[Path]:
    yield from (path for name in FILES if (path := layer.folder / name).is_file())
    for part in PARTS:
        for path in sorted((layer.folder / part).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path
