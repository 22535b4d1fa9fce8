"""Make the sample city: deliveries of a synthetic city in the formats and irregularities of real ones, with planted truth.

All generated data are made here. Levelground reads the sample like a real city's files. `truth.json` holds the planted values,
`sample.json` the options and counts of each source, `city.yml` the settings of a run. Equal rows, seed and version give equal
bytes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ingest.errors import SampleError
from ingest.sample.city import SAMPLETON, Profile
from ingest.sample.delivery import (
    GENERATOR,
    RECEIPT,
    PlantedCounts,
    random_stream,
    version_in,
    write_folder_atomically,
    write_json,
)
from ingest.sample.sources import SOURCES, city_file, rows_by_source
from ingest.sample.truth import planted_truth

GENERATOR_VERSION = 9  # raised whenever the same rows and seed give other bytes
FEWEST_ROWS, ROWS = 1_000, 100_000


@dataclass(frozen=True)
class SampleSummary:
    """What was written: file paths below `out`, delivered rows by source (blank ones included), and how long it took."""

    out: Path
    files: tuple[str, ...]
    rows: Mapping[str, int]
    seconds: float


def write_sample(out: Path, rows: int | None = None, seed: int = 2026, city: Profile = SAMPLETON) -> SampleSummary:
    """Write the sample city to `out`, which then holds a whole one or, after a kill, what it held before or nothing.

    `city`: another city, in whose shape the deliveries are invented
    `rows` is the number of event rows: 30 % service requests, 40 % rows of dispatched calls, 15 % stops, 15 % payments. The other
    sources do not grow with it. By default, they are 100,000 for Sampleton, and in proportion to the residents.
    An earlier sample in `out` is replaced; SampleError when `out` holds anything else or a number is out of range.
    """
    rows = max(FEWEST_ROWS, city.scaled(ROWS)) if rows is None else rows
    if rows < FEWEST_ROWS:
        raise SampleError(f"--rows is {rows}; the sample city needs at least {FEWEST_ROWS:,} event rows")
    if seed < 0:
        raise SampleError(f"--seed is {seed}; give 0 or more")
    started = time.perf_counter()
    planted: dict[str, PlantedCounts] = {}
    with write_folder_atomically(out) as folder:
        for name, source_rows in rows_by_source(rows, city).items():
            (folder / name).mkdir()
            planted[name] = SOURCES[name].write(folder / name, random_stream(seed, name), source_rows, city)
        (folder / "city.yml").write_text(city_file(city), encoding="utf-8")
        write_json(folder / "truth.json", planted_truth(seed, city))
        receipt = {"generator": GENERATOR, "generator_version": GENERATOR_VERSION, "city": city.key, "rows": rows, "seed": seed}
        write_json(folder / RECEIPT, {**receipt, "planted": {source: asdict(delivery) for source, delivery in planted.items()}})
        files = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))
    delivered = {source: delivery.delivered for source, delivery in planted.items()}
    return SampleSummary(out, files, delivered, time.perf_counter() - started)


def is_current_sample(folder: Path) -> bool:
    """Whether the folder holds a whole sample city of this generator, of any size and seed."""
    return version_in(folder) == GENERATOR_VERSION
