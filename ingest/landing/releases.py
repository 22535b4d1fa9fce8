"""Find the rows of a batch that belong to an older release of their partition, or are an older state of their record.

A folder may contain several files of one release, an older release next to a newer one, and the same file twice.

The newer of two releases has the later `load.release` of the contract. If the contract or a file's name has none, or both are
equal, the newer one is the release whose file no earlier load contained. Names and modification times decide nothing, because a
copy changes both. Without an order of two files (`find_rival_files` and the like), a withdrawn row might be published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from ingest.delivery import DeliveryRecord
from ingest.landing.batch_rows import Batch, RowSet, rank_expression, row_set
from ingest.typing import any_refused, typed_expression
from warehouse.sql import queries, quoted

# the release in a file's name: numbers as numbers, since release 10 follows release 9
Named = tuple[tuple[bool, int, str], ...]
# the release in the name, and the sequence of the first load with the file
Release = tuple[Named, int]
_FILE = "_load_id || '/' || _source_file"
LEAST_OF_DAY, LEAST_SHARED = 0.2, 0.5


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
    releases = {f"{delivery.load_id}/{name}": release for name, release in _releases(contract, delivery).items()}
    is_new = {file.first_sequence in (None, delivery.sequence) for file in delivery.files}
    others = _landed_releases(batch) if len(is_new) == 2 else {}
    order = _release_order(contract, _ranks(releases | others), batch.city_zone)
    if order is None:
        return RowSet()
    landed = f"landing.{quoted(contract.source)} where {landed}"
    return row_set(batch.con, _queries(batch).older(among, partition, order, landed, list(others)))


def _queries(batch: Batch) -> Any:
    return queries(Path(__file__).with_suffix(".sql.jinja"), batch=batch, source_file=_FILE)


def rank_files(contract: Contract, delivery: DeliveryRecord) -> dict[str, int]:
    """The rank of each file's release among those of the delivery, the oldest first; files of one release have one rank."""
    return _ranks(_releases(contract, delivery))


def _releases(contract: Contract, delivery: DeliveryRecord) -> dict[str, Release]:
    first_loads = ((file, delivery.sequence if file.first_sequence is None else file.first_sequence) for file in delivery.files)
    return {file.name: (_named_release(contract, file.name), first) for file, first in first_loads}


def _landed_releases(batch: Batch) -> dict[str, Release]:
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
    return {f"{load_id}/{file}": (_named_release(contract, file), sequence) for load_id, file, sequence in found}


def _named_release(contract: Contract, file: str) -> Named:
    release = contract.load.release
    found = re.search(release.file_name, file) if release and release.file_name else None
    groups = [group or "" for group in found.groups()] if found else []
    return tuple((not group.isdecimal(), int(group) if group.isdecimal() else 0, group) for group in groups)


def _ranks(releases: Mapping[str, Release]) -> dict[str, int]:
    # a name without a release cannot be compared with one that has it
    by_name = all(named for named, _ in releases.values())
    keys = {key: (named, first) if by_name else (first, named) for key, (named, first) in releases.items()}
    ordered = sorted(set(keys.values()))
    return {key: ordered.index(release) for key, release in keys.items()}


def _release_order(contract: Contract, ranks: Mapping[str, int], city_zone: str) -> str | None:
    """SQL list that orders rows by release, the oldest first; None if all rows are of one release."""
    by_column = contract.load.release.column if contract.load.release else None
    if len(set(ranks.values())) < 2 and by_column is None:
        return None
    by_file = rank_expression(ranks, _FILE)
    if by_column is None:
        return by_file
    column = contract.column(by_column)
    dated = f"case when not {any_refused([column], city_zone)} then {typed_expression(column, city_zone)} end"
    return f"{dated} nulls first, {by_file}"


def find_rival_files(batch: Batch) -> tuple[str, ...]:
    """The files of one release that contain the same records, so that the newer one is unknown.

    One release has a record once. Two files with the same record are two releases. Without a key, records of different files are
    not compared.
    """
    if not (ranks := _tied_ranks(batch)):
        return ()
    dated = batch.contract.load.release.column if batch.contract.load.release else None
    release = [typed_expression(batch.contract.column(dated), batch.city_zone)] if dated else []
    found = _queries(batch).rival_files(rank_expression(ranks), [*batch.key, *release])
    return tuple(file for (file,) in batch.con.execute(found).fetchall())


def find_rival_states(batch: Batch) -> tuple[str, ...]:
    """The files with different states of one record, of which nothing dates the newest: neither `order_by` nor the files' age."""
    if not (ranks := _tied_ranks(batch)):
        return ()
    age = f"row({', '.join([*batch.dating, rank_expression(ranks)])})"
    cells = [quoted(column.name) for column in batch.contract.kept_columns]
    return tuple(file for (file,) in batch.con.execute(_queries(batch).rival_states(batch.key, age, cells)).fetchall())


def _tied_ranks(batch: Batch) -> dict[str, int]:
    """The ranks of the files, if records can be compared and several files have one rank; else none."""
    ranks = rank_files(batch.contract, batch.delivery)
    return ranks if batch.contract.record_key and len(set(ranks.values())) < len(ranks) else {}


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
    found = batch.con.execute(_queries(batch).overlap(release, batch.unit, LEAST_OF_DAY, LEAST_SHARED)).fetchone()
    return Overlap((found[0], found[1]), found[2], found[3]) if found else None
