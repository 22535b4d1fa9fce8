"""Read the published, earlier and true figures of persons for the audit.

See `audit_inputs` for the records, and `read_derived` for indices, goals and reference data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, text

from expectations.disclosure.inputs.audit_inputs import (
    COUNTS,
    FIGURES,
    GRAIN,
    PERSONS,
    AuditedMeasure,
    CellKey,
    MedianRecords,
    Published,
    Relations,
    Row,
)
from expectations.disclosure.inputs.catalog import columns_of, fetch, read_rows, read_states
from expectations.disclosure.inputs.read_derived import (
    read_bases,
    read_compared,
    read_goals,
    read_indices,
    read_label_members,
    read_populations,
    read_stocks,
)
from warehouse.sql import literal


def read_measures(connection: Connection, relations: Relations) -> dict[tuple[str, int], AuditedMeasure]:
    """Every measure by id and version; those that are not confidential have a threshold of 0.

    A measure is confidential if it counts persons or households, if its source is confidential, or if it counts the aggregates of
    an agreement that protects them always.
    """
    seed = f"select measure_id, part, records from {relations.reference}.publication_records"
    names = {(measure, part): records for measure, part, records in fetch(connection, seed)}
    persons, counts = (", ".join(map(literal, words)) for words in (PERSONS, COUNTS))
    rows = fetch(
        connection,
        (
            "select measures.measure_id, measures.measure_version, measures.kind, measures.unit, "
            "coalesce(measures.minimum_n, 0) as minimum_n, "
            f"measures.statistical_unit in ({persons}) or coalesce(sources.statistical_unit in ({persons}), false) "
            "or coalesce(sources.classification = 'confidential', false) "
            "or coalesce(sources.statistical_unit = 'aggregate' and sources.protect = 'always' "
            f"and measures.kind in ({counts}), false) as is_confidential, "
            "measures.source, sources.suppress_below, "
            "coalesce(sources.zeros = 'hide', false) as hides_zeros, measures.population, measures.age_universe "
            f"from {relations.marts}.dim_measure as measures "
            f"left join {relations.marts}.dim_source as sources on measures.source = sources.source order by all"
        ),
    )
    listed = list(rows)
    first = {measure_id: min(row[1] for row in listed if row[0] == measure_id) for measure_id in {row[0] for row in listed}}
    measures = {}
    threshold_of = read_thresholds(connection, relations)
    for measure_id, version, kind, unit, minimum_n, is_confidential, source, agreed, hides_zeros, population, ages in listed:
        threshold = threshold_of(source, agreed)
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


def read_thresholds(connection: Connection, relations: Relations) -> Callable[[str | None, int | None], int]:
    """The smallest count that may be shown, by source and `suppress_below` of its agreement.

    An agreement may ask for more than the seed publication_rules, which has the threshold of the city and lower ones by ADR.
    """
    seed = (
        f"select source, value from {relations.reference}.publication_rules where rule = 'suppress_below' "
        f"and coalesce(valid_from::date <= date '{relations.as_of}', true) "
        f"and coalesce(valid_to::date >= date '{relations.as_of}', true) "
        "order by valid_from nulls first"
    )
    rules: dict[str | None, int] = {source: int(value) for source, value in fetch(connection, seed)}
    if None not in rules:
        raise ValueError("the seed publication_rules has no suppress_below of the whole city; restore it")
    return lambda source, agreed: max(agreed or 0, rules.get(source, rules[None]))


def read_published(
    connection: Connection, relations: Relations, ledger: Path | None, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> Published:
    """What a reader has. `ledger` is None, or a missing file, before the first release."""
    confidential = {key: measure for key, measure in measures.items() if measure.threshold}
    listed = sorted(confidential.values(), key=lambda measure: -measure.measure_version)
    oldest = {measure.measure_id: measure for measure in listed}
    earlier = list(read_states(connection, ledger, confidential, oldest))
    bases = read_bases(connection, relations, confidential.values())
    kinds = dict(fetch(connection, f"select race_ethnicity_code, kind from {relations.marts}.dim_race_ethnicity"))
    return Published(
        tuple(confidential.values()),
        _rows(connection, f"{relations.published}.equity_measures", confidential),
        tuple(row for _, row in earlier),
        kinds,
        tuple(_subsets(connection, relations, {version for _, version in measures})),
        read_indices(connection, relations, confidential),
        read_goals(connection, relations, confidential),
        read_populations(connection, relations, bases),
        read_stocks(connection, relations),
        read_label_members(connection, relations),
        tuple(release for release, _ in earlier),
        compared=read_compared(connection, relations, confidential),
        bases=bases,
    )


def _subsets(connection: Connection, relations: Relations, versions: Iterable[int]) -> Iterator[tuple[str, str]]:
    """Records and those that contain them; the records of a later version of a measure are among those of the same version."""
    query = (
        f"select distinct records, universe from {relations.reference}.publication_records "
        "where coalesce(universe, '') <> '' order by all"
    )
    for records, universe in fetch(connection, query):
        yield records, universe
        yield from ((f"{records}@{version}", f"{universe}@{version}") for version in sorted(versions) if version > 1)


def read_figures(
    connection: Connection, relations: Relations, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> tuple[Row, ...]:
    """The true figures of confidential measures: as reported where they are frozen, else those of the marts.

    Reported ones come last. Two measures may count the same records, one of them unpublished and therefore never frozen; readers
    have the reported count, and the later row decides (see `attacker_model`).
    """
    confidential = {key: measure for key, measure in measures.items() if measure.threshold}
    marts = f"{relations.marts}.fct_equity_measures"
    if relations.reported is None:
        return _rows(connection, marts, confidential)
    unreported = f"(from {marts} anti join {relations.reported} as reported using ({', '.join(GRAIN)}))"
    return (
        *_rows(connection, unreported, confidential),
        *_rows(connection, relations.reported, confidential),
    )


def read_known_race_counts(
    connection: Connection, relations: Relations, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> dict[tuple[str, CellKey], float]:
    """The number of known race in reported figures that were corrected since, by records and place of all races.

    An unpublished race has no reported row, and its figure of today differs from the earlier one.
    """
    if relations.reported is None:
        return {}
    whole = ("measure_id", "measure_version", "period_type", "period_start", "geography_type", "stratum_type")
    query = (
        f"select {', '.join(GRAIN)}, known_numerator, known_denominator from {relations.reported} "
        f"where method <> 'place_weighted' and ({', '.join(whole)}) in "
        f"(select ({', '.join(whole)}) from {relations.reported} where is_revision_pending) order by {', '.join(GRAIN)}"
    )
    known: dict[tuple[str, CellKey], float] = {}
    for *grain, of_numerator, of_denominator in fetch(connection, query):
        measure = measures.get((grain[0], grain[1]))
        if measure is None or not measure.threshold or measure.kind == "median":
            continue
        where = CellKey.of_row(grain)._replace(race="all", tabulation="exclusive")
        of_whole = of_denominator if measure.kind == "proportion" else None
        for records, count in ((measure.numerator, of_numerator), (measure.denominator, of_whole)):
            if records is not None and count is not None:
                known[records, where] = float(count)
    return known


def read_median_records(
    connection: Connection, relations: Relations, measures: Mapping[tuple[str, int], AuditedMeasure]
) -> MedianRecords:
    """The true number of records of each median of persons, where it is known."""
    columns = set() if relations.reported is None else columns_of(connection, relations.reported)
    if not {"kind", "records"} <= columns:
        return MedianRecords()
    known_records = "known_records" if "known_records" in columns else "null"
    query = (
        f"select {', '.join(GRAIN)}, records, {known_records} from {relations.reported} "
        f"where kind = 'median' and records is not null order by {', '.join(GRAIN)}"
    )
    counts: dict[tuple[AuditedMeasure, CellKey], float] = {}
    known: dict[tuple[str, CellKey], float] = {}
    for *grain, records, of_known_race in fetch(connection, query):
        if measure := measures.get((grain[0], grain[1])):
            where = CellKey.of_row(grain)
            counts[measure, where] = float(records)
            if of_known_race is not None:
                known[measure.records, where._replace(race="all", tabulation="exclusive")] = float(of_known_race)
    return MedianRecords(counts, known)


def count_unmarked_changes(connection: Connection, relations: Relations) -> int:
    """Rows whose reported figures differ from the marts, without a pending revision."""
    if relations.reported is None:
        return 0
    differ = " or ".join(f"reported.{name} is distinct from marts.{name}" for name in ("numerator", "denominator", "value"))
    query = (
        f"select count(*) from {relations.reported} as reported left join {relations.marts}.fct_equity_measures as marts "
        f"using ({', '.join(GRAIN)}) where not reported.is_revision_pending and ({differ})"
    )
    return int(connection.execute(text(query)).scalar_one())


def count_changed_waiting_rows(connection: Connection, relations: Relations, ledger: Path | None) -> int:
    """Public rows whose correction waits, and which show another figure or day than the last release that changed them.

    Next to rows that stay, such a row would be one that counted an erased or corrected record.
    """
    if relations.reported is None or ledger is None or not ledger.is_file():
        return 0
    public, states, grain = f"{relations.published}.equity_measures", f"read_parquet({literal(str(ledger))})", ", ".join(GRAIN)
    shown = sorted(columns_of(connection, public) & columns_of(connection, states) & {*FIGURES, "data_as_of"})
    differ = " or ".join(f"public.{name} <> before.{name}" for name in shown)
    query = (
        f"select count(*) from {public} as public inner join {relations.reported} as reported using ({grain}) inner join "
        f"(from {states} qualify row_number() over (partition by {grain} order by published_at desc, release_id desc) = 1) "
        f"as before using ({grain}) where reported.is_revision_pending and ({differ})"
    )
    return int(connection.execute(text(query)).scalar_one())


def _rows(connection: Connection, source: str, measures: Mapping[tuple[str, int], AuditedMeasure]) -> tuple[Row, ...]:
    return tuple(row for _, row in read_rows(connection, source, measures))
