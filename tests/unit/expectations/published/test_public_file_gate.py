from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.marts.suites import Suite, read_suites
from expectations.published.public_file_gate import PUBLIC_SUITES, gate_published
from expectations.results import GateResult
from ingest.contract import Contract
from warehouse.connection import attach, database_path

SUITES = (
    Suite(table="measures", grain=("measure_id",), columns=("numerator", "fee")),
    Suite(table="figures", grain=("measure_id",), columns=("numerator",)),
)
GOOD = """
create schema public.published;
create table public.published.measures as select 'stops' as measure_id, 'persons stopped' as numerator, 'none' as fee;
create table public.published.figures as select 'stops' as measure_id, 12 as numerator;
"""


@pytest.fixture
def public(connection: DuckDBPyConnection, tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    attach(connection, tmp_path / "public.duckdb", "public")
    connection.execute(GOOD)
    yield connection


def gate(connection: DuckDBPyConnection, *contracts: Contract) -> list[GateResult]:
    return gate_published(database_path(connection), contracts, SUITES)


def test_a_file_with_what_is_promised_passes(public: DuckDBPyConnection, make_contract: Callable[..., Contract]) -> None:
    """A column may be called like a private one (`fee`) where a suite names it: it describes measures, not persons."""
    results = gate(public, make_contract())
    assert [(result.gate, result.subject) for result in results] == [
        ("disclosure", "published"), ("build", "published.figures"), ("build", "published.measures"),
    ]  # fmt: skip
    assert all(result.passed and not result.warnings for result in results)
    public.execute("create table public.published.release as select 'r1' as release_id")  # written when the file is sealed
    assert all(result.passed and not result.warnings for result in gate(public))


@pytest.mark.parametrize(
    ("spoil", "expectation"),
    [
        ("create table public.published.visits as select 12 as numerator", "tables_promised"),
        ("alter table public.published.figures add column race varchar", "columns_promised"),
        ("create schema public.marts; create table public.marts.measures as select 1 as measure_id", "schemas"),
        ("create view public.published.release2 as select 1 as release_id", "tables_only"),
        ("alter table public.published.figures add column fee varchar", "private_columns"),
        ("drop table public.published.figures", "table_exists"),
        ("alter table public.published.figures drop column numerator", "column_exists"),
        ("insert into public.published.figures from public.published.figures", "grain"),
    ],
)
def test_what_must_not_go_out_blocks_the_release(
    public: DuckDBPyConnection, make_contract: Callable[..., Contract], spoil: str, expectation: str
) -> None:
    public.execute(spoil)
    failed = [finding.expectation for result in gate(public, make_contract()) for finding in result.failed_critical]
    assert expectation in failed


def test_only_the_attached_file_is_looked_at(public: DuckDBPyConnection) -> None:
    public.execute("create table delivery.figures as select 12 as numerator")
    assert all(result.passed for result in gate(public))


def test_every_public_table_has_a_suite() -> None:
    assert {suite.table for suite in read_suites(PUBLIC_SUITES)} >= {
        "equity_measures", "disparity_indices", "goal_progress", "measures", "geographies", "sources",
    }  # fmt: skip
