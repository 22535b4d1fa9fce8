"""Find the rows of a batch that belong to an older release of their partition, or are an older state of their record.

A folder may contain several files of one release, an older release next to a newer one, and the same file twice.

The newer of two releases has the later `load.release` of the contract. If the contract or a file's name has none, or both are
equal, the newer one is the release whose file no earlier load contained. Names and modification times decide nothing, because a
copy changes both. Without an order of two files (`find_rival_files` and the like), a withdrawn row might be published.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ingest.contract import Contract
from ingest.delivery import DeliveryRecord
from ingest.landing.batch_rows import Batch, RowSet, rank_expression, row_set
from ingest.typing import column_refused, typed_expression
from warehouse.sql import literal, quoted

# load and file
Key = tuple[str, str]
# the release in a file's name: numbers as numbers, since release 10 follows release 9
Named = tuple[tuple[bool, int, str], ...]
# the release in the name, and the sequence of the first load with the file
Release = tuple[Named, int]
K = TypeVar("K")
_FILE = "_load_id || '/' || _source_file"
LEAST_OF_DAY, LEAST_SHARED = 0.2, 0.5


def repeated_files(batch: Batch, given: str) -> RowSet:
    """The rows in a second copy of a file; only the `given` ones are counted."""
    # the same bytes for another day are another snapshot
    first: dict[tuple[str, dt.date | None], str] = {}
    copies = [
        file.name
        for file in batch.delivery.files
        if file.sha256 and first.setdefault((file.sha256, file.snapshot_on), file.name) != file.name
    ]
    if not copies:
        return RowSet()
    copied = f"_source_file in ({', '.join(map(literal, copies))})"
    return RowSet(batch.count(f"{given} and {copied}"), f"not {copied}")


def older_releases(batch: Batch, among: str) -> RowSet:
    """The rows of `among` for whose partition there is a newer release.

    An old file in the folder next to a new one does not undo later loads. A delivery without any new file does, because the
    department sent an earlier state again on purpose.
    """
    return _older(batch, among, batch.unit, "not _refused")


def older_states(batch: Batch, among: str) -> RowSet:
    """The same for load mode `merge`: the rows of `among` of which a newer file has another state."""
    return _older(batch, among, f"row({', '.join(batch.key)})", "true")


def _older(batch: Batch, among: str, partition: str, landed: str) -> RowSet:
    contract, delivery = batch.contract, batch.delivery
    releases = {(delivery.load_id, name): release for name, release in _releases(contract, delivery).items()}
    candidates = f"select *, {partition} as _partition from {batch.rows} where {among}"
    if _has_new_and_known_files(delivery):
        releases |= _landed_releases(batch)
        candidates += (
            f" union all by name select *, {partition} as _partition from landing.{quoted(contract.source)}"
            f" where {landed} and {_one_of_files(key for key in releases if key[0] != delivery.load_id)}"
        )
    order = _release_order(contract, _ranks(releases), batch.city_zone)
    if order is None:
        return RowSet()
    return row_set(
        batch.con,
        f"""
        with
        releases as (select _row, dense_rank() over (order by {order}) as _release, _partition from ({candidates})),
        older as (select _row from releases qualify _release < max(_release) over (partition by _partition))
        select _row from older where _row is not null
        """,
    )


def rank_files(contract: Contract, delivery: DeliveryRecord) -> dict[str, int]:
    """The rank of each file's release among those of the delivery, the oldest first; files of one release have one rank."""
    return _ranks(_releases(contract, delivery))


def _releases(contract: Contract, delivery: DeliveryRecord) -> dict[str, Release]:
    first_loads = ((file, delivery.sequence if file.first_sequence is None else file.first_sequence) for file in delivery.files)
    return {file.name: (_named_release(contract, file.name), first) for file, first in first_loads}


def _landed_releases(batch: Batch) -> dict[Key, Release]:
    """The releases of files of other loads that have rows in landing, except files that this delivery contains, too."""
    contract, delivery = batch.contract, batch.delivery
    found = batch.con.execute(
        f"""
        select distinct landed._load_id, landed._source_file, loads.sequence from landing.{quoted(contract.source)} as landed
        inner join intake.loads as loads on loads.source = ? and landed._load_id = loads.load_id
        where landed._load_id <> ? and not list_contains(?, landed._file_sha256)
        """,
        [contract.source, delivery.load_id, [file.sha256 for file in delivery.files if file.sha256]],
    ).fetchall()
    return {(load_id, file): (_named_release(contract, file), sequence) for load_id, file, sequence in found}


def _has_new_and_known_files(delivery: DeliveryRecord) -> bool:
    is_new = {file.first_sequence in (None, delivery.sequence) for file in delivery.files}
    return len(is_new) == 2


def _named_release(contract: Contract, file: str) -> Named:
    release = contract.load.release
    found = re.search(release.file_name, file) if release and release.file_name else None
    groups = [group or "" for group in found.groups()] if found else []
    return tuple((not group.isdecimal(), int(group) if group.isdecimal() else 0, group) for group in groups)


def _ranks(releases: Mapping[K, Release]) -> dict[K, int]:
    # a name without a release cannot be compared with one that has it
    by_name = all(named for named, _ in releases.values())
    keys = {key: (named, first) if by_name else (first, named) for key, (named, first) in releases.items()}
    ordered = sorted(set(keys.values()))
    return {key: ordered.index(release) for key, release in keys.items()}


