"""Read the inputs of the audit: published figures, earlier releases, public knowledge, and the true figures.

This module holds the SQL and its records. See `attacker_model` for the conclusions.

Keep two kinds of input separate: `Published` is everything that a reader has; `figures` are the truth, which only decides
which cells need protection and whether an earlier figure still reveals something about today's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from warehouse.sql import literal

# A figure of fewer persons may identify one, unless an agreement requires more (docs/rules.md, Sensitive cells).
CITY_THRESHOLD = 11
PERSONS = ("person", "household")
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
class Measure:
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
    population_scheme: str | None
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
        return {"percent": 100.0, "per_1000": 1000.0, "per_100000": 100_000.0}.get(self.unit, 1.0)

    @property
    def has_denominator(self) -> bool:
        """Whether the value is a share or a rate."""
        return self.kind in ("proportion", "composition", "rate")


class Where(NamedTuple):
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


class Row(NamedTuple):
    """A row that is or was published, or a true one. `figures` and `words` contain its values that are not NULL."""

    measure: Measure
    where: Where
    method: str
    jurisdiction: str
    status: str | None
    figures: Mapping[str, float]
    words: Mapping[str, str]


@dataclass(frozen=True)
class Index:
    """A row of the public file's disparity indices."""

    measure: Measure
    where: Where
    method: str
    index_id: str
    is_shown: bool
    used: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Goal:
    """A row of the public file's goals, and its figures: each group, now and at the baseline."""

    goal_id: str
    is_shown: bool
    made_of: tuple[tuple[Measure, Where], ...]


@dataclass(frozen=True)
class Published:
    """Everything that a reader has about confidential measures: today's file, every earlier one, and public populations.

    `race_kinds`: category, combination, combined_legacy, missing, total. `subsets`: (records, records that contain them),
    in addition to numerators among their denominators. `populations`: by scheme, ages and place. `stocks`: records of persons
    who are mostly in the next snapshot too. `members`: the groups of a combined label, where a seed lists them.
    """

    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    ledger: tuple[Row, ...]
    race_kinds: Mapping[str, str]
    subsets: tuple[tuple[str, str], ...] = ()
    indices: tuple[Index, ...] = ()
    goals: tuple[Goal, ...] = ()
    populations: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    stocks: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """The names of the inputs in the connection; `reported` is None before the first report."""

    published: str = "public.published"
    marts: str = "release.marts"
    reference: str = "release.reference"
    reported: str | None = "disclosure.reported"


def read_measures(connection: Connection, places: Places) -> dict[tuple[str, int], Measure]:
    """Every measure by id and version; those that are not confidential have a threshold of 0.

    A measure is confidential if it counts persons or households, or if its source is confidential.
    """
    seed = f"select measure_id, part, records from {places.reference}.publication_records"
    names = {(measure, part): records for measure, part, records in fetch(connection, seed)}
    persons = ", ".join(literal(unit) for unit in PERSONS)
    rows = fetch(
        connection,
        (
            "select measures.measure_id, measures.measure_version, measures.kind, measures.unit, "
            "coalesce(measures.minimum_n, 0) as minimum_n, "
            f"measures.statistical_unit in ({persons}) or coalesce(sources.statistical_unit in ({persons}), false) "
            "or coalesce(sources.classification = 'confidential', false) as is_confidential, "
            f"greatest(coalesce(sources.suppress_below, 0), {CITY_THRESHOLD}) as threshold, "
            "coalesce(sources.zeros = 'hide', false) as hides_zeros, measures.population_scheme, measures.age_universe "
            f"from {places.marts}.dim_measure as measures "
            f"left join {places.marts}.dim_source as sources on measures.source = sources.source order by all"
        ),
    )
    listed = list(rows)
    first = {measure_id: min(row[1] for row in listed if row[0] == measure_id) for measure_id in {row[0] for row in listed}}
    measures = {}
    for measure_id, version, kind, unit, minimum_n, is_confidential, threshold, hides_zeros, scheme, ages in listed:
        # a definition that replaced another counts the same persons; two side by side count different ones
        later = f"@{version}" if version > first[measure_id] else ""
        numerator = names.get((measure_id, "numerator"), f"{measure_id}.numerator") + later
        if kind == "composition":
            denominator: str | None = numerator
        elif (measure_id, "denominator") in names or kind == "proportion":
            denominator = names.get((measure_id, "denominator"), f"{measure_id}.denominator") + later
        else:
            denominator = None
        measures[measure_id, version] = Measure(
            measure_id,
            version,
            kind,
            unit,
            float(minimum_n),
            int(threshold) if is_confidential else 0,
            bool(hides_zeros),
            scheme,
            ages,
            numerator,
            denominator,
            names.get((measure_id, "records"), f"{measure_id}.records") + later,
        )
    return measures


