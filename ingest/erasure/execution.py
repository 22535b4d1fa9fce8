"""Carry out the plan of a removal, step by step. Each step can be repeated, and the plan records which are done.

Releases come first and the deliveries last: if the working warehouse is lost on the way, the next run rebuilds it from deliveries
that have no removed row any more. Call `complete` under the run lock, before `warehouse.releases.recover`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.delivery import DeliveryStore
from ingest.delivery.batch_file import open_batch_file
from ingest.delivery.removals import Removal, read_removals, save_removals
from ingest.delivery.store import INCOMING, QUARANTINED
from ingest.erasure.plan import (
    Plan,
    built_from,
    correct_counts,
    discard_plan,
    in_release,
    in_working_warehouse,
    read_plan,
    register_rows,
    rows_file,
    save_accepted_loads,
    save_plan,
)
from ingest.erasure.planning import RELEASE
from ingest.landing.tables import WITHHELD_FILE
from warehouse.connection import WORKING_STORAGE, WarehouseCorrupt, in_memory
from warehouse.fingerprint import file_sha256
from warehouse.paths import Home
from warehouse.quarantine import ASIDE
from warehouse.releases import ErasedRecords, ReleaseCorrupt, current, known_releases, remove_unneeded, rewrite_release, swap
from warehouse.releases.candidate import remove_leftovers
from warehouse.releases.recovery import DAMAGED_PREFIX
from warehouse.releases.swapping import REMOVING_PREFIX
from warehouse.rewrite import rewrite_database
from warehouse.sql import literal

# Other errors (a full disk, a file that is in use) leave the plan, and the next command tries again.
_DAMAGE = (ReleaseCorrupt, WarehouseCorrupt, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
Step = tuple[str, Callable[[], object]]


def complete(home: Home, progress: Callable[[str], None] = lambda _step: None) -> list[str]:
    """Carry out the plan of the home, if it has one; one sentence per removal. Call it under the run lock."""
    plan = read_plan(home)
    if plan is None:
        discard_plan(home)  # of a process that was killed before the plan was whole, or after all was done
        return []
    notes: list[str] = []
    for name, step in _steps(home, plan, notes):
        if name in plan.done:
            continue
        progress(name)
        step()
        plan = plan.model_copy(update={"done": (*plan.done, name)})
        save_plan(home, plan)
    discard_plan(home)
    names = ", ".join(source.source for source in plan.sources)
    return [f"Completed the removal {plan.removal_id}: {plan.records:,} records of {names}.", *notes]


def _steps(home: Home, plan: Plan, notes: list[str]) -> list[Step]:
    return [
        ("record the removal", lambda: _record(home, plan)),
        ("delete leftovers", lambda: _delete_leftovers(home, plan)),
        *(
            (f"rewrite release {release_id}", lambda release_id=release_id: _rewrite_release(home, plan, release_id, notes))
            for release_id in known_releases(home)
        ),
        # parts of failed runs and of deleted releases may contain a removed row
        ("delete the parts that no release needs", lambda: remove_unneeded(home)),
        ("publish the rewritten release", lambda: _publish(home)),
        ("rewrite the working warehouse", lambda: _rewrite_working_warehouse(home, plan)),
        ("rewrite the deliveries", lambda: _rewrite_deliveries(home, plan)),
    ]


def _record(home: Home, plan: Plan) -> None:
    for source in plan.sources:
        folder = home.deliveries / source.source
        removal = Removal(
            removal_id=plan.removal_id, kind=plan.kind, records=source.records, reason=source.reason or plan.reason,
            erased_at=plan.erased_at, erased_by=plan.erased_by,
        )  # fmt: skip
        save_removals(folder, read_removals(folder).updated(removal, source.erased, plan.key_check))


def _delete_leftovers(home: Home, plan: Plan) -> None:
    """Delete files that no command reads again and that may contain a removed row.

    The site for staff, whose figures count removed rows, is among them: `levelground scorecard --internal` writes it again.
    """
    remove_leftovers(home)
    leftovers = [home.tried, home.internal_scorecard, *home.root.glob(".scorecard-*")]
    for source in plan.sources:
        folder = home.deliveries / source.source
        leftovers += [folder / INCOMING, *folder.glob(".removing-*")]
        for path in folder.glob(f"*/{QUARANTINED}"):
            path.unlink()
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)
    for pattern in (f"{DAMAGED_PREFIX}*", f"{REMOVING_PREFIX}*"):
        for path in home.releases.glob(pattern):
            shutil.rmtree(path)
    for pattern in (f"{ASIDE}*", "warehouse.rewritten.duckdb*"):
        for path in home.root.glob(pattern):
            path.unlink()
    for path in home.temporary.glob("*"):
        if path.name.startswith(("fetch-", "parts-")):
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith("duckdb_temp"):
            path.unlink(missing_ok=True)
    if plan.kind != "past_keeping":
        for source in plan.sources:  # it plays the department's own system, and `levelground sample` writes it again
            shutil.rmtree(home.sample / source.source, ignore_errors=True)


def _rewrite_release(home: Home, plan: Plan, release_id: str, notes: list[str]) -> None:
    rows = sum(p.rows for p in plan.places if p.kind == RELEASE and p.name.startswith(release_id) and ": marts." in p.name)
    names = ", ".join(name for source in plan.sources for name in (source.source, *source.formerly))
    removal = ErasedRecords(removal_id=plan.removal_id, source=names, rows=rows, reason=plan.reason, erased_at=plan.erased_at)

    def left_out(con: DuckDBPyConnection, alias: str) -> dict[tuple[str, str], str]:
        register_rows(con, pq.read_table(rows_file(home)), home)
        return dict(in_release(con, alias, plan))

    try:
        notes += rewrite_release(home, release_id, removal, left_out)
    except _DAMAGE as error:
        # its records could neither be removed nor read
        shutil.rmtree(home.release(release_id))
        notes.append(f"Deleted release {release_id}, because it is damaged and its records could not be removed ({error}).")


def _publish(home: Home) -> None:
    try:
        published = current(home)
    except ReleaseCorrupt:
        published = None  # `recover` restores it
    for path in home.published.glob(".*.next"):
        path.unlink()
    if published is not None and published.release_id in known_releases(home):
        swap(home, published.release_id)
    elif home.published_analyst.exists():
        home.published_analyst.unlink()  # `recover` publishes the newest release that is left


def _rewrite_working_warehouse(home: Home, plan: Plan) -> None:
    if not home.warehouse.is_file():
        return
    incoming = home.root / "warehouse.rewritten.duckdb"
    names = [source.source for source in plan.sources]

    def left_out(con: DuckDBPyConnection, alias: str) -> dict[tuple[str, str], str]:
        register_rows(con, pq.read_table(rows_file(home)), home)
        return dict(in_working_warehouse(con, alias, plan))

    def drop(con: DuckDBPyConnection, alias: str) -> list[tuple[str, str]]:
        views = [("delivery", source.source) for source in plan.sources if source.whole]
        return [*built_from(home, con, alias, names), *views]

    try:
        rewrite_database(
            home.warehouse,
            incoming,
            WORKING_STORAGE,
            left_out,
            drop=drop,
            finish=lambda con, alias: correct_counts(con, alias, plan),
            temp_directory=home.temporary,
        )
    except _DAMAGE:
        # the next run rebuilds it from the deliveries
        incoming.unlink(missing_ok=True)
        home.warehouse.unlink()
    else:
        incoming.replace(home.warehouse)
    home.warehouse.with_name(f"{home.warehouse.name}.wal").unlink(missing_ok=True)


def _rewrite_deliveries(home: Home, plan: Plan) -> None:
    rows = pq.read_table(rows_file(home))
    for source in plan.sources:
        store = DeliveryStore(home.deliveries, source.source)
        if source.whole:
            _delete_deliveries(store)
            continue
        of_source = rows.filter(pc.equal(rows["source"], source.source))
        for load_id in of_source["load_id"].unique().to_pylist():
            _rewrite_batch(store, load_id, of_source.filter(pc.equal(of_source["load_id"], load_id)))
        _rewrite_withheld(store, of_source)
    save_accepted_loads(home, plan)


def _delete_deliveries(store: DeliveryStore) -> None:
    """Delete everything of the source but the record of its removal."""
    removals_file = store.folder / "removals.json"
    for path in store.folder.iterdir():
        if path == removals_file:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _rewrite_batch(store: DeliveryStore, load_id: str, rows: pa.Table) -> None:
    """Rewrite a batch without these rows, then its record, whose hash a kill may leave behind."""
    batch, record = store.batch(load_id), store.record(load_id)
    if not batch.is_file():
        return
    erased = set(zip(rows["source_file"].to_pylist(), rows["source_row"].to_pylist(), strict=True))
    incoming = batch.with_suffix(".rewritten")
    kept_rows = dict.fromkeys([file.name for file in record.files] if record else (), 0)
    source = pq.ParquetFile(batch)
    with open_batch_file(incoming, source.schema_arrow) as write:
        for delivered in source.iter_batches():
            places = zip(delivered.column("_source_file").to_pylist(), delivered.column("_source_row").to_pylist(), strict=True)
            remaining = delivered.filter(pa.array([place not in erased for place in places]))
            for file in remaining.column("_source_file").to_pylist():
                kept_rows[file] = kept_rows.get(file, 0) + 1
            write(remaining)
    source.close()
    incoming.replace(batch)
    (batch.parent / "verdict.json").unlink(missing_ok=True)  # the gate checks the batch again
    if record is not None:
        files = tuple(file.model_copy(update={"rows": kept_rows[file.name]}) for file in record.files)
        changes = {"rows": sum(kept_rows.values()), "files": files, "batch_sha256": file_sha256(batch)}
        store.save(record.model_copy(update=changes))


def _rewrite_withheld(store: DeliveryStore, rows: pa.Table) -> None:
    path: Path = store.folder / WITHHELD_FILE
    if not path.is_file():
        return
    incoming = path.with_suffix(".tmp")
    with in_memory() as con:
        con.register("rows_to_remove", rows)
        con.execute(
            f"copy (from read_parquet({literal(str(path))}) where (_load_id, _source_file, _source_row) not in "
            f"(select (load_id, source_file, source_row) from rows_to_remove)) to {literal(str(incoming))} (format parquet)"
        )
    incoming.replace(path)
