"""Audit a delivery without loading it: for stewards before they send it, and for analysts who ask why one was held back.

It uses the same connector, batch, gate and history of deliveries as a run, on a temporary database. Its report for a steward is
one HTML file without scripts, links or private values; see `expectations.delivery.column_differences` for what may be shown.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from duckdb import DuckDBPyConnection
from jinja2 import Environment, StrictUndefined

from expectations.delivery.column_differences import ColumnDifference, column_differences, differing, first_rows
from expectations.delivery.delivery_facts import VolumeBaseline, volume_baseline
from expectations.delivery.steward_words import delivered_name, steward_findings
from expectations.delivery.unmapped_counts import UnmappedLabel, count_unmapped_labels, known_race_lost, without_known_race
from expectations.delivery.volume_checks import usual_rows
from expectations.results import ExpectationResult, GateResult
from ingest.city import City
from ingest.connectors import FetchRequest, Origin, open_folder, open_live
from ingest.contract import AGGREGATE, Contract
from ingest.contract.words import NUMERIC
from ingest.contract_terms import agreement_terms
from ingest.delivery import AcceptedLoad, DeliveryRecord, DeliveryStore, as_next_load
from ingest.delivery.removals import read_removals
from ingest.errors import DeliveryError
from ingest.landing import AcceptedLoadsDamaged, Batch, DeliveryLost, LandingTable, ensure_tables, insert_load
from ingest.layers import layered_seed
from ingest.readers import delivered_files
from ingest.typing import hides_small_numbers, typed_expression
from orchestration.runs.clock import as_of_time
from orchestration.runs.decisions import Acceptance, read_acceptance
from orchestration.runs.delivery_location import DeliveryLocation, read_delivery_location
from orchestration.settings import SHARED_SEEDS, ConfigurationError, Settings
from orchestration.stewardship.audit_delivery import CROSSWALK, audit_delivery
from orchestration.stewardship.labels_in_use import answers_now
from orchestration.stewardship.split_delivery import REPLACING, DeliverySplitter, SplitDelivery, show_batch
from warehouse.connection import database_path, scratch
from warehouse.files import write_atomically
from warehouse.metadata import migrate
from warehouse.printable import first_names
from warehouse.sql import identifier
from warehouse.temporary import scratch_folder


def restored_baseline(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, kept: DeliveryStore, city: City
) -> VolumeBaseline:
    """What a run compares the number of rows of `batch` with; `kept` has the deliveries of the home.

    `ConfigurationError` if the list of its accepted loads is damaged: its earlier deliveries are then unknown.
    """
    accepted = kept.accepted()
    if accepted is None:
        raise ConfigurationError(f"{kept.accepted_file} cannot be read; `levelground run` restores this list of deliveries")
    migrate(con)
    ensure_tables(con, contract, zone := city.time_zone)
    race_lost = without_known_race(con, contract, delivery.columns_missing, answers_now(city), zone)
    if race_lost or _compares_rows(contract, delivery, accepted):
        restore_landed_rows(con, contract, kept, zone)
    restored = {load_id for (load_id,) in con.execute("select load_id from intake.loads").fetchall()}
    for load in accepted:
        if load.load_id not in restored:
            insert_load(con, contract, load)
    return volume_baseline(Batch(con, contract, as_next_load(delivery, kept), batch, zone), kept)


def restore_landed_rows(con: DuckDBPyConnection, contract: Contract, kept: DeliveryStore, city_zone: str) -> None:
    """Fill the landing table of a temporary database from the kept deliveries, as far as they can be read."""
    migrate(con)
    ensure_tables(con, contract, city_zone)
    with suppress(DeliveryLost, AcceptedLoadsDamaged):
        LandingTable(con, contract, kept, city_zone).restore()


def _compares_rows(contract: Contract, delivery: DeliveryRecord, accepted: tuple[AcceptedLoad, ...]) -> bool:
    """Whether the gate compares with the rows in landing, and not only with the sizes of earlier loads."""
    compares_cells = any(column.role in ("concept", "geometry") or hides_small_numbers(column) for column in contract.columns)
    if delivery.whole or compares_cells or contract.load.mode in ("replace_period", "replace_partition"):
        return True
    sizes = [load.rows_delivered for load in reversed(accepted) if not load.adds]
    if contract.load.mode != "merge" or not sizes:
        return False
    # applying many small loads takes minutes, and a delivery of the usual size passes whatever it adds
    least, most = usual_rows(sizes, contract.tolerances.volume_drop_pct)[1:]
    return not least <= delivery.rows <= most


LISTED = 5


@dataclass(frozen=True)
class DeliveryCheck:
    """The result of a check: the gate's result, column differences, and the first rows without private values.

    A delivery that cannot be read has no delivery record, no differences and no rows. `accepted`: the decision of a person by
    which a run promotes the delivery although its gate fails. `split`: which of several files fail, and which a run would ingest.
    `labels`: those behind failed findings on labels that the crosswalk does not map. `no_number`: why its figures are empty.
    """

    contract: Contract
    gate: GateResult
    delivery: DeliveryRecord | None = None
    columns: tuple[ColumnDifference, ...] = ()
    row_names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    accepted: Acceptance | None = None
    split: SplitDelivery = field(default_factory=SplitDelivery)
    labels: tuple[UnmappedLabel, ...] = ()
    no_number: str | None = None

    @property
    def is_promoted(self) -> bool:
        """Whether a run promotes the delivery."""
        return self.gate.passed or self.accepted is not None

    @property
    def result(self) -> str:
        """What a run does with the delivery, in one line."""
        if self.gate.passed:
            return f"fits its contract, but {self.no_number}" if self.no_number else "fits its contract"
        failed = len(self.gate.failed_critical)
        findings = f"{failed} critical finding{'' if failed == 1 else 's'}"
        if self.accepted is None and self.split.is_possible:
            others = len(self.split.others)
            more = "the other file" if others == 1 else f"the other {others} files"
            return f"{findings}; a run would hold back {self.split.names} and ingest {more}"
        if self.accepted is None:
            why = f", the whole source, because {self.split.why_whole}" if self.split.why_whole else ""
            return f"{findings}; a run would hold it back{why}"
        return f"{findings}, accepted by {self.accepted.accepted_by} ({self.accepted.reason}); a run promotes it"


def check_delivery(settings: Settings, name: str, file: Path | None, drafted: Contract | None = None) -> DeliveryCheck:
    """Audit a file, a folder, or what the next run would read; nothing is stored, and no home is created.

    A delivery that cannot be read fails with the connector's message; a run would hold it back for the same reason. `drafted`: a
    contract that is in no folder yet.
    """
    location = read_delivery_location(settings, file)
    contract = drafted or location.registry[name]
    as_of = as_of_time(None, location.city)
    terms = agreement_terms(contract, as_of)
    kept = DeliveryStore(settings.home.deliveries, name)
    removals = read_removals(kept.folder)
    if file is None and (terms.has_ended or removals.is_removed):
        removed = f"it was removed; `levelground sources resume {name} --reason TEXT` reads it again"
        raise ConfigurationError(f"{name} is not read: {removed if removals.is_removed else terms.reason}")
    with scratch_folder(settings.home, "check-") as folder, scratch(folder) as con:
        store, splitter = DeliveryStore(folder, name), DeliverySplitter(settings, location.city, as_of, con)
        try:
            with scratch_folder(settings.home, "fetch-") as downloads:
                fetch = FetchRequest(os.environ, downloads, hosts=settings.hosts, most_bytes=settings.max_download_bytes)
                live = file is None and location.is_live(contract)
                delivery = splitter.deliver(contract, _origin(contract, location, file, fetch), store, live=live)
        except DeliveryError as error:
            gate = GateResult("delivery", name, (ExpectationResult("readable", None, "critical", False, None, None, str(error)),))
            return DeliveryCheck(contract, gate, split=_split(splitter, contract, location, file))
        batch, city = store.batch(delivery.load_id), location.city
        show_batch(con, name, batch)
        baseline = restored_baseline(con, contract, delivery, batch, kept, city)
        gate = audit_delivery(contract, delivery, database_path(con), city, baseline, as_of)
        lost = known_race_lost(con, contract, delivery.columns_missing, answers_now(city), city.time_zone)
        gate = replace(gate, findings=(*gate.findings, *lost))
        labels = _unmapped_labels(con, contract, delivery, gate, location)
        names, rows = first_rows(contract, delivery, batch)
        accepted = None if gate.passed else read_acceptance(kept, delivery.load_id)
        split = SplitDelivery() if gate.passed or accepted else _split(splitter, contract, location, file)
        return DeliveryCheck(
            contract, gate, delivery, column_differences(contract, delivery), names, rows, accepted, split, labels,
            _no_number(con, contract),
        )  # fmt: skip


def _no_number(con: DuckDBPyConnection, contract: Contract) -> str | None:
    """Why no figure follows from a delivery that fits: no column of a table of numbers reads as one, or none has a value."""
    numbers = [column for column in contract.kept_columns if column.type in NUMERIC and not column.is_of_file]
    if not numbers:
        is_text = {column.type for column in contract.kept_columns} == {"text"}
        why = "no number is read: no column of the contract is one; are the names in another row (format.header)?"
        return why if is_text or contract.statistical_unit == AGGREGATE else None
    counted = ", ".join(f"count({typed_expression(column)})" for column in numbers)
    found = con.execute(f"select {counted} from delivery.{identifier(contract.source)}").fetchone()
    names = first_names([column.name for column in numbers], LISTED)
    return None if any(found or ()) else f"no number is read: all cells of {names} are empty or none"


def _unmapped_labels(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, gate: GateResult, location: DeliveryLocation
) -> tuple[UnmappedLabel, ...]:
    """The labels behind the failed findings on labels. A 0/1 column of a label has none."""
    failed = {finding.column for finding in gate.findings if finding.expectation == "unmapped_labels_pct" and not finding.success}
    failed -= {column.name for column in contract.columns if column.label}
    if not failed:
        return ()
    crosswalk = layered_seed(CROSSWALK, SHARED_SEEDS, location.city.layers)
    found = count_unmapped_labels(con, contract, delivery.columns_missing, crosswalk, location.city.time_zone)
    return tuple(label for label in found if label.column in failed)


def _split(splitter: DeliverySplitter, contract: Contract, location: DeliveryLocation, file: Path | None) -> SplitDelivery:
    """Which files of a folder fail, and whether a run would ingest the others."""
    folder = file if file is not None else location.folder_of(contract)
    files = delivered_files(folder, contract.ignore_files) if folder is not None and folder.is_dir() else ()
    if folder is None or len(files) < 2:
        return SplitDelivery()
    if contract.load.mode in REPLACING:
        kept = DeliveryStore(splitter.settings.home.deliveries, contract.source)
        restore_landed_rows(splitter.con, contract, kept, location.city.time_zone)
    return splitter.split(contract, files, folder)


def _origin(contract: Contract, location: DeliveryLocation, file: Path | None, fetch: FetchRequest) -> Origin:
    if file is None and location.is_live(contract):
        live = open_live(contract, fetch)
        if live is None:
            raise ConfigurationError(f"the contract of {contract.source} names no live system; name a file to check")
        return live
    path = file if file is not None else location.folder_of(contract) or Path(contract.source)
    if not path.exists():
        raise ConfigurationError(f"{path} does not exist{' yet' if file is None else ''}; name a file or a folder to check")
    if path.is_dir():
        return open_folder(contract, delivered_files(path, contract.ignore_files), path)
    return open_folder(contract, (path,), path.parent)


PAGE = Path(__file__).with_suffix(".html")


def report_page(check: DeliveryCheck) -> str:
    """The page as HTML; every text in it is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(PAGE.read_text(encoding="utf-8"))
    findings = steward_findings(check.contract, check.gate, check.columns)
    failing = [finding.name for finding in findings if finding.name]
    # failing columns are first: a table of 200 columns does not fit a screen
    shown = sorted(range(len(check.row_names)), key=lambda at: check.row_names[at] not in failing)
    return template.render(
        contract=check.contract,
        gate=check.gate,
        accepted=check.accepted,
        failed=findings,
        columns=sorted(check.columns, key=lambda line: not line.differs and line.column not in failing),
        failing=failing,
        different=len(differing(check.columns)),
        delivery=check.delivery,
        names=[(check.row_names[at], delivered_name(check.contract, check.row_names[at], check.columns)) for at in shown],
        rows=[[(check.row_names[at], row[at]) for at in shown] for row in check.rows],
    )


def write_report(check: DeliveryCheck, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_atomically(path, report_page(check))
