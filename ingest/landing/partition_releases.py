"""Which rows of a batch belong to the newest release of their partition.

A folder may hold several files of one release, an older release next to the newer one, and one file twice. Load mode
`replace_partition` takes of each partition the newest release alone. See `ingest.landing.promote` for the rows that it replaces.

The newer of two releases is the one with the later `load.release` of the contract; where the contract has none, a file's name has
none, or both are alike, the one whose file an earlier load did not contain. The order of names and modification times decide
nothing: a copy changes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from duckdb import DuckDBPyConnection

from ingest.contract import Contract
from ingest.contract.snapshot import SNAPSHOT_ON
from ingest.delivery.write_batch import Receipt
from ingest.landing.snapshots import batch_snapshot
from ingest.typing.expressions import column_refused, typed_expression
from warehouse.sql import literal, quoted

SPARE = "spare_"
# load and file
Key = tuple[str, str]
# what the file's name says of the release: numbers as numbers, since release 10 comes after release 9
Named = tuple[tuple[bool, int, str], ...]
# the name's release, and the first load with the file
Release = tuple[Named, int]
K = TypeVar("K")
_FILE = "_load_id || '/' || _source_file"


def partition_cells(contract: Contract, city_zone: str) -> list[tuple[str, str, bool]]:
    """What a partition is named by: the name of each part, its SQL, and whether a message may show its value."""
    cells = []
    for name in contract.load.partition_by or ():
        if name == SNAPSHOT_ON:
            cells.append(("snapshot", SNAPSHOT_ON, True))
        else:
            column = contract.column(name)
            cells.append((name, typed_expression(column, city_zone), column.privacy == "public"))
    return cells


def record_cells(contract: Contract, city_zone: str) -> list[str]:
    """SQL of what names one record; the same record in two snapshots of a stock is two. Nothing where there is no key."""
    key = [typed_expression(contract.column(name), city_zone) for name in contract.record_key]
    return [*key, SNAPSHOT_ON] if key and contract.snapshot else key


def partition_of(contract: Contract, city_zone: str) -> str:
    """SQL of a row's partition, for comparison with those of other rows."""
    return f"({', '.join(sql for _, sql, _ in partition_cells(contract, city_zone))})"


def spare_tables(con: DuckDBPyConnection) -> list[str]:
    """The temporary tables of rows that give way to another one of their batch."""
    named = f"select table_name from duckdb_tables() where temporary and starts_with(table_name, {literal(SPARE)})"
    return [name for (name,) in con.execute(named).fetchall()]


def repeated_files(con: DuckDBPyConnection, receipt: Receipt, rows: str, kept: str, given: str) -> tuple[str, int]:
    """SQL of the rows of `kept` that are in no second copy of a file, and how many rows that are `given` are in one."""
    # the same bytes as of another day are another snapshot
    first: dict[tuple[str, str | None], str] = {}
    copies = [
        file.name
        for file in receipt.files
        if file.sha256 and first.setdefault((file.sha256, file.snapshot_on), file.name) != file.name
    ]
    if not copies:
        return kept, 0
    copied = f"_source_file in ({', '.join(map(literal, copies))})"
    found = con.execute(f"select count(*) from {rows} where {given} and {copied}").fetchone()
    return f"{kept} and not {copied}", found[0] if found else 0


def newest_releases(
    con: DuckDBPyConnection, contract: Contract, receipt: Receipt, rows: str, among: str, city_zone: str
) -> tuple[str, int]:
    """SQL that leaves out the rows among some for whose partition there is a newer release; how many these are.

    A file that stays in the folder next to a new one does not undo what later loads have landed. A delivery without any new file
    does: an earlier state was delivered again on purpose.
    """
    releases = {(receipt.load_id, name): release for name, release in _releases(contract, receipt).items()}
    partition, table = partition_of(contract, city_zone), f"{SPARE}{len(spare_tables(con))}"
    candidates = f"select *, {partition} as _partition from {rows} where {among}"
    if _holds_new_and_known(receipt):
        releases |= _landed_releases(con, contract, receipt)
        candidates += (
            f" union all by name select *, {partition} as _partition from landing.{quoted(contract.source)}"
            f" where not _refused and {_one_of_files(key for key in releases if key[0] != receipt.load_id)}"
        )
    order = _order(contract, _places(releases), city_zone)
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
    found = con.execute(f"select count(*) from temp.{table}").fetchone()
    return (f" and _row not in (select _row from temp.{table})", found[0]) if found and found[0] else ("", 0)