def read_published(
    connection: Connection, places: Places, ledger: Path | None, measures: Mapping[tuple[str, int], Measure]
) -> Published:
    """What a reader has. `ledger` is None, or a missing file, before the first release."""
    confidential = {key: measure for key, measure in measures.items() if measure.threshold}
    earlier: tuple[Row, ...] = ()
    if ledger is not None and ledger.is_file():
        states = f"read_parquet({literal(str(ledger))})"
        listed = sorted(confidential.values(), key=lambda measure: -measure.measure_version)
        oldest = {measure.measure_id: measure for measure in listed}
        earlier = _rows(connection, states, confidential, order="published_at, release_id, ", status=True, replaced_by=oldest)
    kinds = dict(fetch(connection, f"select race_ethnicity_code, kind from {places.marts}.dim_race_ethnicity"))
    return Published(
        tuple(confidential.values()),
        _rows(connection, f"{places.published}.equity_measures", confidential, status=True),
        earlier,
        kinds,
        tuple(
            (records, universe)
            for records, universe in fetch(
                connection,
                f"select distinct records, universe from {places.reference}.publication_records "
                "where coalesce(universe, '') <> '' order by all",
            )
        ),
        _indices(connection, places, confidential),
        _goals(connection, places, confidential),
        _populations(connection, places, confidential.values()),
        _stocks(connection, places),
        _members(connection, places),
    )


def read_figures(connection: Connection, places: Places, measures: Mapping[tuple[str, int], Measure]) -> tuple[Row, ...]:
    """The true figures of confidential measures: as reported where they are frozen, else those of the marts."""
    confidential = {key: measure for key, measure in measures.items() if measure.threshold}
    grain = ", ".join(GRAIN)
    source = f"{places.marts}.fct_equity_measures"
    if places.reported is not None:
        there = _columns(connection, source)
        wanted = ", ".join(name for name in ("jurisdiction", *GRAIN, *FIGURES, *WORDS) if name in there)
        source = (
            f"(select {wanted} from {places.reported} union all by name "
            f"select {wanted} from {source} anti join {places.reported} as reported using ({grain}))"
        )
    return _rows(connection, source, confidential, status=False)


def read_known(
    connection: Connection, places: Places, measures: Mapping[tuple[str, int], Measure]
) -> dict[tuple[str, Where], float]:
    """The number of known race in reported figures that were corrected since, by records and place of all races.

    An unpublished race has no reported row, and its figure of today differs from the earlier one.
    """
    if places.reported is None:
        return {}
    whole = ("measure_id", "measure_version", "period_type", "period_start", "geography_type", "stratum_type")
    query = (
        f"select {', '.join(GRAIN)}, known_numerator, known_denominator from {places.reported} "
        f"where method <> 'place_weighted' and ({', '.join(whole)}) in "
        f"(select ({', '.join(whole)}) from {places.reported} where is_revision_pending) order by {', '.join(GRAIN)}"
    )
    known: dict[tuple[str, Where], float] = {}
    for measure_id, version, *place, _, stratum_type, stratum_code, of_numerator, of_denominator in fetch(connection, query):
        measure = measures.get((measure_id, version))
        if measure is None or not measure.threshold or measure.kind == "median":
            continue
        where = Where._make((*place[:-2], "all", "exclusive", stratum_type, stratum_code))
        of_whole = of_denominator if measure.kind == "proportion" else None
        for records, count in ((measure.numerator, of_numerator), (measure.denominator, of_whole)):
            if records is not None and count is not None:
                known[records, where] = float(count)
    return known


