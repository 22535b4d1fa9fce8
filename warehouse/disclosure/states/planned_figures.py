"""Read the planned rows of the public file: one `Figure` per row of `int_disclosure__planned` or `disclosure.reported`.

The states that earlier releases published are read next to today's figures of the same rows: a correction is compared with each
state that any reader may have kept, not with the last one alone (see `reported_figures`). The ledger contains published figures
only, so both sides have the rows that the state shows, and no others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from duckdb import DuckDBPyConnection

from warehouse.disclosure.counts import Cell
from warehouse.sql import literal, queries

INPUTS = "engagement_inputs"  # the name of the inputs in the seed publication_records; answers to them begin with it
PLANNED = "intermediate.int_disclosure__planned"
GRAIN = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
_STATE = ("value_status", "numerator", "denominator", "known_race_pct")
_SQL = queries(
    Path(__file__).with_suffix(".sql.jinja"),
    planned=PLANNED,
    state=_STATE,
    place=[name for name in GRAIN if name != "measure_version"],
    slice=[name for name in GRAIN if name not in ("race_ethnicity_code", "tabulation")],
)


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
    """A row with its figures: after its key, the columns of the plan.

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
    columns = (*GRAIN, *(each.name for each in fields(Figure) if each.name != "key"))
    query = f"select {', '.join(columns)} from {relation} where {where} order by {', '.join(GRAIN)}"
    for row in con.execute(query).fetchall():
        measure_id, version, *at, method, stratum_type, stratum_code = row[: len(GRAIN)]
        key = RowKey(measure_id, version, Cell._make((*at, stratum_type, stratum_code)), method)
        yield Figure(key, *row[len(GRAIN) :])


def stored_states(file: Path | None, shape: str) -> str:
    """SQL of the states in a file, or of no row; with the columns of `shape` (SQL), of which an older file may lack some."""
    empty = f"select * from ({shape}) where false"
    is_stored = file is not None and file.is_file()
    return f"{empty} union all by name select * from read_parquet({literal(str(file))})" if is_stored else empty


def earlier_states(con: DuckDBPyConnection, ledger: Path | None, chosen: str) -> Iterator[tuple[list[Figure], list[Figure]]]:
    """Per published state of the planned rows that `chosen` selects (trusted SQL): their figures then, and now.

    A state ends with the release that changes a figure of one of its rows. The definition of a measure may have been replaced
    since; both versions count the same persons.
    """
    if ledger is None or not ledger.is_file():
        return
    states = stored_states(ledger, f"select {', '.join(f'null as {name}' for name in _STATE)}")
    con.execute(_SQL.read(states, chosen))
    ends = con.execute("select distinct replaced_by from published_states order by replaced_by nulls last").fetchall()
    for (end,) in ends:
        yield list(read_figures(con, _SQL.rows(end, True))), list(read_figures(con, _SQL.rows(end, False)))


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
