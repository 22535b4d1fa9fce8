"""The figures that the publication plan lets out, as records.

Here: one figure a row of `int_disclosure__planned` or `disclosure.reported`, and reading them. Not here: what follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from warehouse.disclosure.counts import At

GRAIN = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
# What the plan says of a row beside its figures.
_PLANNED = (
    "threshold", "hides_zeros", "kind", "numerator_records", "denominator_records", "rests_on_records",
    "known_numerator", "known_denominator", "records", "minimum_n",
)  # fmt: skip
_READ = (*GRAIN, "value_status", "numerator", "denominator", *_PLANNED)


class Key(NamedTuple):
    """Which row."""

    measure_id: str
    measure_version: int
    at: At
    method: str


@dataclass(frozen=True)
class Figure:
    """One row. `denominator_records` is None where the denominator is public or none; a composition's are its numerator's.

    `records`: how many records a median rests on, of at least `minimum_n` if it is to be relied on.
    """

    key: Key
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

    @property
    def at(self) -> At:
        """Which persons it counts."""
        return self.key.at


def read(con: DuckDBPyConnection, relation: str, where: str = "true") -> Iterator[Figure]:
    """The figures of a relation with the columns of the plan, in the order of their grain. `relation`, `where`: our own SQL."""
    query = f"select {', '.join(_READ)} from {relation} where {where} order by {', '.join(GRAIN)}"
    for row in con.execute(query).fetchall():
        measure_id, version, *at, method, stratum_type, stratum_code = row[: len(GRAIN)]
        key = Key(measure_id, version, At._make((*at, stratum_type, stratum_code)), method)
        yield Figure(key, *row[len(GRAIN) :])
