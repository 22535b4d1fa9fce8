"""Apply an accepted load to `landing.<source>`: delete the rows that it replaces, and insert its rows that count.

A delivered row does not count if it is blank, a duplicate, of an older release, or an older state of its record. A row without a
usable key, period or partition is rejected. See `ingest.landing.landing_table` for the order of loads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.sections.general import SNAPSHOT_ON
from ingest.delivery import AcceptedLoad, DeliveryRecord
from ingest.landing.batch_rows import Batch, RowSet, drop_row_sets, earlier_rows, file_identities, same_period_condition
from ingest.landing.loads import forget_loads, insert_load
from ingest.landing.releases import older_releases, older_states, rank_files
from ingest.landing.superseded import delete_rows, invalidate, start_recording
from ingest.landing.tables import LOAD_COLUMNS, MARKS, keeps_withheld_records, marked_rows, rejected_rows, withhold_records
from ingest.typing import typed_expression
from warehouse.sql import literal, one_value, queries, quoted


@dataclass(frozen=True)
class CurrentRows:
    """The rows of a batch that count, as relations, and how many others are `duplicates` or `older`.

    `states` contains rejected and blank rows, too; `usable` does not. `superseded`: the rows of older releases, if there are any.
    """

    states: str
    usable: str
    duplicates: int
    older: int
    superseded: str | None


def current_rows(batch: Batch, promoted_files: Collection[str]) -> CurrentRows:
    """The rows that count under the batch's contract. `promoted_files`: the hashes of files that `append` does not repeat."""
    contract, filled = batch.contract, batch.filled
    # a blank row has no usable key or period, so it is excluded with the unusable rows if any column decides
    excludes_blank = any(not contract.column(name).is_of_file for name in contract.deciding_columns)
    condition, duplicates, older, superseded = "true" if excludes_blank else filled, 0, 0, None
    if contract.load.mode == "replace_partition":
        duplicates = batch.count(f"{filled} and not ({batch.once})")
        condition = f"{condition} and {batch.once}"
        good = f"{condition} and {filled} and {batch.usable}"
        releases = older_releases(batch, good)
        if releases.count:
            superseded = f"(select * from {batch.rows} where {good} and not ({releases.others}))"
        condition, older = f"{condition} and {releases.others}", releases.count
    if contract.load.duplicates == "drop_exact":
        # the same record in two snapshots is two rows
        dated = [SNAPSHOT_ON] if contract.snapshot else []
        cells = [*(quoted(column.name) for column in contract.kept_columns), *dated]
        repeated = earlier_rows(batch, f"{filled} and {condition}", "true", cells)
        condition, duplicates = f"{condition} and {repeated.others}", duplicates + repeated.count
    if contract.load.mode == "append":
        known = _rows_of_promoted_files(batch, f"{filled} and {condition}", promoted_files)
        condition, duplicates = f"{condition} and {known.others}", duplicates + known.count
    if batch.key:
        if contract.load.mode == "merge" and not contract.load.dating_columns:
            states = older_states(batch, f"{condition} and {filled} and {batch.usable}")
            condition, older = f"{condition} and {states.others}", older + states.count
        last = earlier_rows(batch, condition, batch.usable, batch.key, rank_files(contract, batch.delivery))
        condition, older = f"{condition} and {last.others}", older + last.count
    chosen = f"select * from {batch.rows} where {condition}"
    return CurrentRows(f"({chosen})", f"({chosen} and {batch.usable})", duplicates, older, superseded)


def _rows_of_promoted_files(batch: Batch, among: str, promoted: Collection[str]) -> RowSet:
    """The rows of files that an earlier load promoted, and of a second copy of a file; only those of `among` are counted."""
    found = batch.con.execute(
        f"select _source_file, _file_sha256, count(*) from {batch.rows} where {among} group by all order by 1"
    ).fetchall()
    # of two equal files, the first one that has a row left
    first = {sha: name for name, sha, _ in reversed(found)}
    new = [name for sha, name in first.items() if sha not in promoted]
    others = f"_source_file in ({', '.join(map(literal, new))})" if new else "false"
    return RowSet(sum(count for name, _, count in found if name not in new), others)


