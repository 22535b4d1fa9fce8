"""Deliver, audit, promote or hold back: what one source goes through in a run.

Here: the order of those steps, the verdict and its reason. Not here: how each is done (`ingest`, `expectations`), Dagster's
words for it (`assets`).

One bad file never stops the run and never gets in: whatever is wrong with a delivery ends as the verdict `held_back`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from expectations.delivery.census_labels import moved_lines, read_concepts
from expectations.delivery.suite_from_contract import DeliveryFacts
from expectations.delivery.unmapped_labels import read_labels
from expectations.delivery.volume import Comparison, comparison
from expectations.gate import gate_delivery
from expectations.results import GateResult
from ingest.connectors import DeliveryError, Fetch, Origin, Since, delivered_files, open_folder, open_live
from ingest.contract import Contract
from ingest.contract.vocabulary import load_vocabulary
from ingest.delivery.integrity import damage, disown
from ingest.delivery.write_batch import DeliveryStore, Progress, Receipt, deliver
from ingest.landing.cursor import read_cursor
from ingest.landing.landing_journal import DeliveryLost, catch_up, write_down
from ingest.landing.promote import promote
from ingest.landing.tables import LastLoad, counts, ensure_tables, last_load, show_delivery
from orchestration.runs.context import FETCHED, RunSession, StepError, now, without_cells
from orchestration.runs.progress import watcher
from orchestration.runs.record import FRESH, HELD_BACK, LANDED_ONLY, NOT_DELIVERED, STALE, SourceStatus
from orchestration.settings import DBT_PROJECT
from warehouse.files import write_atomically
from warehouse.fingerprint import bytes_sha256

CROSSWALK = DBT_PROJECT / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"
CONCEPTS = tuple(DBT_PROJECT / "seeds" / "reference" / f"{seed}.csv" for seed in ("census_concepts", "census_languages"))
VERDICT, ACCEPTED = "verdict.json", "accepted.json"


@dataclasses.dataclass(frozen=True)
class Acceptance:
    """Somebody's word that a held-back load is a true surprise and may come in."""

    accepted_by: str
    reason: str
    at: str


def has_model(contract: Contract) -> bool:
    """Whether a staging model takes the source further than landing."""
    return any((DBT_PROJECT / "models" / "staging").glob(f"*/stg_{contract.source}.sql"))


def blank_status(contract: Contract, run_id: str) -> SourceStatus:
    """The status of a source of which nothing is known yet."""
    vocabularies = ", ".join(vocabulary.name for vocabulary in contract.race_vocabularies(load_vocabulary())) or None
    return SourceStatus(contract.source, contract.department, contract.platform, contract.cadence, vocabularies, run_id=run_id)


def take_in(
    session: RunSession, contract: Contract, progress: Progress = lambda _rows: None
) -> tuple[SourceStatus, GateResult | None]:
    """Take one source's delivery through to landing. The gate's result is None where nothing new was delivered."""
    started = time.monotonic()
    status = blank_status(contract, session.receipt.run_id)
    gate: GateResult | None = None
    store = DeliveryStore(session.settings.home.deliveries, contract.source)
    lost = _restore(session, contract, store)
    try:
        gate = _let_in_accepted(session, contract, store, status)
        with session.timed("deliver"):
            receipt = _deliver(session, contract, store, progress)
        if lost:
            _restore_the_rest(session, contract, store)
        if receipt is None:
            status.verdict, status.reason = NOT_DELIVERED, "no delivery of it"
        else:
            show_delivery(session.con, contract.source, store.batch(receipt.load_id))
            last = last_load(session.con, contract)
            if last and (last.load_id, last.sequence) == (receipt.load_id, receipt.sequence):
                status.verdict = FRESH
            else:
                gate = _judge_and_let_in(session, contract, receipt, store, status)
    except DeliveryError as error:
        status.verdict, status.reason = HELD_BACK, str(error)
        status.rows_delivered = status.rows_staged = status.rows_rejected = status.rows_blank = None
        status.rows_duplicate = status.rows_superseded = status.rows_withdrawn = None
    write_down(session.con, contract, store)
    judge(session, contract, status)
    status.seconds = round(time.monotonic() - started, 3)
    session.receipt.sources[contract.source] = status
    if gate is not None:
        session.receipt.gates.append(gate)
    session.save()
    return status, gate


def leave_alone(session: RunSession, contract: Contract) -> None:
    """The status of a source that this run was not asked to take in: what it had, judged by today's clock."""
    store = DeliveryStore(session.settings.home.deliveries, contract.source)
    if _restore(session, contract, store):
        _restore_the_rest(session, contract, store)
    # a run that broke off knows of some sources only
    status = next((run.sources[contract.source] for run in session.earlier if contract.source in run.sources), None)
    if status is None or status.verdict in (FRESH, STALE, LANDED_ONLY):
        status = blank_status(contract, session.receipt.run_id)
        status.verdict = FRESH if last_load(session.con, contract) else NOT_DELIVERED
    judge(session, contract, status)
    session.receipt.sources[contract.source] = status


