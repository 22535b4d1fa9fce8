"""Read what the audit knows of a candidate: its public file, earlier states of it, public knowledge, and the true figures.

See `audit_inputs` for the records, `read_history` and `read_responses` for two tables of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from expectations.disclosure.inputs import catalog
from expectations.disclosure.inputs.audit_inputs import (
    COUNTS,
    FIGURES,
    GRAIN,
    PERSONS,
    AuditedMeasure,
    Base,
    CellKey,
    Goal,
    Index,
    MedianRecords,
    Published,
    Relations,
    Row,
)
from warehouse.sql import literal

_GOAL_FIGURES = (
    "value", "ci_low", "ci_high", "baseline_value", "expected_value", "comparison_value", "comparison_baseline_value", "gap",
    "gap_baseline", "change_ci_low", "change_ci_high", "comparison_change_ci_low", "comparison_change_ci_high",
)  # fmt: skip


@dataclass(frozen=True)
class AuditReader:
    """The inputs of the audit in a connection. `ledger`: every state ever published; no file before the first release."""

    connection: Connection
    relations: Relations = field(default_factory=Relations)
    ledger: Path | None = None

    @cached_property
    def states(self) -> str | None:
        """The relation of every state ever published."""
        return None if self.ledger is None or not self.ledger.is_file() else catalog.of_file(self.ledger)

    @cached_property
    def threshold_of(self) -> Callable[[str | None, int | None], int]:
        """The smallest count that may be shown, by source and `suppress_below` of its agreement.

        An agreement may ask for more than the seed publication_rules, which has the threshold of the city and lower ones by ADR.
        """
        seed = (
            f"select source, value from {self.relations.reference}.publication_rules where rule = 'suppress_below' "
            f"and coalesce(valid_from::date <= date '{self.relations.as_of}', true) "
            f"and coalesce(valid_to::date >= date '{self.relations.as_of}', true) "
            "order by valid_from nulls first"
        )
        rules: dict[str | None, int] = {source: int(value) for source, value in self.fetch(seed)}
        if None not in rules:
            raise ValueError("the seed publication_rules has no suppress_below of the whole city; restore it")
        return lambda source, agreed: max(agreed or 0, rules.get(source, rules[None]))

    @cached_property
    def measures(self) -> dict[tuple[str, int], AuditedMeasure]:
        """Every measure by id and version; those that are not confidential have a threshold of 0.

        A measure is confidential if it counts persons or households, if its source is confidential, or if it counts the
        aggregates of an agreement that protects them always.
        """
        seed = f"select measure_id, part, records from {self.relations.reference}.publication_records"
        names = {(measure, part): records for measure, part, records in self.fetch(seed)}
        persons, counts = (", ".join(map(literal, words)) for words in (PERSONS, COUNTS))
        rows = self.fetch(
            "select measures.measure_id, measures.measure_version, measures.kind, measures.unit, "
            "coalesce(measures.minimum_n, 0) as minimum_n, "
            f"measures.statistical_unit in ({persons}) or coalesce(sources.statistical_unit in ({persons}), false) "
            "or coalesce(sources.classification = 'confidential', false) "
            "or coalesce(sources.statistical_unit = 'aggregate' and sources.protect = 'always' "
            f"and measures.kind in ({counts}), false) as is_confidential, "
            "measures.source, sources.suppress_below, "
            "coalesce(sources.zeros = 'hide', false) as hides_zeros, measures.population, measures.age_universe "
            f"from {self.relations.marts}.dim_measure as measures "
            f"left join {self.relations.marts}.dim_source as sources on measures.source = sources.source order by all"
        )
        listed = list(rows)
        first = {measure_id: min(row[1] for row in listed if row[0] == measure_id) for measure_id in {row[0] for row in listed}}
        measures = {}
        for measure_id, version, kind, unit, minimum_n, is_confidential, source, agreed, hides_zeros, population, ages in listed:
            threshold = self.threshold_of(source, agreed)
            # a definition that replaced another counts the same persons; two side by side count different ones
            later = f"@{version}" if version > first[measure_id] else ""
            numerator = names.get((measure_id, "numerator"), f"{measure_id}.numerator") + later
            if kind == "composition":
                denominator: str | None = numerator
            elif (
                (measure_id, "denominator") in names
                or kind == "proportion"
                or (kind == "rate" and is_confidential and not population)
            ):
                denominator = names.get((measure_id, "denominator"), f"{measure_id}.denominator") + later
            else:
                denominator = None
            measures[measure_id, version] = AuditedMeasure(
                measure_id,
                version,
                kind,
                unit,
                float(minimum_n),
                threshold if is_confidential and (threshold > 1 or hides_zeros) else 0,
                bool(hides_zeros),
                population,
                ages,
                numerator,
                denominator,
                names.get((measure_id, "records"), f"{measure_id}.records") + later,
            )
        return measures

    @cached_property
    def confidential(self) -> dict[tuple[str, int], AuditedMeasure]:
        """The measures of persons."""
        return {key: measure for key, measure in self.measures.items() if measure.threshold}

    def published(self) -> Published:
        """What a reader has."""
        listed = sorted(self.confidential.values(), key=lambda measure: -measure.measure_version)
        oldest = {measure.measure_id: measure for measure in listed}
        in_order = "published_at, release_id, "
        earlier = [] if self.states is None else list(self.rows(self.states, order=in_order, replaced_by=oldest))
        bases = self._bases()
        return Published(
            tuple(self.confidential.values()),
            self._rows(f"{self.relations.published}.equity_measures"),
            tuple(row for _, row in earlier),
            dict(self.fetch(f"select race_ethnicity_code, kind from {self.relations.marts}.dim_race_ethnicity")),
            tuple(self._subsets()),
            tuple(self._indices()),
            tuple(self._goals()),
            self._populations(bases),
            self._stocks(),
            self._label_members(),
            tuple(release for release, _ in earlier),
            compared=tuple(self._compared()),
            bases=bases,
        )

    def figures(self) -> tuple[Row, ...]:
        """The true figures of confidential measures: as reported where they are frozen, else those of the marts.

        Reported ones come last. Two measures may count the same records, one of them unpublished and therefore never frozen;
        readers have the reported count, and the later row decides (see `attacker_model`).
        """
        marts, reported = f"{self.relations.marts}.fct_equity_measures", self.relations.reported
        if reported is None:
            return self._rows(marts)
        unreported = f"(from {marts} anti join {reported} as reported using ({', '.join(GRAIN)}))"
        return (*self._rows(unreported), *self._rows(reported))

    def known_race_counts(self) -> dict[tuple[str, CellKey], float]:
        """The number of known race in reported figures that were corrected since, by records and place of all races.

        An unpublished race has no reported row, and its figure of today differs from the earlier one.
        """
        if self.relations.reported is None:
            return {}
        whole = "measure_id, measure_version, period_type, period_start, geography_type, stratum_type"
        query = (
            f"select {', '.join(GRAIN)}, known_numerator, known_denominator from {self.relations.reported} "
            f"where method <> 'place_weighted' and ({whole}) in "
            f"(select ({whole}) from {self.relations.reported} where is_revision_pending) order by {', '.join(GRAIN)}"
        )
        known: dict[tuple[str, CellKey], float] = {}
        for *grain, of_numerator, of_denominator in self.fetch(query):
            measure = self.confidential.get((grain[0], grain[1]))
            if measure is None or measure.kind == "median":
                continue
            where = CellKey.of_row(grain)._replace(race="all", tabulation="exclusive")
            of_whole = of_denominator if measure.kind == "proportion" else None
            for records, count in ((measure.numerator, of_numerator), (measure.denominator, of_whole)):
                if records is not None and count is not None:
                    known[records, where] = float(count)
        return known

    def median_records(self) -> MedianRecords:
        """The true number of records of each median of persons, where it is known."""
        columns = set() if self.relations.reported is None else self.columns_of(self.relations.reported)
        if not {"kind", "records"} <= columns:
            return MedianRecords()
        known_records = "known_records" if "known_records" in columns else "null"
        query = (
            f"select {', '.join(GRAIN)}, records, {known_records} from {self.relations.reported} "
            f"where kind = 'median' and records is not null order by {', '.join(GRAIN)}"
        )
        counts: dict[tuple[AuditedMeasure, CellKey], float] = {}
        known: dict[tuple[str, CellKey], float] = {}
        for *grain, records, of_known_race in self.fetch(query):
            if measure := self.measures.get((grain[0], grain[1])):
                where = CellKey.of_row(grain)
                counts[measure, where] = float(records)
                if of_known_race is not None:
                    known[measure.records, where._replace(race="all", tabulation="exclusive")] = float(of_known_race)
        return MedianRecords(counts, known)

    def count_unmarked_changes(self) -> int:
        """Rows whose reported figures differ from the marts, without a pending revision."""
        if self.relations.reported is None:
            return 0
        differ = " or ".join(f"reported.{name} is distinct from marts.{name}" for name in ("numerator", "denominator", "value"))
        return self._count(
            f"{self.relations.reported} as reported left join {self.relations.marts}.fct_equity_measures as marts "
            f"using ({', '.join(GRAIN)}) where not reported.is_revision_pending and ({differ})"
        )

    def count_changed_waiting_rows(self) -> int:
        """Public rows whose correction waits, and which show another figure or day than the last release that changed them.

        Next to rows that stay, such a row would be one that counted an erased or corrected record.
        """
        reported, states = self.relations.reported, self.states
        if reported is None or states is None:
            return 0
        public, grain = f"{self.relations.published}.equity_measures", ", ".join(GRAIN)
        shown = sorted(self.columns_of(public) & self.columns_of(states) & {*FIGURES, "data_as_of"})
        differ = " or ".join(f"public.{name} <> before.{name}" for name in shown)
        return self._count(
            f"{public} as public inner join {reported} as reported using ({grain}) inner join "
            f"(from {states} qualify row_number() over (partition by {grain} order by published_at desc, release_id desc) = 1) "
            f"as before using ({grain}) where reported.is_revision_pending and ({differ})"
        )

    def fetch(self, sql: str) -> Iterator[Any]:
        """The rows of a query without parameters."""
        return catalog.fetch(self.connection, sql)

    def columns_of(self, relation: str) -> set[str]:
        """The columns of a relation; a file of an earlier version lacks newer ones."""
        return catalog.columns_of(self.connection, relation)

    def has(self, relation: str) -> bool:
        """Whether `database.schema.table` is a table."""
        return catalog.table_exists(self.connection, relation)

    def _count(self, rows: str) -> int:
        return int(next(self.fetch(f"select count(*) from {rows}"))[0])

    def rows(self, source: str, **how: Any) -> Iterator[tuple[str, Row]]:
        """The rows of confidential measures in a relation, each with its release (`catalog.read_rows`)."""
        return catalog.read_rows(self.connection, source, self.confidential, **how)

    def _rows(self, source: str) -> tuple[Row, ...]:
        return tuple(row for _, row in self.rows(source))

    def _subsets(self) -> Iterator[tuple[str, str]]:
        """Records and those that contain them; records of a later version of a measure are among those of the same version."""
        versions = sorted({version for _, version in self.measures if version > 1})
        query = (
            f"select distinct records, universe from {self.relations.reference}.publication_records "
            "where coalesce(universe, '') <> '' order by all"
        )
        for records, universe in self.fetch(query):
            yield records, universe
            yield from ((f"{records}@{version}", f"{universe}@{version}") for version in versions)

    def _stocks(self) -> frozenset[str]:
        """The records of stocks of persons: most persons of a snapshot are in the next one, too."""
        seed = f"{self.relations.reference}.publication_records"
        if "persons_stay" not in self.columns_of(seed):
            return frozenset()
        return frozenset(records for (records,) in self.fetch(f"select records from {seed} where persons_stay"))

    def _label_members(self) -> dict[str, frozenset[str]]:
        """The groups of each combined label; a label without a row may contain any."""
        seed = f"{self.relations.reference}.combined_race_codes"
        if not self.has(seed):
            return {}
        members: dict[str, set[str]] = {}
        for label, code in self.fetch(f"select race_ethnicity_code, possible_code from {seed}"):
            members.setdefault(label, set()).add(code)
        return {label: frozenset(codes) for label, codes in members.items()}

    def _indices(self) -> Iterator[Index]:
        """The disparity indices of confidential measures."""
        relation = f"{self.relations.published}.disparity_indices"
        if not self.has(relation):
            return
        rows = self.fetch(
            "select measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, "
            "race_standard, method, index_id, coalesce(value, ci_low, ci_high) is not null, groups_used, groups_left_out "
            f"from {relation} order by all"
        )
        for measure_id, version, *place, method, index_id, is_shown, used, left_out in rows:
            if measure := self.confidential.get((measure_id, version)):
                where = CellKey._make((*place, "all", "exclusive", "all", "all"))
                yield Index(measure, where, method, index_id, bool(is_shown), _codes(used), _codes(left_out))

    def _goals(self) -> Iterator[Goal]:
        """The goals of confidential measures, with the cells that their figures use."""
        relation = f"{self.relations.published}.goal_progress"
        if not self.has(relation):
            return
        known = self.columns_of(relation)
        columns = ", ".join(f"progress.{name}" for name in _GOAL_FIGURES if name in known)
        status = " or progress.status is not null" if "status" in known else ""
        query = text(
            f"select goals.*, progress.period_start as at_period, coalesce({columns}) is not null{status} as is_shown "
            f"from {relation} as progress inner join {self.relations.marts}.dim_goal as goals using (goal_id) "
            "order by goal_id, at_period"
        )
        for row in self.connection.execute(query).mappings():
            if measure := self.confidential.get((row["measure_id"], row["measure_version"])):
                groups = [group for group in (row["target_group"], row["comparison_group"]) if group]
                made_of = tuple(
                    (measure, _of_goal(row, period, group))
                    for period in dict.fromkeys((row["at_period"], row["baseline_period_start"]))
                    for group in groups
                )
                yield Goal(row["goal_id"], bool(row["is_shown"]), made_of)

    def _compared(self) -> Iterator[tuple[AuditedMeasure, CellKey]]:
        """The rows of confidential measures in the comparison with other cities."""
        relation = f"{self.relations.published}.peer_comparison"
        if not self.has(relation):
            return
        names = "measure_id, measure_version, period_type, period_start, geoid, race_ethnicity_code"
        for measure_id, version, period_type, start, geoid, race in self.fetch(f"select {names} from {relation} order by all"):
            if measure := self.confidential.get((measure_id, version)):
                yield measure, CellKey(period_type, start, "city", "current", geoid, "", race, "exclusive", "all", "all")

    def _bases(self) -> tuple[Base, ...]:
        """The schemes that serve the populations of confidential rates, by year."""
        populations = sorted({one.population or "" for one in self.confidential.values() if one.kind == "rate"} - {""})
        if not populations:
            return ()
        # the newest delivered one of those that serve if delivered serves later days, too
        until = "lead(valid_from) over (partition by population, age_universe, geography_type, race_standard order by valid_from)"
        delivered = f"population_scheme in (select population_scheme from {self.relations.marts}.fct_population)"
        wanted = f"population in ({', '.join(map(literal, populations))}) and (if_delivered is not true or {delivered})"
        query = (
            f"select population, valid_from, if(if_delivered and {until} is null, date '9999-12-31', valid_to) as valid_to, "
            "age_universe, geography_type, race_standard, population_scheme "
            f"from {self.relations.reference}.population_bases where {wanted} order by all"
        )
        return tuple(Base(*row) for row in self.fetch(query))

    def _populations(self, bases: Iterable[Base]) -> dict[tuple[str, ...], float]:
        """Residents, by scheme, ages, place, race standard and race: public, whether or not a row shows them."""
        schemes = sorted({base.scheme for base in bases})
        if not schemes:
            return {}
        rows = self.fetch(
            "select population_scheme, age_universe, geography_type, geography_vintage, geoid, race_standard, "
            f"race_ethnicity_code, population from {self.relations.marts}.fct_population "
            f"where population_scheme in ({', '.join(map(literal, schemes))})"
        )
        return {tuple(key): float(population) for *key, population in rows}


def _codes(listed: str | None) -> tuple[str, ...]:
    return tuple(listed.split(", ")) if listed else ()


def _of_goal(row: Mapping[Any, Any], period: dt.date, group: str) -> CellKey:
    return CellKey(
        row["period_type"], period, row["geography_type"], row["geography_vintage"], row["geoid"], row["race_standard"],
        group, row["tabulation"], row["stratum_type"], row["stratum_code"],
    )  # fmt: skip
