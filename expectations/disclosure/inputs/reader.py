"""Read what the audit knows of a candidate: its public file, earlier states of it, public knowledge, and the true figures.

See `audit_inputs` for the records, `history_attack` and `read_responses` for two tables of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from expectations.disclosure.inputs.audit_inputs import (
    FIGURES,
    GRAIN,
    WORDS,
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
from warehouse.sql import literal, queries, tables_of


def of_file(file: Path) -> str:
    """The relation of a Parquet file."""
    return f"read_parquet({literal(str(file))})"


@dataclass(frozen=True)
class AuditReader:
    """The inputs of the audit in a connection. `ledger`: every state ever published; no file before the first release."""

    con: DuckDBPyConnection
    relations: Relations = field(default_factory=Relations)
    ledger: Path | None = None

    @cached_property
    def states(self) -> str | None:
        """The relation of every state ever published."""
        return None if self.ledger is None or not self.ledger.is_file() else of_file(self.ledger)

    @cached_property
    def sql(self) -> Any:
        """The queries of `reader.sql.jinja`."""
        names = {name: getattr(self.relations, name) for name in ("published", "marts", "reference", "reported", "as_of")}
        return queries(Path(__file__).with_suffix(".sql.jinja"), keys=GRAIN, states=self.states, **names)

    @cached_property
    def threshold_of(self) -> Callable[[str | None, int | None], int]:
        """The smallest count that may be shown, by source and `suppress_below` of its agreement.

        An agreement may ask for more than the seed publication_rules, which has the threshold of the city and lower ones by ADR.
        """
        rules: dict[str | None, int] = {source: int(value) for source, value in self.fetch(self.sql.rules())}
        if None not in rules:
            raise ValueError("the seed publication_rules has no suppress_below of the whole city; restore it")
        return lambda source, agreed: max(agreed or 0, rules.get(source, rules[None]))

    @cached_property
    def measures(self) -> dict[tuple[str, int], AuditedMeasure]:
        """Every measure by id and version; those that are not confidential have a threshold of 0.

        A measure is confidential if it counts persons or households, if its source is confidential, or if it counts the
        aggregates of an agreement that protects them always.
        """
        measures = {}
        for is_confidential, source, agreed, *row in self.fetch(self.sql.measures()):
            threshold = self.threshold_of(source, agreed)
            hidden_below = threshold if is_confidential and (threshold > 1 or row[5]) else 0
            properties: list[Any] = [*row[:5], hidden_below, *row[5:]]
            measures[row[0], row[1]] = AuditedMeasure(*properties)
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
        earlier = () if self.states is None else tuple(self.rows(self.states, order=in_order, replaced_by=oldest))
        bases = self._bases()
        stocks = self.fetch(f"select records from {self.relations.reference}.publication_records where persons_stay")
        return Published(
            tuple(self.confidential.values()),
            tuple(self.rows(f"{self.relations.published}.equity_measures")),
            earlier,
            dict(self.fetch(f"select race_ethnicity_code, kind from {self.relations.marts}.dim_race_ethnicity")),
            tuple(self._subsets()),
            tuple(Index(*row) for row in self._about("disparity_indices", self.sql.indices)),
            tuple(Goal(*row) for row in self._about("goal_progress", self.sql.goals)),
            self._populations(bases),
            frozenset(records for (records,) in stocks),
            self._label_members(),
            compared=tuple((measure, where) for measure, where in self._about("peer_comparison", self.sql.compared)),
            bases=bases,
        )

    def figures(self) -> tuple[Row, ...]:
        """The true figures of confidential measures: as reported where they are frozen, else those of the marts.

        Reported ones come last. Two measures may count the same records, one of them unpublished and therefore never frozen;
        readers have the reported count, and the later row decides (see `attacker_model`).
        """
        marts, reported = f"{self.relations.marts}.fct_equity_measures", self.relations.reported
        unreported = f"(from {marts} anti join {reported} as reported using ({', '.join(GRAIN)}))"
        return (*self.rows(unreported), *self.rows(reported))

    def known_race_counts(self) -> dict[tuple[str, CellKey], float]:
        """The number of known race in reported figures that were corrected since, by records and place of all races.

        An unpublished race has no reported row, and its figure of today differs from the earlier one.
        """
        known: dict[tuple[str, CellKey], float] = {}
        for *grain, of_numerator, of_denominator in self.fetch(self.sql.known_race()):
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
        columns = self.columns_of(self.relations.reported)
        if not {"kind", "records"} <= columns:
            return MedianRecords()
        counts: dict[tuple[AuditedMeasure, CellKey], float] = {}
        known: dict[tuple[str, CellKey], float] = {}
        for *grain, records, of_known_race in self.fetch(self.sql.medians("known_records" in columns)):
            if measure := self.measures.get((grain[0], grain[1])):
                where = CellKey.of_row(grain)
                counts[measure, where] = float(records)
                if of_known_race is not None:
                    known[measure.records, where._replace(race="all", tabulation="exclusive")] = float(of_known_race)
        return MedianRecords(counts, known)

    def count_unmarked_changes(self) -> int:
        """Rows whose reported figures differ from the marts, without a pending revision."""
        return self._count(self.sql.unmarked_changes())

    def count_changed_waiting_rows(self) -> int:
        """Public rows whose correction waits, and which show another figure or day than the last release that changed them.

        Next to rows that stay, such a row would be one that counted an erased or corrected record.
        """
        if self.states is None:
            return 0
        both = self.columns_of(f"{self.relations.published}.equity_measures") & self.columns_of(self.states)
        return self._count(self.sql.changed_waiting_rows(sorted(both & {*FIGURES, "data_as_of"})))

    def fetch(self, sql: str) -> Iterator[Any]:
        """The rows of a query without parameters."""
        return iter(self.con.execute(sql).fetchall())

    def columns_of(self, relation: str) -> set[str]:
        """The columns of a relation; a file of an earlier version lacks newer ones."""
        return {name for (name,) in self.fetch(f"select column_name from (describe select * from {relation})")}

    def has(self, relation: str) -> bool:
        """Whether `database.schema.table` is a table."""
        database, *name = relation.split(".")
        return tuple(name) in tables_of(self.con, database)

    def _count(self, query: str) -> int:
        return int(next(self.fetch(query))[0])

    def rows(
        self,
        source: str,
        measures: Mapping[tuple[str, int], AuditedMeasure] | None = None,
        *,
        order: str = "",
        words: Sequence[str] = WORDS,
        replaced_by: Mapping[str, AuditedMeasure] | None = None,
    ) -> Iterator[Row]:
        """The rows of measures, else of the confidential ones, in a relation.

        `replaced_by`: for rows of a version that is no longer listed, the measure that counts the same.
        """
        measures, first = self.confidential if measures is None else measures, len(GRAIN)
        names = (*GRAIN, *FIGURES, *words, "jurisdiction", "publication_status", "release_id")
        ids = sorted({measure_id for measure_id, _ in measures})
        for *values, jurisdiction, status, release in self.fetch(
            self.sql.rows(source, ids, names, self.columns_of(source), order)
        ):
            measure = measures.get((values[0], values[1])) or (replaced_by or {}).get(values[0])
            if measure is None:
                continue
            figures = {n: float(v) for n, v in zip(FIGURES, values[first:], strict=False) if v is not None}
            said = {n: str(v) for n, v in zip(words, values[first + len(FIGURES) :], strict=True) if v is not None}
            where = CellKey.of_row(values)
            yield Row(measure, where, values[10], jurisdiction or "", status, figures, said, release or "")

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

    def _label_members(self) -> dict[str, frozenset[str]]:
        """The groups of each combined label; a label without a row may contain any."""
        seed = f"{self.relations.reference}.combined_race_codes"
        if not self.has(seed):
            return {}
        members = self.fetch(f"select race_ethnicity_code, list(possible_code) from {seed} group by all order by all")
        return {label: frozenset(codes) for label, codes in members}

    def _about(self, table: str, query: Callable[[set[str]], str]) -> Iterator[tuple[Any, ...]]:
        """Of the rows about confidential measures in a public table, if any: measure, persons, and what is after the grain."""
        relation = f"{self.relations.published}.{table}"
        for row in self.fetch(query(self.columns_of(relation))) if self.has(relation) else ():
            if measure := self.confidential.get((row[0], row[1])):
                yield measure, CellKey.of_row(row), *row[len(GRAIN) :]

    def _bases(self) -> tuple[Base, ...]:
        """The schemes that serve the populations of confidential rates, by year."""
        populations = sorted({one.population or "" for one in self.confidential.values() if one.kind == "rate"} - {""})
        return tuple(Base(*row) for row in self.fetch(self.sql.bases(populations))) if populations else ()

    def _populations(self, bases: Iterable[Base]) -> dict[tuple[str, ...], float]:
        """Residents, by scheme, ages, place, race standard and race: public, whether or not a row shows them."""
        schemes = sorted({base.scheme for base in bases})
        rows = self.fetch(self.sql.populations(schemes)) if schemes else ()
        return {tuple(key): float(population) for *key, population in rows}
