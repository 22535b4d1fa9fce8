"""Find files of one batch of which Levelground cannot know the newer: without their order, a withdrawn row might be published."""

from __future__ import annotations

from ingest.landing.batch.releases import rank_files, repeated_files
from ingest.landing.batch.rows import Batch, rank_expression
from ingest.typing import typed_expression
from warehouse.sql import quoted


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