def _withhold(batch: Batch, rows: CurrentRows) -> None:
    """Record the records that the batch withdraws, from landing and from older releases in the same batch."""
    withdrawn = [f"(from landing.{quoted(batch.contract.source)} where {_same_partition(batch, rows.usable)})"]
    if rows.superseded:
        withdrawn.append(marked_rows(batch.contract, rows.superseded, batch.city_zone))
    for relation in withdrawn:
        withhold_records(batch.con, batch.contract, relation, rows.usable, batch.unit, batch.city_zone)


def _is_whole(batch: Batch) -> bool:
    """Whether the batch replaces all rows: a complete delivery no longer has what its source deleted."""
    return batch.contract.load.mode == "replace" or batch.delivery.whole


def _count_withdrawn_rows(batch: Batch, usable: str, replaced: Sequence[str]) -> int:
    """Count the `replaced` landed rows that have no successor in the batch.

    Rows without a key have no successor of their own: each period or partition withdraws the rows by which it shrinks.
    Refused rows were never published, so that none of them is withdrawn.
    """
    if not replaced:
        return 0
    where, landed = f"({' or '.join(replaced)}) and not _refused", f"landing.{quoted(batch.contract.source)}"
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), landed=landed, usable=usable)
    if batch.key:
        return int(one_value(batch.con, sql.without_record(where, f"hash({', '.join(batch.key)})")))
    return int(one_value(batch.con, sql.shrunk(where, "true" if _is_whole(batch) else batch.unit)))


def _delete_replaced_rows(batch: Batch, usable: str, replaced: Sequence[str]) -> None:
    """Delete the landed rows that the batch replaces, and record them for incremental facts."""
    con, contract, delivery = batch.con, batch.contract, batch.delivery
    if _is_whole(batch):
        # not recorded: facts are built again after such a load
        con.execute(f"delete from landing.{quoted(contract.source)}")
        invalidate(con, {contract.source: delivery.sequence})
        return
    conditions = list(replaced)
    if contract.snapshot:
        # rows that were promoted before stocks had snapshots have no date
        conditions.append(f"{SNAPSHOT_ON} is null")
    if contract.snapshot and delivery.fetched_on:
        conditions.append(same_period_condition(contract, delivery.fetched_on))
    if batch.key and contract.load.mode in ("merge", "replace_period"):
        same = f"({', '.join(batch.key)})"
        conditions.append(f"{same} in (select {same} from {usable})")
    for where in conditions:
        delete_rows(con, contract.source, delivery.sequence, where)


def _same_partition(batch: Batch, usable: str) -> str:
    """SQL boolean of the landed rows of whose partition the batch has rows."""
    return f"{batch.unit} in (select {batch.unit} from {usable})"


def _replaced(batch: Batch, usable: str) -> list[str]:
    """SQL booleans of the landed rows that the batch replaces, whether it contains them or not."""
    contract, delivery, unit = batch.contract, batch.delivery, batch.unit
    if _is_whole(batch):
        return ["true"]
    if contract.load.mode == "replace_partition":
        return [_same_partition(batch, usable)]
    if contract.load.mode != "replace_period":
        return []
    replaced = []
    first, last = batch.con.execute(f"select min({unit}), max({unit}) from {usable}").fetchone() or (None, None)
    if first is not None:
        span = "between date '{}' and date '{}'"
        # without the periods of files of the delivery that were held back
        held_back = [left for left in delivery.left_out if left.first is not None]
        kept = [f" and _period not {span.format(left.first, left.last)}" for left in held_back]
        replaced.append(f"_period {span.format(first, last)}{''.join(kept)}")
    if delivery.since is not None:
        replaced.append(since_condition(contract, delivery, batch.city_zone))
    return replaced


