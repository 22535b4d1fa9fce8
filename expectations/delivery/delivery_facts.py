"""Define the inputs of a delivery gate besides the rows of the delivery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from expectations.delivery.volume import VolumeBaseline
from expectations.engine.checks import Check


@dataclass(frozen=True)
class PopulationTerms:
    """What the seeds state about a source of people: the years of each scheme, its totals, and the largest change in percent."""

    years: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    most_change_pct: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DeliveryFacts(VolumeBaseline):
    """The inputs of a delivery gate besides the rows: from the load record, from earlier loads, and the clock.

    `columns_*`: names from the load record. `as_of` and the times in the data are city local times; `city_zone` is the city's
    time zone. `files`: for messages. `headers`: the names of the columns of each file. `concepts`: the checks of `concepts`.
    `snapshots`: the dates of the files of a stock. `people`: see `population_checks`.
    `hidden_limit`: the largest number that the seed `hidden_cell_limits` has for the source. `map_vintage`: type and vintage
    of the map that the source delivers.
    """

    as_of: dt.datetime
    columns_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    columns_repeated: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    city_zone: str | None = None
    concepts: tuple[Check, ...] = ()
    snapshots: tuple[dt.date, ...] = ()
    people: PopulationTerms = PopulationTerms()
    hidden_limit: int | None = None
    map_vintage: str = ""
