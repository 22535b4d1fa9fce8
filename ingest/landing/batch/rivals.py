"""Find files of one batch of which Levelground cannot know the newer: without their order, a withdrawn row might be published."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.landing.batch.releases import rank_files, repeated_files
from ingest.landing.batch.rows import Batch, rank_expression
from ingest.typing import typed_expression
from warehouse.sql import quoted

LEAST_OF_DAY, LEAST_SHARED = 0.2, 0.5


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
