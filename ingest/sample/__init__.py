"""The sample city: deliveries of a synthetic city in the formats and with the warts of real ones, with planted truth. The way in.

Belongs here: everything made up. Not here: anything that reads a delivery; the sample takes the same way as a real city's files.
`truth.json` holds the planted values, `sample.json` what was made and the counts of each source, `city.yml` what a run needs.
Same rows, seed and version: same bytes.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ingest.sample import city, money, people, police_calls, police_stops, population, schools, service_requests, truth
from ingest.sample.writing import GENERATOR, RECEIPT, Delivery, SampleError, whole_folder, write_json

__all__ = ["FEWEST_ROWS", "GENERATOR_VERSION", "SampleError", "SampleSummary", "is_current_sample", "write_sample"]

GENERATOR_VERSION = 1  # raised whenever the same rows and seed give other bytes
FEWEST_ROWS = 1_000

# Percent of the event rows; the rest, 40, are rows of dispatched calls, about six a call. The other sources do not grow.
_REQUESTS, _STOPS, _PAYMENTS = 30, 15, 15

_CITY_YML = f"""\
# Written by `levelground sample`: a synthetic city. Runs on this folder take city and as-of time from here.
city: {city.CITY}
title: {city.TITLE}
place_geoid: "{city.PLACE_GEOID}"
time_zone: {city.TIME_ZONE}
as_of: {city.AS_OF}
sources:
  {service_requests.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    follow_up: {{until: delivery, start: created_at, end: closed_at}}  # complete here, unlike in the real feed
    freshness: {{warn_after_hours: 96, stale_after_hours: 192}}  # the feed runs two days behind
  {police_calls.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    freshness: {{warn_after_hours: 48, stale_after_hours: 168}}
  {police_stops.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    freshness: {{warn_after_hours: 48, stale_after_hours: 168}}
  {people.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    as_of: {people.AS_OF}T00:00:00
  {schools.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    as_of: 2025-06-30T00:00:00
    freshness: {{warn_after_hours: 9600, stale_after_hours: 12000}}  # once a school year
  {money.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    freshness: {{warn_after_hours: 240, stale_after_hours: 720}}
  {population.SOURCE}:
    jurisdiction: "{city.PLACE_GEOID}"
    as_of: 2020-04-01T00:00:00
    freshness: null
"""


@dataclass(frozen=True)
class SampleSummary:
    """What was written: file paths below `out`, delivered rows by source (blank ones included), and how long it took."""

    out: Path
    files: tuple[str, ...]
    rows: Mapping[str, int]
    seconds: float


def _writers(rows: int) -> dict[str, Callable[[Path, np.random.Generator], Delivery]]:
    requests, stops, payments = (rows * share // 100 for share in (_REQUESTS, _STOPS, _PAYMENTS))
    calls = rows - requests - stops - payments
    return {
        service_requests.SOURCE: lambda folder, rng: service_requests.write(folder, requests, rng),
        police_calls.SOURCE: lambda folder, rng: police_calls.write(folder, calls, rng),
        police_stops.SOURCE: lambda folder, rng: police_stops.write(folder, stops, rng),
        money.SOURCE: lambda folder, rng: money.write(folder, payments, rng),
        people.SOURCE: people.write,
        schools.SOURCE: schools.write,
        population.SOURCE: population.write,
    }


def write_sample(out: Path, rows: int = 100_000, seed: int = 2026) -> SampleSummary:
    """Write the sample city to `out`, which then holds a whole one or, after a kill, what it held before or nothing.

    `rows` is the number of event rows: 30 % service requests, 40 % rows of dispatched calls, 15 % stops, 15 % payments.
    An earlier sample in `out` is replaced; SampleError when `out` holds anything else or a number is out of range.
    """
    if rows < FEWEST_ROWS:
        raise SampleError(f"--rows is {rows}; the sample city needs at least {FEWEST_ROWS:,} event rows")
    if seed < 0:
        raise SampleError(f"--seed is {seed}; give 0 or more")
    started = time.perf_counter()
    planted: dict[str, Delivery] = {}
    with whole_folder(out) as folder:
        for source, write in _writers(rows).items():
            (folder / source).mkdir()
            # A stream for each source, so that a change in one leaves the others' bytes alone.
            planted[source] = write(folder / source, np.random.default_rng([seed, zlib.crc32(source.encode())]))
        (folder / "city.yml").write_text(_CITY_YML, encoding="utf-8")
        write_json(folder / "truth.json", {"truths": truth.truths()})
        receipt = {"generator": GENERATOR, "generator_version": GENERATOR_VERSION, "city": city.CITY, "rows": rows, "seed": seed}
        write_json(folder / RECEIPT, {**receipt, "planted": {source: asdict(delivery) for source, delivery in planted.items()}})
        files = tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))
    delivered = {source: delivery.delivered for source, delivery in planted.items()}
    return SampleSummary(out, files, delivered, time.perf_counter() - started)


def is_current_sample(folder: Path) -> bool:
    """Whether a whole sample city of this generator lies there; of whatever size and seed."""
    try:
        made = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        return (made["generator"], made["generator_version"]) == (GENERATOR, GENERATOR_VERSION)
    except (OSError, ValueError, KeyError, TypeError):
        return False
