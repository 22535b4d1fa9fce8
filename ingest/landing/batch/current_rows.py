"""Choose the rows of a batch that count: landing is these rows of each accepted load, less those that a later load replaced.

A delivered row does not count if it is blank, a duplicate, of an older release, or an older state of its record. A row without a
usable key, period or partition is rejected.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ingest.contract.sections.snapshot import SNAPSHOT_ON
from ingest.landing.batch.releases import older_releases, older_states, rank_files, repeated_files
from ingest.landing.batch.rows import Batch, RowSet, earlier_rows, file_identities
from warehouse.sql import literal, quoted


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
        copies = repeated_files(batch, filled)
        good = f"{condition} and {copies.others} and {filled} and {batch.usable}"
        releases = older_releases(batch, good)
        if releases.count:
            superseded = f"(select * from {batch.rows} where {good} and not ({releases.others}))"
        condition = f"{condition} and {copies.others} and {releases.others}"
        duplicates, older = copies.count, releases.count
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


def promoted_under_another_contract(batch: Batch) -> str:
    """SQL boolean of landed rows of mode `append`: an older contract read the same file, which this batch replaces."""
    files = ", ".join(map(literal, file_identities(batch.delivery).values()))
    return f"_contract <> {literal(batch.terms)} and list_contains([{files}]::varchar[], _file_sha256)"
