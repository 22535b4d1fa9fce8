"""Audit one delivery against its contract: collect what the gate needs, and run it.

A run caches the result next to the load (`verdict.json`); `sources check` audits without a cache. See `expectations.delivery`
for the expectations.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from contextlib import suppress
from pathlib import Path

from expectations.delivery.census_labels import moved_lines, read_concepts
from expectations.delivery.concept_columns import ConceptDifference, concept_differences, read_concept_columns
from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.gate import gate_delivery
from expectations.delivery.unmapped_labels import read_labels
from expectations.delivery.volume import VolumeBaseline
from expectations.results import GateResult
from ingest.contract import Contract
from ingest.contract.crosswalk import FLAG_VALUES
from ingest.delivery import DeliveryRecord, DeliveryStore
from orchestration.settings import DBT_PROJECT
from warehouse.files import write_atomically
from warehouse.fingerprint import bytes_sha256

CROSSWALK = DBT_PROJECT / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"
CONCEPTS = tuple(DBT_PROJECT / "seeds" / "reference" / f"{seed}.csv" for seed in ("census_concepts", "census_languages"))
CONCEPT_COLUMNS = DBT_PROJECT / "seeds" / "reference" / "published_concepts.csv"
RESULT_FILE = "verdict.json"


def audit_delivery(
    contract: Contract, delivery: DeliveryRecord, database: Path, city_zone: str, baseline: VolumeBaseline, as_of: dt.datetime
) -> GateResult:
    """Run the gate on the batch that `delivery.<source>` of the DuckDB file `database` shows; this process may have it open."""
    by_cursor = contract.load.mode == "merge" and getattr(contract.connector, "cursor", None) is not None and not delivery.whole
    facts = DeliveryFacts(
        as_of=as_of,
        columns_missing=delivery.columns_missing,
        columns_unknown=delivery.columns_unknown,
        columns_repeated=delivery.columns_repeated,
        earlier_rows=baseline.earlier,
        files=tuple(file.name for file in delivery.files),
        city_zone=city_zone,
        moved_lines=moved_lines(contract, delivery.files, read_concepts(*CONCEPTS)),
        concept_differences=_concept_differences(contract, delivery),
        adds_only=by_cursor or baseline.adds,
        replaced=baseline.replaced,
        partitions=baseline.partitions,
        rival_files=baseline.rivals,
        snapshots=tuple(file.snapshot_on for file in delivery.files if file.snapshot_on),
    )
    return gate_delivery(database, contract, facts, read_labels(CROSSWALK))


def _concept_differences(contract: Contract, delivery: DeliveryRecord) -> tuple[ConceptDifference, ...]:
    if contract.format.unpivot is None:
        return ()
    return concept_differences(contract, delivery.files, read_concept_columns(CONCEPT_COLUMNS))


def audit_once(
    contract: Contract,
    delivery: DeliveryRecord,
    store: DeliveryStore,
    database: Path,
    city_zone: str,
    baseline: VolumeBaseline,
    as_of: dt.datetime,
) -> GateResult:
    """The gate's result on a load; the cached one if load, contract, seeds, history and day are the same."""
    basis = _basis(contract, baseline, as_of)
    path = store.folder / delivery.load_id / RESULT_FILE
    with suppress(OSError, ValueError, TypeError, KeyError):  # missing, or damaged: the gate runs again
        cached = json.loads(path.read_bytes())
        if cached["basis"] == basis:
            return GateResult.from_dict(cached["gate"])
    gate = audit_delivery(contract, delivery, database, city_zone, baseline, as_of)
    write_atomically(path, json.dumps({"basis": basis, "gate": gate.to_dict()}, indent=1))
    return gate


def _basis(contract: Contract, baseline: VolumeBaseline, as_of: dt.datetime) -> str:
    """A hash of everything but the batch that decides the gate's result."""
    inputs = [contract.model_dump_json(by_alias=True), dataclasses.asdict(baseline), as_of.date().isoformat()]
    terms = (
        json.dumps(inputs, default=str).encode()
        + CROSSWALK.read_bytes()
        + (FLAG_VALUES.read_bytes() if any(column.label for column in contract.columns) else b"")
        + (b"".join(seed.read_bytes() for seed in (*CONCEPTS, CONCEPT_COLUMNS)) if contract.concepts else b"")
    )
    return bytes_sha256(terms)