def read_records(
    connection: Connection, places: Places, measures: Mapping[tuple[str, int], Measure]
) -> dict[tuple[Measure, Where], float]:
    """The true number of records of each median of persons, where it is known."""
    if places.reported is None or not {"kind", "records"} <= _columns(connection, places.reported):
        return {}
    query = f"select {', '.join(GRAIN)}, records from {places.reported} where kind = 'median' and records is not null"
    rested: dict[tuple[Measure, Where], float] = {}
    for measure_id, version, *place, _, stratum_type, stratum_code, records in fetch(connection, query):
        if measure := measures.get((measure_id, version)):
            rested[measure, Where._make((*place, stratum_type, stratum_code))] = float(records)
    return rested


def moved_unsaid(connection: Connection, places: Places) -> int:
    """Rows whose reported figures differ from the marts, without a pending revision."""
    if places.reported is None:
        return 0
    differ = " or ".join(f"reported.{name} is distinct from marts.{name}" for name in ("numerator", "denominator", "value"))
    query = (
        f"select count(*) from {places.reported} as reported left join {places.marts}.fct_equity_measures as marts "
        f"using ({', '.join(GRAIN)}) where not reported.is_revision_pending and ({differ})"
    )
    return int(connection.execute(text(query)).scalar_one())


def _rows(
    connection: Connection,
    source: str,
    measures: Mapping[tuple[str, int], Measure],
    *,
    status: bool,
    order: str = "",
    replaced_by: Mapping[str, Measure] | None = None,
) -> tuple[Row, ...]:
    """The rows of a relation. `replaced_by`: for rows of a version that is no longer listed, the measure that counts the same.

    A file of an earlier version lacks newer columns.
    """
    there = _columns(connection, source)
    columns = [
        name if name in there else f"null as {name}"
        for name in ("jurisdiction", *GRAIN, *FIGURES, *WORDS, *(["publication_status"] if status else []))
    ]
    ids = ", ".join(literal(name) for name in sorted({measure_id for measure_id, _ in measures})) or "''"
    query = f"select {', '.join(columns)} from {source} as rows where measure_id in ({ids}) order by {order}{', '.join(GRAIN)}"
    result = []
    first = 1 + len(GRAIN)
    for values in fetch(connection, query):
        measure = measures.get((values[1], values[2])) or (replaced_by or {}).get(values[1])
        if measure is None:
            continue
        figures = {n: float(v) for n, v in zip(FIGURES, values[first : first + len(FIGURES)], strict=True) if v is not None}
        words = {n: str(v) for n, v in zip(WORDS, values[first + len(FIGURES) :], strict=False) if v is not None}
        where = Where(*values[3:11], *values[12:14])
        result.append(Row(measure, where, values[11], values[0], values[-1] if status else None, figures, words))
    return tuple(result)


def fetch(connection: Connection, sql: str) -> Iterator[Any]:
    """The rows of a query without parameters."""
    return iter(connection.exec_driver_sql(sql))


def _columns(connection: Connection, source: str) -> set[str]:
    return {name for (name,) in fetch(connection, f"select column_name from (describe select * from {source})")}


def _exists(connection: Connection, relation: str) -> bool:
    database, schema, table = relation.split(".")
    query = (
        "select count(*) from duckdb_tables() where database_name = :database and schema_name = :schema and table_name = :name"
    )
    return bool(connection.execute(text(query), {"database": database, "schema": schema, "name": table}).scalar_one())


def _stocks(connection: Connection, places: Places) -> frozenset[str]:
    seed = f"{places.reference}.publication_records"
    if "persons_stay" not in _columns(connection, seed):
        return frozenset()
    return frozenset(records for (records,) in fetch(connection, f"select records from {seed} where persons_stay"))


