"""Find the rows of a batch that belong to an older release of their partition, or are an older state of their record.

A folder may contain several files of one release, an older release next to a newer one, and the same file twice. See
`ingest.landing.batch.replaced_rows` for the landed rows that a batch replaces.

The newer of two releases has the later `load.release` of the contract. If the contract or a file's name has none, or both are
equal, the newer one is the release whose file no earlier load contained. Names and modification times decide nothing, because a
copy changes both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from ingest.contract import Contract
from ingest.delivery import DeliveryRecord
from ingest.landing.batch.rows import Batch, RowSet, row_set
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