def _restore(session: RunSession, contract: Contract, store: DeliveryStore) -> bool:
    """Make the source's tables, and its landing again from the kept deliveries if the working warehouse does not have it.

    True if a batch that is needed for it is damaged; a delivery of this run may be the same one, and is read anew then.
    """
    ensure_tables(session.con, contract, session.reading.city.time_zone)
    try:
        with session.timed("restore"), without_cells():
            if catch_up(session.con, contract, store, session.reading.city.time_zone):
                watcher().stage(f"{contract.source}: landing made again from the kept deliveries")
    except DeliveryLost as error:
        if store.receipt(error.load_id):
            disown(store, error.load_id)
        return True
    return False


def _restore_the_rest(session: RunSession, contract: Contract, store: DeliveryStore) -> None:
    try:
        with session.timed("restore"), without_cells():
            catch_up(session.con, contract, store, session.reading.city.time_zone)
    except DeliveryLost as error:
        raise StepError(str(error)) from None


def judge(session: RunSession, contract: Contract, status: SourceStatus) -> None:
    """Fill in what landing holds of the source, and whether that is fresh at the run's as-of time."""
    last = last_load(session.con, contract)
    if last is None:
        return
    status.data_as_of = last.data_as_of.isoformat() if last.data_as_of else None
    if status.verdict == HELD_BACK:
        return
    status.load_id = last.load_id
    found = counts(session.con, contract, last.load_id)
    status.rows_delivered, status.rows_staged, status.rows_rejected = found.delivered, found.staged, found.rejected
    status.rows_blank, status.rows_duplicate, status.rows_superseded = found.blank, found.duplicate, found.superseded
    status.rows_withdrawn = found.withdrawn
    if status.verdict == NOT_DELIVERED:
        return
    limit = stale_at(contract, last)
    if limit is not None and session.as_of > limit and contract.freshness:
        status.verdict = STALE
        status.reason = (
            f"its data end at {last.data_as_of:%Y-%m-%d %H:%M}, more than {contract.freshness.stale_after_hours:g} hours before "
            f"{session.as_of:%Y-%m-%d %H:%M}; ask {contract.steward.team} ({contract.steward.contact}) for the next delivery"
        )
    elif not has_model(contract):
        status.verdict, status.reason = LANDED_ONLY, "no staging model takes it further; see docs/add-a-source.md"


def stale_at(contract: Contract, last: LastLoad) -> dt.datetime | None:
    """When the source goes stale, on the city's clock; None if never."""
    if contract.freshness is None or last.data_as_of is None:
        return None
    return last.data_as_of + dt.timedelta(hours=contract.freshness.stale_after_hours)


