"""Select the rows of a batch that belong to the newest release of their partition, or are the newest state of their record.

A folder may contain several files of one release, an older release next to a newer one, and the same file twice. See
`ingest.landing.load_modes` for the landed rows that a batch replaces.

The newer of two releases has the later `load.release` of the contract. If the contract or a file's name has none, or both are
equal, the newer one is the release whose file no earlier load contained. Names and modification times decide nothing, because a
copy changes both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.delivery import DeliveryRecord
from ingest.landing.batch_rows import batch_relation, count_rows, is_usable, new_excluded_row_table
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


def partition_columns(contract: Contract, city_zone: str) -> list[tuple[str, str, bool]]:
    """The columns of a partition: the name of each, its SQL, and whether a message may show its value."""
    cells = []
    for name in contract.load.partition_by or ():
        if name == SNAPSHOT_ON:
            cells.append(("snapshot", SNAPSHOT_ON, True))
        else:
            column = contract.column(name)
            cells.append((name, typed_expression(column, city_zone), column.privacy == "public"))
    return cells


def record_key_expressions(contract: Contract, city_zone: str) -> list[str]:
    """SQL of a record's key, empty if the contract has none; the same record in two snapshots of a stock is two records."""
    key = [typed_expression(contract.column(name), city_zone) for name in contract.record_key]
    return [*key, SNAPSHOT_ON] if key and contract.snapshot else key


def partition_expression(contract: Contract, city_zone: str) -> str:
    """SQL of a row's partition, for comparison with those of other rows."""
    return f"({', '.join(sql for _, sql, _ in partition_columns(contract, city_zone))})"


def exclude_repeated_files(
    con: DuckDBPyConnection, delivery: DeliveryRecord, rows: str, condition: str, given: str
) -> tuple[str, int]:
    """SQL of the rows of `kept` that are in no second copy of a file; how many `given` rows are in one."""
    # the same bytes for another day are another snapshot
    first: dict[tuple[str, dt.date | None], str] = {}
    copies = [
        file.name
        for file in delivery.files
        if file.sha256 and first.setdefault((file.sha256, file.snapshot_on), file.name) != file.name
    ]
    if not copies:
        return condition, 0
    copied = f"_source_file in ({', '.join(map(literal, copies))})"
    return f"{condition} and not {copied}", count_rows(con, f"select count(*) from {rows} where {given} and {copied}")


def exclude_older_releases(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, rows: str, among: str, city_zone: str
) -> tuple[str, int]:
    """SQL that excludes the rows of `among` for whose partition there is a newer release; the number of these rows.

    An old file in the folder next to a new one does not undo later loads. A delivery without any new file does, because the
    department sent an earlier state again on purpose.
    """
    return _exclude_older(
        con, contract, delivery, rows, among, partition_expression(contract, city_zone), "not _refused", city_zone
    )


def exclude_older_states(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, rows: str, among: str, city_zone: str
) -> tuple[str, int]:
    """The same for load mode `merge`: SQL that excludes the rows of `among` of which a newer file has another state."""
    key = f"row({', '.join(record_key_expressions(contract, city_zone))})"
    return _exclude_older(con, contract, delivery, rows, among, key, "true", city_zone)


def _exclude_older(
    con: DuckDBPyConnection,
    contract: Contract,
    delivery: DeliveryRecord,
    rows: str,
    among: str,
    partition: str,
    landed: str,
    city_zone: str,
) -> tuple[str, int]:
    releases = {(delivery.load_id, name): release for name, release in _releases(contract, delivery).items()}
    table = new_excluded_row_table(con)
    candidates = f"select *, {partition} as _partition from {rows} where {among}"
    if _has_new_and_known_files(delivery):
        releases |= _landed_releases(con, contract, delivery)
        candidates += (
            f" union all by name select *, {partition} as _partition from landing.{quoted(contract.source)}"
            f" where {landed} and {_one_of_files(key for key in releases if key[0] != delivery.load_id)}"
        )
    order = _release_order(contract, _ranks(releases), city_zone)
    if order is None:
        return "", 0
    con.execute(
        f"""
        create temp table {table} as
        with releases as (select _row, dense_rank() over (order by {order}) as _release, _partition from ({candidates}))
        select _row from releases qualify _release < max(_release) over (partition by _partition)
        """
    )
    con.execute(f"delete from temp.{table} where _row is null")
    found = count_rows(con, f"select count(*) from temp.{table}")
    return (f" and _row not in (select _row from temp.{table})", found) if found else ("", 0)


def find_rival_files(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, city_zone: str
) -> tuple[str, ...]:
    """The files of one release that contain the same records, so that the newer one is unknown.

    One release has a record once. Two files with the same record are two releases. Without their order, Levelground might publish
    a withdrawn row again. Without a key, records of different files are not compared.
    """
    if not contract.record_key or len(delivery.files) < 2:
        return ()
    ranks = rank_files(contract, delivery)
    if len(set(ranks.values())) == len(ranks):
        return ()
    rows = batch_relation(con, contract, delivery, batch, city_zone)
    good, _ = exclude_repeated_files(con, delivery, rows, is_usable(contract, city_zone), "true")
    same = record_key_expressions(contract, city_zone)
    names = ", ".join(f"{literal(name)}: {rank}" for name, rank in ranks.items())
    dated = contract.load.release.column if contract.load.release else None
    release = [typed_expression(contract.column(dated), city_zone)] if dated else []
    found = con.execute(
        f"""
        with held as (
            select distinct
                _source_file, (map {{{names}}})[_source_file] as _release, hash({", ".join([*same, *release])}) as _record
            from {rows} where {good}
        )
        select distinct unnest(list(_source_file)) as file
        from held group by _release, _record having count(*) > 1
        order by file
        """
    )
    return tuple(file for (file,) in found.fetchall())


def find_rival_states(
    con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord, batch: Path, city_zone: str
) -> tuple[str, ...]:
    """The files with different states of one record, of which nothing dates the newest: neither `order_by` nor the files' age."""
    ranks = rank_files(contract, delivery)
    if not contract.record_key or len(set(ranks.values())) == len(ranks):
        return ()
    rows, usable = batch_relation(con, contract, delivery, batch, city_zone), is_usable(contract, city_zone)
    key = ", ".join(record_key_expressions(contract, city_zone))
    dated = [typed_expression(contract.column(name), city_zone) for name in contract.load.dating_columns]
    rank = f"(map {{{', '.join(f'{literal(name)}: {rank}' for name, rank in ranks.items())}}})[_source_file]"
    age = f"row({', '.join([*(part for value in dated for part in (f'{value} is not null', value)), rank])})"
    cells = ", ".join(quoted(column.name) for column in contract.kept_columns)
    found = con.execute(
        f"""
        with states as (
            select hash({key}) as _record, {age} as _age, _source_file, _row, hash({cells}) as _state from {rows} where {usable}
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


def rank_files(contract: Contract, delivery: DeliveryRecord) -> dict[str, int]:
    """The rank of each file's release among those of the delivery, the oldest first; files of one release have one rank."""
    return _ranks(_releases(contract, delivery))


def _releases(contract: Contract, delivery: DeliveryRecord) -> dict[str, Release]:
    first_loads = ((file, delivery.sequence if file.first_sequence is None else file.first_sequence) for file in delivery.files)
    return {file.name: (_named_release(contract, file.name), first) for file, first in first_loads}


def _landed_releases(con: DuckDBPyConnection, contract: Contract, delivery: DeliveryRecord) -> dict[Key, Release]:
    """The releases of files of other loads that have rows in landing, except files that this delivery contains, too."""
    found = con.execute(
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
