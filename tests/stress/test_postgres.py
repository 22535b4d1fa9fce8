"""A large table of a department's PostgreSQL is read in bounded memory."""

from __future__ import annotations

import gc
from pathlib import Path

import psutil
import pyarrow.compute as pc

from tests.integration.test_postgres import contract_of, origin_of, postgres, server
from tests.support.postgres import Postgres

__all__ = ["postgres", "server"]

MILLION = 1_000_000
# Four texts of a million rows at once are some 350 MB of Python objects; a batch of 65,536 rows is some 20 MB.
BOUNDED_MB = 120


def test_a_million_rows_come_in_bounded_memory(postgres: Postgres, tmp_path: Path) -> None:
    postgres.do(
        f"create table visits as select i as a, 'visit ' || i as b, i % 7 as c, now() as d from generate_series(1, {MILLION}) i"
    )
    (part,) = origin_of(postgres, contract_of("a", "b", "c", "d", table="visits")).tables
    gc.collect()
    process = psutil.Process()
    before = peak = process.memory_info().rss
    rows = total = 0
    with part.read() as opened:
        for batch in opened.batches:
            rows += batch.num_rows
            total += pc.sum(pc.cast(batch.column(0), "int64")).as_py()
            peak = max(peak, process.memory_info().rss)
    assert (rows, total) == (MILLION, MILLION * (MILLION + 1) // 2)
    assert (peak - before) / 1e6 < BOUNDED_MB