def acceptance(store: DeliveryStore, load_id: str) -> Acceptance | None:
    """The acceptance of a load, if somebody gave one."""
    path = store.folder / load_id / ACCEPTED
    return Acceptance(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def accept(store: DeliveryStore, load_id: str, given: Acceptance) -> None:
    """Let a delivered load in at the next run."""
    write_atomically(store.folder / load_id / ACCEPTED, json.dumps(given.__dict__, indent=1))


def _deliver(session: RunSession, contract: Contract, store: DeliveryStore, progress: Progress) -> Receipt | None:
    """This run's delivery on disk; None where there is none."""
    live = session.reading.folder is None
    since = _since(session, contract) if live else None
    known = {receipt.load_id for receipt in store.receipts()}
    with _origin(session, contract, store, since) as origin:
        if origin is None:
            return None

        def delivered() -> Receipt:
            fetched_on = session.as_of.date() if live else None
            return deliver(
                contract, origin, store, session.settings.hash_key, now(), progress, live=live, since=since, fetched_on=fetched_on
            )

        receipt = delivered()
        last = last_load(session.con, contract)
        is_in = last is not None and (last.load_id, last.sequence) == (receipt.load_id, receipt.sequence)
        if receipt.load_id in known and not is_in and damage(store, receipt):
            # kept from an earlier run, and about to be taken in
            disown(store, receipt.load_id)
            receipt = delivered()
        return receipt


def _since(session: RunSession, contract: Contract) -> Since | None:
    """From where on a live source is asked; `--full-refresh` asks for everything, so that what was deleted there goes here."""
    if session.options.full_refresh:
        return None
    city = session.reading.city
    return read_cursor(session.con, contract, city.time_zone, city.local_now())


@contextmanager
def _origin(session: RunSession, contract: Contract, store: DeliveryStore, since: Since | None) -> Iterator[Origin | None]:
    folder = session.reading.folder
    if folder is None:
        # downloads are private data as sent: they go when they have been read
        with tempfile.TemporaryDirectory(prefix=FETCHED, dir=session.settings.home.temporary) as fetched:
            settings = session.settings
            yield open_live(
                contract,
                Fetch(os.environ, Path(fetched), since, store.known_files(contract, session.as_of.date()), settings.hosts),
            )
        return
    here = folder / contract.source
    files = delivered_files(here) if here.is_dir() else ()
    yield open_folder(contract, files, here) if files else None


def _let_in_accepted(session: RunSession, contract: Contract, store: DeliveryStore, status: SourceStatus) -> GateResult | None:
    """Let in the newest load of a live source if it was held back and accepted since: a live system does not send it again."""
    receipts = store.receipts()
    last = last_load(session.con, contract)
    if session.reading.folder is not None or not receipts or (last and last.sequence >= receipts[-1].sequence):
        return None
    if acceptance(store, receipts[-1].load_id) is None:
        return None
    show_delivery(session.con, contract.source, store.batch(receipts[-1].load_id))
    return _judge_and_let_in(session, contract, receipts[-1], store, status)


def _judge_and_let_in(
    session: RunSession, contract: Contract, receipt: Receipt, store: DeliveryStore, status: SourceStatus
) -> GateResult:
    with session.timed("audit deliveries"):
        with without_cells():
            compared = comparison(session.con, contract, receipt, store, session.reading.city.time_zone)
        gate = _audit(session, contract, receipt, store, compared)
    accepted = acceptance(store, receipt.load_id)
    if gate.passed or accepted:
        with session.timed("promote"), without_cells():
            promotion = promote(
                session.con,
                contract,
                receipt,
                store.batch(receipt.load_id),
                run_id=session.receipt.run_id,
                city_zone=session.reading.city.time_zone,
                now=now(),
                adds=compared.adds,
            )
        status.verdict = FRESH
        if contract.load.mode == "replace_partition" and promotion.rows_withdrawn:
            status.reason = f"the release withdrew {promotion.rows_withdrawn:,} rows"
        if accepted and not gate.passed:
            status.reason = f"let in by {accepted.accepted_by}: {accepted.reason}"
        return gate
    status.verdict, status.load_id = HELD_BACK, receipt.load_id
    status.reason = gate.reason
    status.rows_delivered = receipt.rows
    status.rows_staged = status.rows_rejected = status.rows_blank = status.rows_duplicate = status.rows_superseded = None
    status.rows_withdrawn = None
    return gate


def _audit(session: RunSession, contract: Contract, receipt: Receipt, store: DeliveryStore, compared: Comparison) -> GateResult:
    """The gate's result; one that was reached on the same load, contract, seeds and history is not sought again."""
    said = [contract.model_dump_json(by_alias=True), dataclasses.asdict(compared), session.as_of.date().isoformat()]
    terms = (
        json.dumps(said, default=str).encode()
        + CROSSWALK.read_bytes()
        + (b"".join(seed.read_bytes() for seed in CONCEPTS) if contract.concepts else b"")
    )
    basis = bytes_sha256(terms)
    path = store.folder / receipt.load_id / VERDICT
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["basis"] == basis:
            return GateResult.from_dict(kept["gate"])
    gate = audit(contract, receipt, session.settings.home.warehouse, session.reading.city.time_zone, compared, session.as_of)
    write_atomically(path, json.dumps({"basis": basis, "gate": gate.to_dict()}, indent=1))
    return gate


def audit(
    contract: Contract, receipt: Receipt, database: Path, city_zone: str, compared: Comparison, as_of: dt.datetime
) -> GateResult:
    """Judge the batch that `delivery.<source>` of the DuckDB file `database` shows; this process may have it open."""
    by_cursor = contract.load.mode == "merge" and getattr(contract.connector, "cursor", None) is not None and not receipt.whole
    facts = DeliveryFacts(
        as_of=as_of,
        columns_missing=receipt.columns_missing,
        columns_unknown=receipt.columns_unknown,
        columns_repeated=receipt.columns_repeated,
        earlier_rows=compared.earlier,
        files=tuple(file.name for file in receipt.files),
        city_zone=city_zone,
        moved_lines=moved_lines(contract, receipt.files, read_concepts(*CONCEPTS)),
        adds_only=by_cursor or compared.adds,
        replaced=compared.replaced,
        partitions=compared.partitions,
        rival_files=compared.rivals,
        snapshots=tuple(dt.date.fromisoformat(file.snapshot_on) for file in receipt.files if file.snapshot_on),
    )
    return gate_delivery(database, contract, facts, read_labels(CROSSWALK))