def rival_files(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, batch: Path, city_zone: str) -> tuple[str, ...]:
    """The files of one release that hold the same records, so that which of them is the newer is not known.

    One release holds a record once. Two files with the same record are two releases, and without their order a withdrawn row
    might be published again. Without a key, records of different files are not compared.
    """
    if not contract.record_key or len(receipt.files) < 2:
        return ()
    ranks = file_ranks(contract, receipt)
    if len(set(ranks.values())) == len(ranks):
        return ()
    rows = batch_rows(con, contract, receipt, batch, city_zone)
    good, _ = repeated_files(con, receipt, rows, usable(contract, city_zone), "true")
    same = record_cells(contract, city_zone)
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


def usable(contract: Contract, city_zone: str) -> str:
    """SQL boolean: a row of a batch has a good value in every column that decides where it goes."""
    bad = " or ".join(column_refused(contract.column(name), city_zone) for name in contract.deciding_columns)
    return f"not ({bad or 'false'})"


def batch_rows(con: DuckDBPyConnection, contract: Contract, receipt: Receipt, batch: Path, city_zone: str) -> str:
    """The rows of a batch as a relation; `_row` is the place of a row in it, `_snapshot_on` the date of its snapshot."""
    dated = f"{batch_snapshot(con, contract, receipt, batch, city_zone)} as {SNAPSHOT_ON}"
    return f"(select *, file_row_number as _row, {dated} from read_parquet({literal(str(batch))}, file_row_number = true))"


def file_ranks(contract: Contract, receipt: Receipt) -> dict[str, int]:
    """The place of each file's release among those of the delivery, the oldest first; files of one release have the same."""
    return _places(_releases(contract, receipt))


def _releases(contract: Contract, receipt: Receipt) -> dict[str, Release]:
    known = ((file, receipt.sequence if file.first_sequence is None else file.first_sequence) for file in receipt.files)
    return {file.name: (_named_release(contract, file.name), first) for file, first in known}


def _landed_releases(con: DuckDBPyConnection, contract: Contract, receipt: Receipt) -> dict[Key, Release]:
    """The releases of the files of other loads that have rows in landing; a file of this delivery is none of them."""
    found = con.execute(
        f"""
        select distinct landed._load_id, landed._source_file, loads.sequence from landing.{quoted(contract.source)} as landed
        inner join intake.loads as loads on loads.source = ? and landed._load_id = loads.load_id
        where landed._load_id <> ? and not list_contains(?, landed._file_sha256)
        """,
        [contract.source, receipt.load_id, [file.sha256 for file in receipt.files if file.sha256]],
    ).fetchall()
    return {(load_id, file): (_named_release(contract, file), sequence) for load_id, file, sequence in found}


def _holds_new_and_known(receipt: Receipt) -> bool:
    is_new = {file.first_sequence in (None, receipt.sequence) for file in receipt.files}
    return len(is_new) == 2


def _named_release(contract: Contract, file: str) -> Named:
    release = contract.load.release
    found = re.search(release.file_name, file) if release and release.file_name else None
    groups = [group or "" for group in found.groups()] if found else []
    return tuple((not group.isdecimal(), int(group) if group.isdecimal() else 0, group) for group in groups)


def _places(releases: Mapping[K, Release]) -> dict[K, int]:
    # a name without a release cannot be compared with one that has it
    by_name = all(named for named, _ in releases.values())
    keys = {key: (named, first) if by_name else (first, named) for key, (named, first) in releases.items()}
    ordered = sorted(set(keys.values()))
    return {key: ordered.index(place) for key, place in keys.items()}


def _order(contract: Contract, places: Mapping[Key, int], city_zone: str) -> str | None:
    """SQL list to order rows by, the oldest release first; None where all rows are of one release."""
    by_column = contract.load.release.column if contract.load.release else None
    if len(set(places.values())) < 2 and by_column is None:
        return None
    by_file = f"(map {{{', '.join(f'{literal(_joined(key))}: {place}' for key, place in places.items())}}})[{_FILE}]"
    if by_column is None:
        return by_file
    column = contract.column(by_column)
    dated = f"case when not {column_refused(column, city_zone)} then {typed_expression(column, city_zone)} end"
    return f"{dated} nulls first, {by_file}"


def _one_of_files(keys: Iterable[Key]) -> str:
    return f"list_contains([{', '.join(literal(_joined(key)) for key in keys)}]::varchar[], {_FILE})"


def _joined(key: Key) -> str:
    return "/".join(key)