def since_condition(contract: Contract, delivery: DeliveryRecord, city_zone: str) -> str:
    """SQL boolean: the batch requested a landed row again, so that the batch has the row's newest state."""
    cursor = contract.column(str(getattr(contract.connector, "cursor", None)))
    value = typed_expression(cursor, city_zone)
    if delivery.since is None:
        return "false"
    if cursor.type == "integer":
        return f"{value} >= {int(delivery.since)}"
    zone = cursor.timezone or city_zone
    wall = f"timezone({literal(city_zone)}, timezone({literal(zone)}, timestamp {literal(delivery.since)}))"
    since = wall if cursor.type == "timestamp" and zone != city_zone else f"timestamp {literal(delivery.since)}"
    return f"cast({value} as timestamp) >= {since}"


def apply_load(batch: Batch, load: AcceptedLoad, promoted_files: Collection[str]) -> None:
    """Apply a load, in a transaction of the caller. `promoted_files`: hashes of files that earlier loads of `append` promoted."""
    con, contract = batch.con, batch.contract
    table = f'landing."{contract.source}"'
    start_recording(con, contract.source, load.sequence)
    forget_loads(con, contract.source, [load.load_id])  # it was applied at an earlier place, and moves to this one
    if contract.load.mode == "append":
        # an older contract read the same files, which this load replaces
        files = ", ".join(map(literal, file_identities(batch.delivery).values()))
        same = f"list_contains([{files}]::varchar[], _file_sha256)"
        con.execute(f"delete from {table} where _contract <> {literal(batch.terms)} and {same}")
    rows = current_rows(batch, promoted_files)
    if keeps_withheld_records(contract):
        _withhold(batch, rows)
    withdrawn = load.rows_withdrawn
    if con.execute(f"select 1 from {table} limit 1").fetchone():
        replaced = _replaced(batch, rows.usable)
        # earlier loads may be missing by now, so that a number that was recorded stays
        withdrawn = _count_withdrawn_rows(batch, rows.usable, replaced) if load.rows_in_landing is None else withdrawn
        _delete_replaced_rows(batch, rows.usable, replaced)
    landed, rejected = _insert(batch, rows)
    counts = {
        "rows_delivered": batch.delivery.rows,
        "rows_blank": batch.delivery.rows - rows.duplicates - rows.older - rejected - landed,
        "rows_duplicate": rows.duplicates,
        "rows_rejected": rejected,
        "rows_withdrawn": withdrawn,
        "data_as_of": _data_as_of(batch),
    }
    insert_load(con, contract, load.model_copy(update=counts))
    drop_row_sets(con)


@contextmanager
def transaction(con: DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, or nothing on an error."""
    con.execute("begin transaction")
    try:
        yield
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise


def _insert(batch: Batch, rows: CurrentRows) -> tuple[int, int]:
    """Insert the rows with their marks; returns how many are in landing, and how many were rejected."""
    con, contract, table = batch.con, batch.contract, f'landing."{batch.contract.source}"'
    deciding = [contract.column(name) for name in contract.deciding_columns]
    names = ", ".join([*(quoted(column.name) for column in contract.kept_columns), *LOAD_COLUMNS, *MARKS])
    marked = marked_rows(contract, rows.states, batch.city_zone)
    landed = one_value(con, f"insert into {table} ({names}) select {names} from {marked}")
    if not deciding:
        return landed, 0
    # inserting unusable rows and deleting them again is faster than typing every row twice
    bad = f"_load_id = {literal(batch.delivery.load_id)} and _refused and {batch.unusable}"
    refused = rejected_rows(contract, deciding, f"(from {table} where {bad} and {batch.filled})", batch.city_zone)
    rejected = one_value(con, f"insert into intake.rejected_rows {refused}")
    return landed - one_value(con, f"delete from {table} where {bad}"), rejected


def _data_as_of(batch: Batch) -> dt.datetime | None:
    """The latest event in a landed row of the load, or its newest snapshot; None if it has neither."""
    latest = f"cast(max({SNAPSHOT_ON}) as timestamp)" if batch.contract.snapshot else "max(_latest)"
    landed = f'select {latest} from landing."{batch.contract.source}" where _load_id = ?'
    found: dt.datetime | None = one_value(batch.con, landed, [batch.delivery.load_id])
    return found
