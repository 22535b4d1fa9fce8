"""Carry out the plan of a removal, step by step. Each step can be repeated, and the plan records which are done.

Releases come first and the deliveries last: if the working warehouse is lost on the way, the next run rebuilds it from deliveries
that have no removed row any more. Call `complete` under the run lock, before `warehouse.releases.recover`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from ingest.delivery import DeliveryStore
from ingest.delivery.removals import FILE as REMOVALS
from ingest.delivery.removals import Removal, read_removals, save_removals
from ingest.delivery.store import INCOMING, QUARANTINED
from ingest.erasure.plan import (
    POSITION,
    REJECTED,
    ROWS,
    Plan,
    built_from,
    correct_counts,
    discard_plan,
    in_release,
    in_working_warehouse,
    read_plan,
    register_rows,
    save_accepted_loads,
    save_plan,
)
from ingest.erasure.planning import RELEASE
from ingest.landing.loads import REMOVING
from ingest.landing.tables import WITHHELD_FILE
from warehouse.connection import WORKING_STORAGE, WarehouseCorrupt, in_memory
from warehouse.fingerprint import file_sha256
from warehouse.paths import Home
from warehouse.quarantine import ASIDE
from warehouse.releases import ErasedRecords, ReleaseCorrupt, current, known_releases, remove_unneeded, rewrite_release, swap
from warehouse.releases.recovery import DAMAGED_PREFIX
from warehouse.releases.sealing import remove_leftovers
from warehouse.releases.swapping import REMOVING_PREFIX
from warehouse.rewrite import LeftOut, rewrite_database
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
    found = [home.tried, home.internal_scorecard]
    for folder, prefixes in (
        (home.root, (".scorecard-", ASIDE, "warehouse.rewritten.duckdb")),
        (home.releases, (DAMAGED_PREFIX, REMOVING_PREFIX)),
        (home.temporary, ("fetch-", "parts-", "duckdb_temp")),
    ):
        found += [path for prefix in prefixes for path in folder.glob(f"{prefix}*")]
    for source in plan.sources:
        folder = home.deliveries / source.source
        found += [folder / INCOMING, *folder.glob(f"{REMOVING}*"), *folder.glob(f"*/{QUARANTINED}")]
        if plan.kind != "past_keeping":  # it plays the department's own system, and `levelground sample` writes it again
            found.append(home.sample / source.source)
    for path in found:
        _delete(path)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _rewrite_release(home: Home, plan: Plan, release_id: str, notes: list[str]) -> None:
    rows = sum(p.rows for p in plan.places if p.kind == RELEASE and p.name.startswith(release_id) and ": marts." in p.name)
    names = ", ".join(name for source in plan.sources for name in (source.source, *source.formerly))
    removal = ErasedRecords(removal_id=plan.removal_id, source=names, rows=rows, reason=plan.reason, erased_at=plan.erased_at)

    try:
        notes += rewrite_release(home, release_id, removal, partial(_left_out, home, plan, in_release))
    except _DAMAGE as error:
        # its records could neither be removed nor read
        shutil.rmtree(home.release(release_id))
        notes.append(f"Deleted release {release_id}, because it is damaged and its records could not be removed ({error}).")


def _left_out(
    home: Home, plan: Plan, places: Callable[[DuckDBPyConnection, str, Plan], LeftOut], con: DuckDBPyConnection, alias: str
) -> LeftOut:
    register_rows(con, pq.read_table(home.removal_rows), home)
    return places(con, alias, plan)


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

    def drop(con: DuckDBPyConnection, alias: str) -> list[tuple[str, str]]:
        views = [("delivery", source.source) for source in plan.sources if source.whole]
        return [*built_from(home, con, alias, names), *views]

    try:
        rewrite_database(
            home.warehouse,
            incoming,
            WORKING_STORAGE,
            partial(_left_out, home, plan, in_working_warehouse),
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
    rows = pq.read_table(home.removal_rows)
    with in_memory() as con:
        con.register(ROWS, rows)
        for source in plan.sources:
            store = DeliveryStore(home.deliveries, source.source)
            if source.whole:
                for path in store.folder.iterdir():
                    if path.name != REMOVALS:
                        _delete(path)
                continue
            for load_id in rows.filter(pc.equal(rows["source"], source.source))["load_id"].unique().to_pylist():
                _rewrite_batch(con, store, load_id)
            if (store.folder / WITHHELD_FILE).is_file():
                _rewrite_file(con, store.folder / WITHHELD_FILE)
    save_accepted_loads(home, plan)


def _rewrite_batch(con: DuckDBPyConnection, store: DeliveryStore, load_id: str) -> None:
    """Rewrite a batch, then its record, whose hash a kill may leave behind."""
    batch, record = store.batch(load_id), store.record(load_id)
    if not batch.is_file():
        return
    _rewrite_file(con, batch)
    (batch.parent / "verdict.json").unlink(missing_ok=True)  # the gate checks the batch again
    if record is not None:
        by_file = f"select _source_file, count(*) from read_parquet({literal(str(batch))}) group by all"
        kept_rows = dict(con.execute(by_file).fetchall())
        files = tuple(file.model_copy(update={"rows": kept_rows.get(file.name, 0)}) for file in record.files)
        changes = {"rows": sum(kept_rows.values()), "files": files, "batch_sha256": file_sha256(batch)}
        store.save(record.model_copy(update=changes))


def _rewrite_file(con: DuckDBPyConnection, path: Path) -> None:
    """Write a Parquet file again without the rows to remove, in the same order."""
    incoming = path.with_suffix(".rewritten")
    con.execute(
        f"copy (from read_parquet({literal(str(path))}) where ({', '.join(POSITION)}) not in "
        f"(select ({', '.join(REJECTED)}) from {ROWS})) to {literal(str(incoming))} (format parquet, compression zstd)"
    )
    incoming.replace(path)
