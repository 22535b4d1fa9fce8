"""Audit one delivery against its contract: collect what the gate needs, and run it.

A run caches the result next to the load (`verdict.json`); `sources check` audits without a cache. See `expectations.delivery`
for the expectations.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from expectations.delivery.concepts import concept_column_checks, concept_line_checks, read_concept_columns, read_concepts
from expectations.delivery.delivery_facts import DeliveryFacts, VolumeBaseline
from expectations.delivery.delivery_gate import gate_delivery
from expectations.delivery.reference_checks import read_population_terms
from expectations.engine.checks import Check
from expectations.results import GateResult
from ingest.city import City
from ingest.contract import NATIONAL, Contract
from ingest.contract.vocabularies import FLAG_VALUES, read_labels
from ingest.delivery import DeliveryRecord, DeliveryStore
from ingest.layers import bytes_of, layered_seed, seed_rows
from orchestration.settings import SHARED_SEEDS
from warehouse.files import write_atomically
from warehouse.fingerprint import bytes_sha256

CROSSWALK = "race_ethnicity_crosswalk"
CONCEPTS = ("census_concepts", "census_languages")
CONCEPT_COLUMNS = "published_concepts"
PEOPLE = ("population_schemes", "census_concepts", "measure_rules")
LIMITS, MAPS = "hidden_cell_limits", "geography_vintages"
RESULT_FILE = "verdict.json"


def audit_delivery(
    contract: Contract, delivery: DeliveryRecord, database: Path, city: City, baseline: VolumeBaseline, as_of: dt.datetime
) -> GateResult:
    """Run the gate on the batch that `delivery.<source>` of the DuckDB file `database` shows; this process may have it open."""
    by_cursor = contract.load.mode == "merge" and getattr(contract.connector, "cursor", None) is not None and not delivery.whole
    facts = DeliveryFacts(
        **vars(baseline) | {"adds_only": by_cursor or baseline.adds_only},
        as_of=as_of,
        columns_missing=delivery.columns_missing,
        columns_unknown=delivery.columns_unknown,
        columns_repeated=delivery.columns_repeated,
        files=tuple(file.name for file in delivery.files),
        headers={file.name: file.header for file in delivery.files if contract.format.of_file(file.name).header.count},
        city_zone=city.time_zone,
        concepts=tuple(_concept_checks(contract, delivery, city)),
        map_vintage=_map_vintage(contract, city),
        hidden_limit=_hidden_limit(contract, city),
        people=read_population_terms(contract, *(seed_rows(name, SHARED_SEEDS, city.layers) for name in PEOPLE)),
        snapshots=tuple(file.snapshot_on for file in delivery.files if file.snapshot_on),
    )
    return gate_delivery(database, contract, facts, read_labels(layered_seed(CROSSWALK, SHARED_SEEDS, city.layers)))


def _hidden_limit(contract: Contract, city: City) -> int | None:
    rows = seed_rows(LIMITS, SHARED_SEEDS, city.layers)
    return max((int(row["students_at_most"]) for row in rows if row["source"] == contract.source), default=None)


def _map_vintage(contract: Contract, city: City) -> str:
    maps = (row for row in seed_rows(MAPS, SHARED_SEEDS, city.layers) if row["boundary_source"] == contract.source)
    return next((f"{row['geography_type']} {row['geography_vintage']}" for row in maps), "")


def _concept_checks(contract: Contract, delivery: DeliveryRecord, city: City) -> Iterator[Check]:
    seeds = [layered_seed(name, SHARED_SEEDS, city.layers) for name in CONCEPTS]
    yield from concept_line_checks(contract, delivery.files, read_concepts(*seeds))
    if contract.format.unpivot is not None:
        known = read_concept_columns(layered_seed(CONCEPT_COLUMNS, SHARED_SEEDS, city.layers))
        yield from concept_column_checks(contract, delivery.files, known)


def audit_once(
    contract: Contract,
    delivery: DeliveryRecord,
    store: DeliveryStore,
    database: Path,
    city: City,
    baseline: VolumeBaseline,
    as_of: dt.datetime,
) -> GateResult:
    """The gate's result on a load; the cached one if load, contract, seeds, history and day are the same."""
    basis = _basis(contract, city, baseline, as_of)
    path = store.folder / delivery.load_id / RESULT_FILE
    with suppress(OSError, ValueError, TypeError, KeyError):  # missing, or damaged: the gate runs again
        cached = json.loads(path.read_bytes())
        if cached["basis"] == basis:
            return GateResult.from_dict(cached["gate"])
    gate = audit_delivery(contract, delivery, database, city, baseline, as_of)
    write_atomically(path, json.dumps({"basis": basis, "gate": gate.to_dict()}, indent=1))
    return gate


def _basis(contract: Contract, city: City, baseline: VolumeBaseline, as_of: dt.datetime) -> str:
    """A hash of everything but the batch that decides the gate's result."""
    # homes of several cities share the result of a national delivery
    terms_of = contract.model_dump_json(by_alias=True, exclude={"jurisdiction"} if contract.coverage == NATIONAL else None)
    zone = [city.time_zone] if any(column.type == "timestamp" for column in contract.columns) else []
    inputs = [terms_of, *zone, dataclasses.asdict(baseline), as_of.date().isoformat()]
    seeds = [CROSSWALK, *((*CONCEPTS, CONCEPT_COLUMNS, *PEOPLE) if contract.concepts else ())]
    seeds += [LIMITS] if baseline.hidden else []
    seeds += [MAPS] if baseline.moved_places else []
    seeds += [FLAG_VALUES.stem] if any(column.label for column in contract.columns) else []
    terms = [bytes_of(layered_seed(name, SHARED_SEEDS, city.layers)) for name in seeds]
    return bytes_sha256(b"".join([json.dumps(inputs, default=str).encode(), *terms]))
