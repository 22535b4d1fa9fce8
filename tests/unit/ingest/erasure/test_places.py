"""Rows of a delivery that is gone are found in a release by the key of their fact, also in releases of earlier versions."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

import duckdb
import pyarrow as pa
import pytest

from ingest.delivery.removals import ErasedKeys
from ingest.erasure.plan import ROW_SCHEMA, Plan, SourcePlan, in_release, register_rows
from warehouse.paths import Home
from warehouse.record_keys import read_secret

SOURCE = "dpt__visits"
HASH = hashlib.md5(b"dpt__visits\x1f7", usedforsecurity=False).hexdigest()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("is_erased", [True, False])
def test_facts_are_found_by_their_key_with_and_without_the_secret(home: Home, is_erased: bool) -> None:
    secret = read_secret(home.record_key_secret)

    def keyed(text: str) -> str:
        return hmac.digest(secret, text.encode(), "sha256").hex()[:32]

    keys = {
        "keyed": keyed(HASH), "keyed, second of equal rows": keyed(f"{HASH}#2"), "released with a plain hash": HASH,
        "plain hash, third of equal rows": _md5(f"{HASH}#3"), "another record": keyed(_md5("dpt__visits\x1f8")),
        "another home": hmac.digest(b"\x00" * 32, HASH.encode(), "sha256").hex()[:32],
    }  # fmt: skip
    erased = (ErasedKeys(columns=("visit_number",), hashes=("aa",)),) if is_erased else ()
    plan = Plan(
        removal_id="r1", kind="erased", reason="x", erased_at=dt.datetime(2026, 1, 1), erased_by="x",
        sources=(SourcePlan(source=SOURCE, records=1, erased=erased),),
    )  # fmt: skip
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as analyst; create schema analyst.marts")
        con.execute(
            "create table analyst.marts.fct_visits "
            "(visit_key varchar, source varchar, _load_id varchar, _source_file varchar, _source_row bigint, note varchar)"
        )
        rows = [(key, SOURCE, "gone", "a.csv", 1, note) for note, key in keys.items()]
        con.executemany("insert into analyst.marts.fct_visits values (?, ?, ?, ?, ?, ?)", rows)
        listed = [{"source": SOURCE, "load_id": "kept", "source_file": "b.csv", "source_row": 3, "record_hash": HASH}]
        register_rows(con, pa.Table.from_pylist(listed, ROW_SCHEMA), home)
        condition = in_release(con, "analyst", plan)["marts", "fct_visits"]
        found = {note for (note,) in con.execute(f"select note from analyst.marts.fct_visits where {condition}").fetchall()}
    assert found == (set(keys) - {"another record", "another home"} if is_erased else set())


@pytest.mark.parametrize("whole", [True, False])
def test_a_release_from_before_a_renaming_has_the_rows_under_the_former_name(home: Home, whole: bool) -> None:
    former = _md5("desk__visits\x1f7")  # keys stay those of the first name
    source = SourcePlan(
        source=SOURCE,
        formerly=("desk__visits",),
        records=1,
        whole=whole,
        erased=(ErasedKeys(columns=("visit_number",), hashes=("aa",)),),
    )
    plan = Plan(removal_id="r1", kind="erased", reason="x", erased_at=dt.datetime(2026, 1, 1), erased_by="x", sources=(source,))
    with duckdb.connect() as con:
        con.execute(
            "attach ':memory:' as analyst; create schema analyst.marts; create table analyst.marts.fct_visits as "
            f"select * from (values ('{former}', 'desk__visits'), ('{former}', '{SOURCE}'), ('{former}', 'mpd__stops')) as row "
            "(visit_key, source), (values ('gone', 'a.csv', 1)) as place (_load_id, _source_file, _source_row)"
        )
        listed = [{"source": SOURCE, "load_id": "kept", "source_file": "b.csv", "source_row": 3, "record_hash": former}]
        register_rows(con, pa.Table.from_pylist(listed, ROW_SCHEMA), home)
        condition = in_release(con, "analyst", plan)["marts", "fct_visits"]
        found = con.execute(f"select source from analyst.marts.fct_visits where {condition} order by source").fetchall()
    assert found == [("desk__visits",), (SOURCE,)]


def test_figures_of_a_whole_source_leave_a_release(home: Home) -> None:
    """Its counts of few persons are in no public file: they leave, and those of another source and the registry stay."""
    with duckdb.connect() as con:
        con.execute(
            "attach ':memory:' as analyst; create schema analyst.marts; create schema analyst.reference;"
            f"create table analyst.marts.dim_measure as select 'composition' as measure_id, '{SOURCE}' as source, 3 as numerator "
            "union all select 'others', 'dpt__others', 3;"
            "create table analyst.marts.dim_goal as select measure_id as goal_id, measure_id from analyst.marts.dim_measure;"
            "create table analyst.marts.fct_equity_measures as "
            "select measure_id, date '2025-01-01' as period_start, 3 as numerator "
            "from analyst.marts.dim_measure;"
            "create table analyst.marts.fct_goal_progress as select goal_id, date '2025-01-01' as period_start, 3 as value "
            "from analyst.marts.dim_goal;"
            "create table analyst.reference.publication_plan as select measure_id from analyst.marts.dim_measure"
        )
        register_rows(con, pa.Table.from_pylist([], ROW_SCHEMA), home)

        def left(whole: bool) -> dict[str, int]:
            plan = Plan(
                removal_id="r1", kind="removed", reason="x", erased_at=dt.datetime(2026, 1, 1), erased_by="x",
                sources=(SourcePlan(source=SOURCE, records=1, whole=whole),),
            )  # fmt: skip
            return {
                table: len(con.execute(f"select 1 from analyst.{schema}.{table} where {condition}").fetchall())
                for (schema, table), condition in in_release(con, "analyst", plan).items()
            }

        assert left(whole=True) == {"fct_equity_measures": 1, "fct_goal_progress": 1}
        assert left(whole=False) == {}, "a record that is removed leaves the figures, which no one can compute without it"
