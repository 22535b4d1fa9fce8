"""Read the planned rows of the public file: one `Figure` per row of `int_disclosure__planned` or `disclosure.reported`.

A `Scope` names rows that are hidden besides those that suppression chooses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from warehouse.disclosure.counts import Cell

INPUTS = "engagement_inputs"  # the name of the inputs in the seed publication_records; answers to them begin with it
PLANNED = "intermediate.int_disclosure__planned"
GRAIN = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
# Columns that the publication plan adds to a row.
_PLANNED = (
    "threshold", "hides_zeros", "kind", "numerator_records", "denominator_records", "rests_on_records",
    "known_numerator", "known_denominator", "records", "minimum_n", "place_coverage_pct", "bin_records", "has_small_bin",
)  # fmt: skip
_READ = (*GRAIN, "value_status", "numerator", "denominator", *_PLANNED)


class RowKey(NamedTuple):
    """The identity of a row."""

    measure_id: str
    measure_version: int
    at: Cell
    method: str

    @property
    def grain(self) -> tuple[object, ...]:
        """Its values of the columns in `GRAIN`."""
        return (self.measure_id, self.measure_version, *self.at[:8], self.method, *self.at[8:])


@dataclass(frozen=True)
class Figure:
    """A row with its figures.

    `denominator_records` is None where the denominator is public or missing; those of a composition are its numerator's.
    `records`: the number of records behind a median, which is reliable from `minimum_n` records. `bin_records`: those of its
    place that are rounded to the same point of its grid. `has_small_bin`: whether they are too few, or of one race.
    """

    key: RowKey
    value_status: str
    numerator: float | None
    denominator: float | None
    threshold: int
    hides_zeros: bool
    kind: str
    numerator_records: str
    denominator_records: str | None
    rests_on_records: str | None
    known_numerator: float | None
    known_denominator: float | None
    records: float | None = None
    minimum_n: float = 0.0
    place_coverage_pct: float | None = None
    bin_records: float | None = None
    has_small_bin: bool | None = None

    @property
    def counts_no_one(self) -> bool:
        """Whether every reader knows that the row counts no one: no such category, or a sum over cells of which none is shown."""
        is_hidden = self.value_status == "suppressed_at_source" and self.place_coverage_pct == 0.0
        return self.value_status == "not_collected" or is_hidden

    @property
    def at(self) -> Cell:
        """The persons that the row counts."""
        return self.key.at


def read_figures(con: DuckDBPyConnection, relation: str, where: str = "true") -> Iterator[Figure]:
    """The figures of a relation with the columns of the plan, in the order of their grain. `relation`, `where`: trusted SQL."""
    query = f"select {', '.join(_READ)} from {relation} where {where} order by {', '.join(GRAIN)}"
    for row in con.execute(query).fetchall():
        measure_id, version, *at, method, stratum_type, stratum_code = row[: len(GRAIN)]
        key = RowKey(measure_id, version, Cell._make((*at, stratum_type, stratum_code)), method)
        yield Figure(key, *row[len(GRAIN) :])


@dataclass(frozen=True)
class Scope:
    """Rows to hide whatever they count, because the audit of some records has no answer there. None: any."""

    records: str
    geography_type: str | None = None
    geoid: str | None = None
    period_start: dt.date | None = None

    def has(self, figure: Figure) -> bool:
        """Whether the row counts these records, or a part of them, in this place and period."""
        counted = (figure.numerator_records, figure.denominator_records)
        at = figure.at
        return any(name is not None and name in self.records for name in counted) and self.has_place(
            at.geography_type, at.geoid, at.period_start
        )

    def has_responses(self, city: str, year: dt.date) -> bool:
        """Whether it counts the engagement inputs of the city and year, or answers to them."""
        return self.records.startswith(INPUTS) and self.has_place("city", city, year)

    def has_place(self, geography_type: str, geoid: str, period_start: dt.date) -> bool:
        """Whether the place and period are part of it."""
        return (
            self.geography_type in (None, geography_type)
            and self.geoid in (None, geoid)
            and self.period_start in (None, period_start)
        )
