"""A home without a release, and a warehouse with what the suppressor reads."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            """
            attach ':memory:' as release; attach ':memory:' as public;
            create schema release.marts; create schema release.reference; create schema public.published;
            create schema intermediate;
            create table release.marts.dim_measure as select 'stops' as measure_id, 1 as measure_version, 'police' as source;
            create table release.marts.dim_race_ethnicity as
                select unnest(['black', 'white', 'asian', 'hispanic']) as race_ethnicity_code, 'category' as kind
                union all select 'all', 'total';
            create table release.reference.publication_records (records varchar, universe varchar, persons_stay boolean);
            create table release.reference.order_statistics as select 'pay' as measure_id, 1000.0 as grid;
            create table intermediate.int_disclosure__planned (
                measure_id varchar, measure_version integer, period_type varchar, period_start date, period_end date,
                geography_type varchar, geography_vintage varchar, geoid varchar, race_standard varchar,
                race_ethnicity_code varchar, tabulation varchar, method varchar, stratum_type varchar, stratum_code varchar,
                value_status varchar, reliability varchar, numerator double, denominator double, value double, threshold integer,
                hides_zeros boolean, kind varchar, minimum_n double, numerator_records varchar, denominator_records varchar,
                rests_on_records varchar, known_numerator double, known_denominator double, records double, known_records double,
                is_confidential boolean, place_coverage_pct double, bin_records double, has_small_bin boolean
            );
            create table release.marts.fct_equity_measures as
                select * exclude (
                    threshold, hides_zeros, kind, minimum_n, numerator_records, denominator_records, rests_on_records,
                    known_numerator, known_denominator, records, known_records, is_confidential, bin_records, has_small_bin
                ) from intermediate.int_disclosure__planned;
            create table intermediate.int_disclosure__thresholds (
                measure_id varchar, measure_version integer, kind varchar, minimum_n double, is_confidential boolean,
                threshold integer, hides_zeros boolean, numerator_records varchar, denominator_records varchar,
                rests_on_records varchar
            );
            create table intermediate.int_engagement_responses__aggregated (
                jurisdiction varchar, period_start date, period_end date, closed_on date, shown_theme_code varchar,
                inputs_count bigint, adopted_count bigint, adapted_count bigint, declined_count bigint, pending_count bigint,
                first_told_on date, last_told_on date, threshold integer, told_in_languages varchar[], declined_reasons varchar[],
                decision_references varchar[]
            );
            create schema disclosure;
            create table disclosure.reported_responses as
                select *, null::timestamp as reported_at, false as is_revision_pending, false as is_hidden
                from intermediate.int_engagement_responses__aggregated;
            create table public.published.engagement_responses as
                select jurisdiction, period_start, shown_theme_code as theme_code, '' as publication_status
                from intermediate.int_engagement_responses__aggregated;
            """
        )
        yield connection
