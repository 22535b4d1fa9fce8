"""Define the records that the audit reads: published figures, earlier releases, public knowledge, and the true figures.

See `reader` for the SQL, and `attacker_model` for the conclusions.

Keep two kinds of input separate: `Published` is everything that a reader has; `figures` are the truth, which only decides
which cells need protection and whether an earlier figure still reveals something about today's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

GRAIN = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "race_ethnicity_code", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
FIGURES = (
    "numerator", "denominator", "value", "ci_low", "ci_high", "reference_value", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "rate_difference", "rate_difference_ci_low", "rate_difference_ci_high", "known_race_pct",
    "geocoded_pct", "place_coverage_pct", "bound_low", "bound_high", "rate_ratio_bound_low", "rate_ratio_bound_high",
    "period_coverage_pct",
)  # fmt: skip
WORDS = (
    "value_status", "ci_method", "reference_rule", "reference_code", "reliability", "status_reason", "bound_source",
    "population_fit", "is_significant_fdr",
)  # fmt: skip
SUPPRESSED, STARRED = "suppressed", "suppressed_at_source"


@dataclass(frozen=True)
class AuditedMeasure:
    """The public properties of a measure. `threshold`: counts of persons from 1 to below it are hidden; 0 where none are.

    `numerator`, `denominator` and `records` name the counted records: two measures with the same name count the same.
    `denominator` is None where it is public (residents, addresses) or there is none.
    """

    measure_id: str
    measure_version: int
    kind: str
    unit: str
    minimum_n: float
    threshold: int
    hides_zeros: bool
    population: str | None
    age_universe: str | None
    numerator: str
    denominator: str | None
    records: str

    @property
    def counted(self) -> tuple[str, ...]:
        """The records that the measure counts or uses."""
        return (self.numerator, self.records) if self.denominator is None else (self.numerator, self.records, self.denominator)

    @property
    def factor(self) -> float:
        """The factor from a share or rate to the measure's unit."""
        return {"percent": 100.0, "per_100": 100.0, "per_1000": 1000.0, "per_100000": 100_000.0}.get(self.unit, 1.0)

    @property
    def has_denominator(self) -> bool:
        """Whether the value is a share or a rate."""
        return self.kind in ("proportion", "composition", "rate")


class CellKey(NamedTuple):
    """The persons of a count: period, place, race, stratum."""

    period_type: str
    period_start: dt.date
    geography_type: str
    geography_vintage: str
    geoid: str
    race_standard: str
    race: str
    tabulation: str
    stratum_type: str
    stratum_code: str

    @classmethod
    def of_row(cls, grain: Sequence[Any]) -> CellKey:
        """The persons of a row, by the values of its columns GRAIN."""
        return cls._make((*grain[2:10], *grain[len(GRAIN) - 2 : len(GRAIN)]))


class Row(NamedTuple):
    """A row that is or was published, or a true one. `figures` and `words` contain its values that are not NULL.

    `release`: the one that published it, of rows of the ledger and of the history.
    """

    measure: AuditedMeasure
    where: CellKey
    method: str
    jurisdiction: str
    status: str | None
    figures: Mapping[str, float]
    words: Mapping[str, str]
    release: str = ""


class Base(NamedTuple):
    """The scheme that serves a population in the years of a seed's row; `ages` and `geography_type` are None for all others."""

    population: str
    valid_from: dt.date
    valid_to: dt.date
    ages: str | None
    geography_type: str | None
    race_standard: str
    scheme: str


class Index(NamedTuple):
    """A row of the public file's disparity indices."""

    measure: AuditedMeasure
    where: CellKey
    method: str
    index_id: str
    is_shown: bool
    used: Sequence[str]
    left_out: Sequence[str]


class Goal(NamedTuple):
    """A figure of a row of the public file's goals: of one group, now or at the baseline."""

    measure: AuditedMeasure
    where: CellKey
    is_shown: bool


@dataclass(frozen=True)
class MedianRecords:
    """The true number of records behind medians: per row, and of known race by records and place of all races.

    No row shows them, but a known share of a median is a share of them.
    """

    counts: Mapping[tuple[AuditedMeasure, CellKey], float] = field(default_factory=dict)
    known: Mapping[tuple[str, CellKey], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """Everything that a reader has about confidential measures: today's file, every earlier one, and public populations.

    `race_kinds`: category, combination, combined_legacy, missing, total. `subsets`: (records, records that contain them),
    in addition to numerators among their denominators. `populations`: by scheme, ages and place; `bases`: the scheme of each
    year. `stocks`: records of persons who are mostly in the next snapshot too. `members`: the groups of a combined label, by a
    seed. `sums`: records that are the sum of others, wherever all are counted. `compared`: rows of the comparison with other
    cities.
    """

    measures: tuple[AuditedMeasure, ...]
    rows: tuple[Row, ...]
    ledger: tuple[Row, ...]
    race_kinds: Mapping[str, str]
    subsets: tuple[tuple[str, str], ...] = ()
    indices: tuple[Index, ...] = ()
    goals: tuple[Goal, ...] = ()
    populations: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    stocks: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sums: tuple[tuple[str, tuple[str, ...]], ...] = ()
    compared: tuple[tuple[AuditedMeasure, CellKey], ...] = ()
    bases: tuple[Base, ...] = ()


@dataclass(frozen=True)
class Relations:
    """The names of the inputs in the connection. `as_of`: the day of its rules."""

    published: str = "public.published"
    marts: str = "release.marts"
    reference: str = "release.reference"
    reported: str = "disclosure.reported"
    responses: str = "disclosure.reported_responses"
    history: str = "disclosure.history"
    as_of: dt.date = dt.date.max