def _members(connection: Connection, places: Places) -> dict[str, frozenset[str]]:
    """The groups of each combined label; a label without a row may contain any."""
    seed = f"{places.reference}.combined_race_codes"
    if not _exists(connection, seed):
        return {}
    members: dict[str, set[str]] = {}
    for label, code in fetch(connection, f"select race_ethnicity_code, possible_code from {seed}"):
        members.setdefault(label, set()).add(code)
    return {label: frozenset(codes) for label, codes in members.items()}


def _indices(connection: Connection, places: Places, measures: Mapping[tuple[str, int], Measure]) -> tuple[Index, ...]:
    relation = f"{places.published}.disparity_indices"
    if not _exists(connection, relation):
        return ()
    rows = fetch(
        connection,
        (
            "select measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, "
            "race_standard, method, index_id, coalesce(value, ci_low, ci_high) is not null, groups_used, groups_left_out "
            f"from {relation} order by all"
        ),
    )
    result = []
    for measure_id, version, *place, method, index_id, is_shown, used, left_out in rows:
        if measure := measures.get((measure_id, version)):
            where = Where._make((*place, "all", "exclusive", "all", "all"))
            result.append(Index(measure, where, method, index_id, bool(is_shown), _codes(used), _codes(left_out)))
    return tuple(result)


def _codes(listed: str | None) -> tuple[str, ...]:
    return tuple(listed.split(", ")) if listed else ()


def _goals(connection: Connection, places: Places, measures: Mapping[tuple[str, int], Measure]) -> tuple[Goal, ...]:
    relation = f"{places.published}.goal_progress"
    if not _exists(connection, relation):
        return ()
    figures = (
        "value", "ci_low", "ci_high", "baseline_value", "expected_value", "comparison_value", "comparison_baseline_value", "gap",
        "gap_baseline", "change_ci_low", "change_ci_high", "comparison_change_ci_low", "comparison_change_ci_high",
    )  # fmt: skip
    known = _columns(connection, relation)
    shown = ", ".join(f"progress.{name}" for name in figures if name in known)
    status = " or progress.status is not null" if "status" in known else ""
    rows = connection.execute(
        text(
            f"select goals.*, progress.period_start as at_period, coalesce({shown}) is not null{status} as is_shown "
            f"from {relation} as progress inner join {places.marts}.dim_goal as goals using (goal_id) order by goal_id, at_period"
        )
    ).mappings()
    result = []
    for row in rows:
        if measure := measures.get((row["measure_id"], row["measure_version"])):
            groups = [group for group in (row["target_group"], row["comparison_group"]) if group]
            made_of = tuple(
                (measure, _of_goal(row, period, group))
                for period in dict.fromkeys((row["at_period"], row["baseline_period_start"]))
                for group in groups
            )
            result.append(Goal(row["goal_id"], bool(row["is_shown"]), made_of))
    return tuple(result)


def _of_goal(row: Mapping[Any, Any], period: dt.date, group: str) -> Where:
    return Where(
        row["period_type"], period, row["geography_type"], row["geography_vintage"], row["geoid"], row["race_standard"],
        group, row["tabulation"], row["stratum_type"], row["stratum_code"],
    )  # fmt: skip


def _populations(connection: Connection, places: Places, measures: Iterable[Measure]) -> dict[tuple[str, ...], float]:
    """Residents, by scheme, ages, place, race standard and race: public, whether or not a row shows them."""
    schemes = sorted({measure.population_scheme or "" for measure in measures if measure.kind == "rate"} - {""})
    if not schemes:
        return {}
    rows = fetch(
        connection,
        (
            "select population_scheme, age_universe, geography_type, geography_vintage, geoid, race_standard, "
            f"race_ethnicity_code, population from {places.marts}.fct_population "
            f"where population_scheme in ({', '.join(literal(scheme) for scheme in schemes)})"
        ),
    )
    return {tuple(key): float(population) for *key, population in rows}
