"""Define the inputs of a delivery gate besides the rows of the delivery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from expectations.delivery.concepts import ConceptDifference, MovedLine
from expectations.delivery.volume import HiddenCells, ReplacedRows
from ingest.landing import Overlap, PartitionComparison


@dataclass(frozen=True)
class PopulationTerms:
    """What the seeds state about a source of people: the years of each scheme, its totals, and the largest change in percent."""

    years: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    totals: tuple[str, ...] = ()
    most_change_pct: float = 0.0


@dataclass(frozen=True)
class DeliveryFacts:
    """The inputs of a delivery gate besides the rows: from the load record, from earlier loads, and the clock.

    `columns_*`: names from the load record. `earlier_rows`: sizes of earlier batches, newest first. `as_of` and the times in the
    data are city local times; `city_zone` is the city's time zone. `files`: for messages. `moved_lines` and
    `concept_differences`: from `concepts`.
    `headers`: the names of the columns of each file.
    `adds_only`: the delivery contains only new rows, perhaps none, so its size is not checked. `replaced`: landed rows of the
    periods that a delivery with new periods replaces; its size is compared with them, not with `earlier_rows`. `partitions`: the
    same for the load mode `replace_partition`. `rival_files`: files of which Levelground cannot know the newer. `overlap`: two
    files that cover the same days. `snapshots`: the dates of the files of a stock. `landed_sums`: of the load before, the sum of
    each column that counts people. `people`: see `population_checks`. `hidden`: see `volume`;
    `hidden_limit`: the largest number that the seed `hidden_cell_limits` has for the source.
    `moved_places`: see `map_checks`; `map_vintage`: type and vintage of the map that the source delivers.
    """

    as_of: dt.datetime
    columns_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    columns_repeated: tuple[str, ...] = ()
    earlier_rows: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    city_zone: str | None = None
    moved_lines: tuple[MovedLine, ...] = ()
    concept_differences: tuple[ConceptDifference, ...] = ()
    adds_only: bool = False
    replaced: ReplacedRows | None = None
    partitions: PartitionComparison | None = None
    rival_files: tuple[str, ...] = ()
    overlap: Overlap | None = None
    snapshots: tuple[dt.date, ...] = ()
    landed_sums: Mapping[str, float] = field(default_factory=dict)
    people: PopulationTerms = PopulationTerms()
    hidden: tuple[HiddenCells, ...] = ()
    hidden_limit: int | None = None
    moved_places: tuple[str, ...] = ()
    map_vintage: str = ""