def _release_order(contract: Contract, ranks: Mapping[Key, int], city_zone: str) -> str | None:
    """SQL list that orders rows by release, the oldest first; None if all rows are of one release."""
    by_column = contract.load.release.column if contract.load.release else None
    if len(set(ranks.values())) < 2 and by_column is None:
        return None
    by_file = f"(map {{{', '.join(f'{literal(_joined(key))}: {rank}' for key, rank in ranks.items())}}})[{_FILE}]"
    if by_column is None:
        return by_file
    column = contract.column(by_column)
    dated = f"case when not {column_refused(column, city_zone)} then {typed_expression(column, city_zone)} end"
    return f"{dated} nulls first, {by_file}"


def _one_of_files(keys: Iterable[Key]) -> str:
    return f"list_contains([{', '.join(literal(_joined(key)) for key in keys)}]::varchar[], {_FILE})"


def _joined(key: Key) -> str:
    return "/".join(key)


def find_rival_files(batch: Batch) -> tuple[str, ...]:
    """The files of one release that contain the same records, so that the newer one is unknown.

    One release has a record once. Two files with the same record are two releases. Without a key, records of different files are
    not compared.
    """
    contract, ranks = batch.contract, rank_files(batch.contract, batch.delivery)
    if not contract.record_key or len(set(ranks.values())) == len(ranks):
        return ()
    dated = contract.load.release.column if contract.load.release else None
    release = [typed_expression(contract.column(dated), batch.city_zone)] if dated else []
    found = batch.con.execute(
        f"""
        with held as (
            select distinct
                _source_file, {rank_expression(ranks)} as _release, hash({", ".join([*batch.key, *release])}) as _record
            from {batch.rows} where {batch.usable} and {repeated_files(batch, "true").others}
        )
        select distinct unnest(list(_source_file)) as file
        from held group by _release, _record having count(*) > 1
        order by file
        """
    )
    return tuple(file for (file,) in found.fetchall())


@dataclass(frozen=True)
class Overlap:
    """Two files of a batch that have the same days, or are of the same date. `first`, `last`: of the shared ones, in words."""

    files: tuple[str, str]
    first: str
    last: str


def find_overlap(batch: Batch) -> Overlap | None:
    """The two files without a key that share most days or dates, where each record would count twice; None without.

    A file has a day if it has a fifth of the rows or more that another file has of it: a few late rows of the day before are no
    overlap. Two files overlap if they share half of the days of one. Of partitions the newer release counts, so that only files
    of one release overlap.
    """
    load, contract = batch.contract.load, batch.contract
    has_dates = load.mode == "replace_period" or (load.mode == "replace_partition" and contract.snapshot is not None)
    if contract.record_key or load.files == "parts" or not has_dates or len(batch.delivery.files) < 2:
        return None
    ranks = rank_files(contract, batch.delivery)
    release = rank_expression(ranks) if load.mode == "replace_partition" else "1"
    found = batch.con.execute(
        f"""
        with counted as (
            select _source_file as file, {release} as _release, {batch.unit} as unit, count(*) as row_count
            from {batch.rows} where {batch.usable} and {repeated_files(batch, "true").others} group by all
        ),
        days as (
            from counted qualify row_count >= {LEAST_OF_DAY} * max(row_count) over (partition by unit, _release)
        ),
        sizes as (select file, count(*) as days from days group by file)
        select one.file, other.file, cast(min(one.unit) as varchar), cast(max(one.unit) as varchar)
        from days as one
        inner join days as other on one.unit = other.unit and one._release = other._release and one.file < other.file
        inner join sizes as of_one on one.file = of_one.file
        inner join sizes as of_other on other.file = of_other.file
        group by all
        having count(*) >= {LEAST_SHARED} * least(any_value(of_one.days), any_value(of_other.days))
        order by count(*) desc, one.file, other.file limit 1
        """
    ).fetchone()
    return Overlap((found[0], found[1]), found[2], found[3]) if found else None


def find_rival_states(batch: Batch) -> tuple[str, ...]:
    """The files with different states of one record, of which nothing dates the newest: neither `order_by` nor the files' age."""
    contract, ranks = batch.contract, rank_files(batch.contract, batch.delivery)
    if not contract.record_key or len(set(ranks.values())) == len(ranks):
        return ()
    age = f"row({', '.join([*batch.dating, rank_expression(ranks)])})"
    cells = ", ".join(quoted(column.name) for column in contract.kept_columns)
    found = batch.con.execute(
        f"""
        with states as (
            select hash({", ".join(batch.key)}) as _record, {age} as _age, _source_file, _row, hash({cells}) as _state
            from {batch.rows} where {batch.usable}
        ),
        newest as (
            -- the last row of each file, as in landing
            select * from states
            qualify
                _age = max(_age) over (partition by _record)
                and _row = max(_row) over (partition by _record, _age, _source_file)
        )
        select distinct unnest(list(_source_file)) as file
        from newest group by _record having count(distinct _state) > 1 order by file
        """
    )
    return tuple(file for (file,) in found.fetchall())
