from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.published import gate_published
from expectations.results import GateResult
from ingest.contract import Contract
from warehouse.connection import attach, database_path

GOOD = """
create schema public.published;
create table public.published.measures as select 'stops' as measure_id, 'how many' as question, 'persons stopped' as numerator;
create table public.published.sources as select 'dpt__visits' as source, 11 as suppress_below;
create table public.published.geographies as select '4' as geoid, '\x01'::blob as geometry_wkb;
create table public.published.labels as select 'measure' as subject, 'stops' as code, 'es' as language_code;
create table public.published.engagement_responses as select 'parks' as theme_code, 11 as inputs_count;
create table public.published.release as select 'r1' as release_id;
"""


@pytest.fixture
def public(connection: DuckDBPyConnection, tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    attach(connection, tmp_path / "public.duckdb", "public")
    connection.execute(GOOD)
    yield connection


def gate(connection: DuckDBPyConnection, *contracts: Contract) -> GateResult:
    return gate_published(database_path(connection), contracts)


def test_a_file_that_describes_and_counts_nobody_passes(
    public: DuckDBPyConnection, make_contract: Callable[..., Contract]
) -> None:
    result = gate(public, make_contract())
    assert (result.gate, result.subject) == ("disclosure", "published")
    assert result.passed
    public.execute("drop table public.published.release")  # written when the file is sealed, after this gate
    assert gate(public).passed


@pytest.mark.parametrize(
    ("spoil", "expectation"),
    [
        (
            "create table public.published.equity_measures as select 'black' as race_ethnicity_code, 12 as numerator",
            "tables_without_values",
        ),
        ("alter table public.published.measures add column value double", "columns_without_values"),
        ("alter table public.published.sources add column numerator bigint", "columns_without_values"),
        ("create schema public.marts; create table public.marts.measures as select 1 as question", "schemas"),
        ("create view public.published.release2 as select 1 as release_id", "tables_only"),
        ("alter table public.published.sources add column fee varchar", "private_columns"),
        ("drop table public.published.measures", "table_exists"),
        ("drop table public.published.sources", "table_exists"),
        ("drop table public.published.geographies", "table_exists"),
        ("drop table public.published.labels", "table_exists"),
        ("drop table public.published.engagement_responses", "table_exists"),
        ("alter table public.published.geographies add column population double", "columns_without_values"),
    ],
)
def test_what_must_not_go_out_blocks_the_release(
    public: DuckDBPyConnection, make_contract: Callable[..., Contract], spoil: str, expectation: str
) -> None:
    public.execute(spoil)
    result = gate(public, make_contract())
    assert expectation in {finding.expectation for finding in result.failed_critical}
    assert not result.passed


def test_only_the_attached_file_is_looked_at(public: DuckDBPyConnection) -> None:
    public.execute("create table delivery.equity_measures as select 12 as numerator")
    assert gate(public).passed
