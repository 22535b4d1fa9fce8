"""The disclosure gate as a run calls it: on the file that the process has open, with both release files and the ledger.

Every finding of the gate is seen to pass on a good public file and to fail on the one that it is for, and none of them contains
a hidden figure.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.disclosure.disclosure_gate import SUBJECT, gate_disclosure
from expectations.disclosure.inputs.audit_inputs import FIGURES, GRAIN, WORDS, CellKey, Row
from expectations.results import ExpectationResult, GateResult
from tests.unit.expectations.disclosure.world import CITY, measure, publish, slice_rows, where
from warehouse.connection import attach, database_path, scratch

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "reference"
STOPS, SEARCHED = measure("composition", "stops"), measure("proportion", "searched")
# figures that occur nowhere else, so that a message with one of them is caught
BLACK, ASIAN = 7, 31
HIDDEN = (where("black"), where("asian"))
SHOWN = """
create schema release.marts;
create schema release.reference;
create schema public.published;
create schema disclosure;
create table release.reference.publication_records (
    measure_id varchar, part varchar, records varchar, universe varchar, persons_stay boolean
);
insert into release.reference.publication_records values
    ('stops', 'numerator', 'stops.numerator', null, null),
    ('searched', 'numerator', 'searched.numerator', 'searched.denominator', null),
    ('searched', 'denominator', 'searched.denominator', null, null);
create table release.reference.publication_rules as select * from read_csv('{seeds}/publication_rules.csv');
create table release.marts.dim_source as select * from (values
    ('fpc__police_stops', 'person', 'public', 11, 'show', 'always'),
    ('ucc__service_requests', 'record', 'public', 11, 'show', 'always')
) as t (source, statistical_unit, classification, suppress_below, zeros, protect);
create table release.marts.dim_measure as select * from (values
    ('stops', 1, 'composition', 'percent', 20, 'person', 'fpc__police_stops', null, null),
    ('searched', 1, 'proportion', 'percent', 20, 'person', 'fpc__police_stops', null, null),
    ('requests', 1, 'count', 'count', 20, 'record', 'ucc__service_requests', null, null)
) as t (measure_id, measure_version, kind, unit, minimum_n, statistical_unit, source, population, age_universe);
create table release.marts.dim_race_ethnicity as select * from read_csv('{seeds}/race_ethnicity.csv');
create table release.marts.fct_population (population_scheme varchar, age_universe varchar, geography_type varchar,
    geography_vintage varchar, geoid varchar, race_standard varchar, race_ethnicity_code varchar, population double);
create table release.marts.dim_goal as select 'fewer' as goal_id, 'searched' as measure_id, 1 as measure_version,
    'year' as period_type, 'city' as geography_type, 'current' as geography_vintage, '{city}' as geoid,
    'spd15_1997' as race_standard,
    'exclusive' as tabulation, 'all' as stratum_type, 'all' as stratum_code, 'asian' as target_group, 'white' as comparison_group,
    date '2025-01-01' as baseline_period_start;
create table public.published.goal_progress as
    select 'fewer' as goal_id, date '2025-01-01' as period_start, null::double as value, null::double as gap;
create table public.published.disparity_indices as select 'searched' as measure_id, 1 as measure_version, 'year' as period_type,
    date '2025-01-01' as period_start, 'city' as geography_type, 'current' as geography_vintage, '{city}' as geoid,
    'spd15_1997' as race_standard, 'individual' as method, 'theil_index' as index_id, null::double as value,
    null::double as ci_low, null::double as ci_high, 'asian, white' as groups_used, null::varchar as groups_left_out;
"""


# Columns of the suppressor's table in addition to those of the marts.
_OWN_WORDS = list(WORDS)
WAITING = ("is_revision_pending boolean default false", "known_numerator double", "known_denominator double")


def truth() -> list[Row]:
    return [
        *slice_rows(STOPS, where(), {"black": (BLACK, 0), "white": (1200, 0), "asian": (ASIAN, 0), "hispanic": (390, 0)}),
        *slice_rows(SEARCHED, where(), {"black": (0, 250), "white": (240, 1800), "asian": (370, 970), "hispanic": (88, 430)}),
    ]


def good() -> tuple[Row, ...]:
    rows = truth()
    return (*publish(rows[:5], HIDDEN), *publish(rows[5:]))


def write(connection: DuckDBPyConnection, table: str, rows: Iterable[Row], *more: str) -> None:
    """A table with the columns of fct_equity_measures that the gate reads, and `more` (name type default)."""
    types = dict.fromkeys(GRAIN, "varchar") | {"measure_version": "integer", "period_start": "date"}
    types |= dict.fromkeys(FIGURES, "double") | dict.fromkeys((*_OWN_WORDS, "publication_status"), "varchar")
    columns = [f"{name} {kind}" for name, kind in types.items()]
    connection.execute(f"create or replace table {table} (jurisdiction varchar, {', '.join(columns)})")
    values = []
    for row in rows:
        at = row.where
        place = (at.period_type, at.period_start, at.geography_type, at.geography_vintage, at.geoid, at.race_standard, at.race)
        grain = (row.measure.measure_id, row.measure.measure_version, *place, at.tabulation, row.method)
        figures = [row.figures.get(name) for name in FIGURES]
        words = [row.words.get(name) for name in _OWN_WORDS]
        values.append((row.jurisdiction, *grain, at.stratum_type, at.stratum_code, *figures, *words, row.status))
    connection.executemany(f"insert into {table} values ({', '.join(['?'] * (len(types) + 1))})", values)
    connection.execute(f"create or replace table {table} as from {table} order by all")
    for column in more:
        connection.execute(f"alter table {table} add column {column}")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    with scratch(tmp_path) as connection:
        attach(connection, tmp_path / "release.duckdb", "release")
        attach(connection, tmp_path / "public.duckdb", "public")
        connection.execute(SHOWN.replace("{seeds}", str(SEEDS)).replace("{city}", CITY))
        write(connection, "release.marts.fct_equity_measures", truth())
        write(connection, "disclosure.reported", truth(), *WAITING)
        write(connection, "public.published.equity_measures", good())
        yield connection


def keep(connection: DuckDBPyConnection, ledger: Path, rows: Iterable[Row]) -> None:
    """The ledger with one release in it."""
    write(connection, "kept", rows)
    connection.execute(
        f"copy (select *, 'r1' as release_id, timestamp '2026-01-01' as published_at from kept) to '{ledger}' (format parquet)"
    )


def gate(connection: DuckDBPyConnection, tmp_path: Path) -> GateResult:
    return gate_disclosure(database_path(connection), ledger=tmp_path / "ledger.parquet")


def failed(result: GateResult) -> dict[str, ExpectationResult]:
    return {finding.expectation: finding for finding in result.findings if not finding.success}


def observed(result: GateResult) -> dict[str, float | None]:
    return {finding.expectation: finding.observed for finding in result.findings if finding.severity == "info"}


def test_a_good_public_file_passes(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    result = gate(warehouse, tmp_path)
    assert (result.gate, result.subject, result.passed) == ("disclosure", SUBJECT, True)
    assert failed(result) == {}
    counted = observed(result)
    assert counted["sensitive_cells"] == 1
    assert counted["cells"] and counted["cells"] > 10
    assert counted["seconds"] is not None


def test_an_unchanged_file_passes_again(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    keep(warehouse, tmp_path / "ledger.parquet", good())
    assert gate(warehouse, tmp_path).passed


SPOILT: list[tuple[str, str]] = [
    (
        "leaks",
        f"set numerator = {ASIAN}, publication_status = 'published', status_reason = null "
        "where measure_id = 'stops' and race_ethnicity_code = 'asian'",
    ),
    ("shown_functions", "set ci_low = 0.1 where race_ethnicity_code = 'black' and measure_id = 'stops'"),
    (
        "shown_fractions",
        "set numerator = null, denominator = null, value = null, bound_low = null, bound_high = null where measure_id = 'stops'",
    ),
    ("figures_agree", "set numerator = numerator + 1 where race_ethnicity_code = 'white' and measure_id = 'stops'"),
    ("order_statistics", "set value = 1; update release.marts.dim_measure set kind = 'median' where measure_id = 'stops'"),
]


@pytest.mark.parametrize(("expectation", "spoil"), SPOILT, ids=[name for name, _ in SPOILT])
def test_a_finding_fails_on_what_it_is_for(warehouse: DuckDBPyConnection, tmp_path: Path, expectation: str, spoil: str) -> None:
    warehouse.execute(f"update public.published.equity_measures {spoil}")
    result = gate(warehouse, tmp_path)
    finding = failed(result)[expectation]
    assert not result.passed
    assert finding.severity == "critical"
    assert finding.observed and finding.observed >= 1
    assert "stops" in finding.message and "year 2025-01-01" in finding.message and "city" in finding.message


def test_an_index_or_a_goal_over_hidden_rows_is_refused(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute(
        "update public.published.disparity_indices set value = 0.1; update public.published.goal_progress set gap = 1"
    )
    assert gate(warehouse, tmp_path).passed
    rows = truth()
    write(warehouse, "public.published.equity_measures", (*publish(rows[:5], HIDDEN), *publish(rows[5:], HIDDEN)))
    message = failed(gate(warehouse, tmp_path))["shown_functions"].message
    assert "an index over a hidden row" in message
    assert "a goal over a hidden row" in message


def test_what_the_ledger_keeps_counts(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    rows = truth()
    keep(warehouse, tmp_path / "ledger.parquet", publish(rows[:5], [where("black"), where("white")]))
    message = failed(gate(warehouse, tmp_path))["leaks"].message
    assert "stops.numerator, year 2025-01-01, city: 1 cell" in message
    # once both are published, no later release makes it worse
    keep(warehouse, tmp_path / "ledger.parquet", (*publish(rows[:5], [where("black"), where("white")]), *good()))
    result = gate(warehouse, tmp_path)
    assert result.passed
    assert [finding.expectation for finding in result.warnings] == ["told_before"]


def test_a_correction_by_few_blocks_and_one_that_waits_does_not(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    keep(warehouse, tmp_path / "ledger.parquet", good())
    corrected = slice_rows(STOPS, where(), {"black": (BLACK, 0), "white": (1203, 0), "asian": (ASIAN, 0), "hispanic": (390, 0)})
    write(warehouse, "release.marts.fct_equity_measures", [*corrected, *truth()[5:]])
    write(warehouse, "disclosure.reported", [*corrected, *truth()[5:]], *WAITING)
    write(warehouse, "public.published.equity_measures", (*publish(corrected, HIDDEN), *publish(truth()[5:])))
    result = gate(warehouse, tmp_path)
    assert set(failed(result)) == {"small_changes"}
    # the reported figure stays and is marked
    write(warehouse, "disclosure.reported", truth(), "is_revision_pending boolean default true", *WAITING[1:])
    write(warehouse, "public.published.equity_measures", good())
    assert failed(gate(warehouse, tmp_path)) == {}
    # next to rows that stay, one that moves is one that waits
    warehouse.execute("update public.published.equity_measures set numerator = numerator + 1 where race_ethnicity_code = 'all'")
    assert "waiting_as_published" in failed(gate(warehouse, tmp_path))
    write(warehouse, "public.published.equity_measures", good())
    write(warehouse, "disclosure.reported", truth(), *WAITING)
    assert set(failed(gate(warehouse, tmp_path))) == {"reported_as_counted"}


def test_an_unpublished_measure_of_the_same_records_does_not_contradict_a_figure_that_waits(
    warehouse: DuckDBPyConnection, tmp_path: Path
) -> None:
    """A night of corrections: the figure of stops stays as reported, and only an unpublished measure has today's count."""
    warehouse.execute(
        """
        insert into release.reference.publication_records values ('stops_recorded', 'denominator', 'stops.numerator', null, null);
        insert into release.marts.dim_measure
            select * replace ('stops_recorded' as measure_id, 'proportion' as kind) from release.marts.dim_measure
            where measure_id = 'stops'
        """
    )
    keep(warehouse, tmp_path / "ledger.parquet", good())
    corrected = slice_rows(STOPS, where(), {"black": (BLACK, 0), "white": (900, 0), "asian": (ASIAN, 0), "hispanic": (690, 0)})
    counts = {"black": (0, BLACK), "white": (800, 900), "asian": (20, ASIAN), "hispanic": (500, 690)}
    recorded = slice_rows(measure("proportion", "stops_recorded"), where(), counts)
    write(warehouse, "release.marts.fct_equity_measures", [*corrected, *truth()[5:], *recorded])
    write(warehouse, "disclosure.reported", truth(), "is_revision_pending boolean default true", *WAITING[1:])
    assert failed(gate(warehouse, tmp_path)) == {}


def test_a_measure_that_counts_no_persons_is_not_audited(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    requests = measure("count", "requests")
    write(warehouse, "public.published.equity_measures", (*good(), *publish(slice_rows(requests, where(), {"black": (3, 0)}))))
    assert gate(warehouse, tmp_path).passed


@pytest.mark.parametrize(
    ("make_confidential", "table"),
    [("set classification = 'confidential'", "dim_source"), ("set statistical_unit = 'household'", "dim_source"),
     ("set statistical_unit = 'person'", "dim_measure"), ("set statistical_unit = 'aggregate'", "dim_source")],
)  # fmt: skip
def test_a_confidential_source_or_persons_make_a_measure_confidential(
    warehouse: DuckDBPyConnection, tmp_path: Path, make_confidential: str, table: str
) -> None:
    requests = slice_rows(measure("count", "requests"), where(), {"black": (3, 0)})
    for name in ("release.marts.fct_equity_measures", "disclosure.reported"):
        more = WAITING if "reported" in name else ()
        write(warehouse, name, [*truth(), *requests], *more)
    write(warehouse, "public.published.equity_measures", (*good(), *publish(requests)))
    of = "source = 'ucc__service_requests'"
    warehouse.execute(f"update release.marts.{table} {make_confidential} where {of}")
    assert "requests.numerator" in failed(gate(warehouse, tmp_path))["leaks"].message


def test_no_public_row_shows_that_its_count_changed(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    write(warehouse, "public.published.equity_measures", good(), WAITING[0])
    assert "is_revision_pending" in failed(gate(warehouse, tmp_path))["columns_classified"].message


def test_a_column_or_table_that_the_audit_does_not_classify_blocks_the_release(
    warehouse: DuckDBPyConnection, tmp_path: Path
) -> None:
    warehouse.execute("alter table public.published.equity_measures add column searched_twice integer")
    warehouse.execute("create table public.published.stops_by_officer as select 1 as stops")
    found = failed(gate(warehouse, tmp_path))["columns_classified"]
    assert (found.severity, found.observed) == ("critical", 2.0)
    assert found.message.startswith("published.equity_measures.searched_twice, published.stops_by_officer.stops: ")
    assert "classify it in expectations/disclosure/columns.yml" in found.message


def test_a_time_of_day_blocks_the_release(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute(
        "alter table public.published.equity_measures add column data_as_of timestamp default timestamp '2025-12-31'"
    )
    warehouse.execute("create table public.published.release as select timestamp '2026-01-01 02:03:04' as created_at")
    assert gate(warehouse, tmp_path).passed
    warehouse.execute("update public.published.equity_measures set data_as_of = timestamp '2025-12-31 19:25:11'")
    assert failed(gate(warehouse, tmp_path))["no_time_of_day"].message.startswith("published.equity_measures.data_as_of: ")


def test_rows_stored_in_another_order_than_that_of_their_columns_block_the_release(
    warehouse: DuckDBPyConnection, tmp_path: Path
) -> None:
    """The themes that are hidden are stored from the smallest on."""
    themes = "(values ('other', null), ('libraries', null), ('youth', null), ('jobs', 148)) as t (theme_code, inputs_count)"
    warehouse.execute(f"create table public.published.labels as select theme_code as code, inputs_count as label from {themes}")
    assert failed(gate(warehouse, tmp_path))["rows_in_order_of_columns"].message.startswith("published.labels: ")
    warehouse.execute("create or replace table public.published.labels as from public.published.labels order by all")
    assert gate(warehouse, tmp_path).passed


def test_a_harmless_column_that_does_not_follow_from_others_blocks_the_release(
    warehouse: DuckDBPyConnection, tmp_path: Path
) -> None:
    warehouse.execute("alter table public.published.equity_measures add column unit varchar default 'percent'")
    assert gate(warehouse, tmp_path).passed
    warehouse.execute("update public.published.equity_measures set unit = 'few' where publication_status = 'suppressed'")
    assert failed(gate(warehouse, tmp_path))["harmless_columns_follow"].message.startswith("published.equity_measures.unit: ")
    warehouse.execute("update public.published.equity_measures set unit = null where unit = 'few'")
    assert not gate(warehouse, tmp_path).passed


def test_a_comparison_of_persons_with_other_cities_blocks_the_release(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    columns = "1 as measure_version, 'year' as period_type, date '2025-01-01' as period_start, 'black' as race_ethnicity_code"
    warehouse.execute(
        f"create table public.published.peer_comparison as select 'requests' as measure_id, {columns}, '{CITY}' as geoid"
    )
    assert gate(warehouse, tmp_path).passed
    warehouse.execute("update public.published.peer_comparison set measure_id = 'searched'")
    message = failed(gate(warehouse, tmp_path))["shown_functions"].message
    assert "a comparison with other cities, for which the audit has no equation: searched" in message


OF_THEMES = {"declined_reasons": "['unlawful']", "first_told_on": "date '2025-02-01'"}


@pytest.mark.parametrize("word", OF_THEMES)
def test_a_hidden_theme_shows_nothing_but_its_name(warehouse: DuckDBPyConnection, tmp_path: Path, word: str) -> None:
    counts = "inputs_count, adopted_count, adapted_count, declined_count, pending_count"
    columns = f"jurisdiction, period_start, theme_code, publication_status, {counts}, {', '.join(OF_THEMES)}"
    hidden = "'suppressed', null::bigint, null::bigint, null::bigint, null::bigint, null::bigint, null::varchar[], null::date"
    published = "'published', 90, 90, 0, 0, 0, ['budget'], date '2025-02-01'"
    at = f"'{CITY}', date '2025-01-01'"
    warehouse.execute(
        f"create table public.published.engagement_responses as select * from (values ({at}, 'jobs', {hidden}), "
        f"({at}, 'parks', {hidden}), ({at}, 'roads', {published})) as t ({columns})"
    )
    counted = "select * replace (coalesce(inputs_count, 40) as inputs_count, coalesce(adopted_count, 40) as adopted_count, "
    counted += ", ".join(f"coalesce({name}, 0) as {name}" for name in ("adapted_count", "declined_count", "pending_count")) + ")"
    warehouse.execute(
        f"create table disclosure.reported_responses as {counted} from "
        "(select * rename (theme_code as shown_theme_code) from public.published.engagement_responses)"
    )
    assert gate(warehouse, tmp_path).passed
    warehouse.execute(f"update public.published.engagement_responses set {word} = {OF_THEMES[word]} where theme_code = 'jobs'")
    assert f"{word} of a hidden row" in failed(gate(warehouse, tmp_path))["shown_functions"].message


def test_aggregates_are_shown_as_their_publisher_shows_them_unless_the_agreement_protects_them(
    warehouse: DuckDBPyConnection, tmp_path: Path
) -> None:
    removals = slice_rows(measure("count", "requests"), where(), {"black": (3, 0)})
    write(warehouse, "release.marts.fct_equity_measures", [*truth(), *removals])
    write(warehouse, "disclosure.reported", [*truth(), *removals], *WAITING)
    write(warehouse, "public.published.equity_measures", (*good(), *publish(removals)))
    of = "where source = 'ucc__service_requests'"
    warehouse.execute(f"update release.marts.dim_source set statistical_unit = 'aggregate', protect = 'unless_published' {of}")
    assert gate(warehouse, tmp_path).passed
    warehouse.execute(f"update release.marts.dim_source set protect = 'always' {of}")
    assert "requests.numerator" in failed(gate(warehouse, tmp_path))["leaks"].message
    # an estimate is no count
    warehouse.execute(f"update release.marts.dim_measure set kind = 'estimate' {of}")
    assert gate(warehouse, tmp_path).passed


def test_the_greater_threshold_of_city_and_agreement_holds(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("update release.marts.dim_source set suppress_below = 5")
    assert gate(warehouse, tmp_path).passed
    assert observed(gate(warehouse, tmp_path))["sensitive_cells"] == 1
    warehouse.execute("update release.marts.dim_source set suppress_below = 40")
    # white is 1,200 of the two hidden and 38: asian may be 1 to 37, which is less than 40 can hide
    assert set(failed(gate(warehouse, tmp_path))) == {"leaks"}
    warehouse.execute("update release.marts.dim_source set suppress_below = 5")
    warehouse.execute("update release.reference.publication_rules set value = 40 where source is null")
    assert set(failed(gate(warehouse, tmp_path))) == {"leaks"}
    warehouse.execute("delete from release.reference.publication_rules where source is null")
    with pytest.raises(ValueError, match="publication_rules has no suppress_below of the whole city"):
        gate(warehouse, tmp_path)


def test_messages_hold_no_hidden_figure(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    for expectation, spoil in SPOILT:
        write(warehouse, "public.published.equity_measures", good())
        warehouse.execute(f"update public.published.equity_measures {spoil}")
        result = gate(warehouse, tmp_path)
        assert failed(result)[expectation].message
        messages = re.sub(r"\d{4}-\d{2}-\d{2}|\d+ cells?", "", " ".join(finding.message for finding in result.findings))
        assert not re.search(rf"(?<!\d)({BLACK}|{ASIAN}|{BLACK + ASIAN})(?!\d)", messages)
        json.dumps(result.to_dict())


def test_the_gate_closes_the_files(warehouse: DuckDBPyConnection, tmp_path: Path) -> None:
    gate(warehouse, tmp_path)
    warehouse.execute("insert into public.published.goal_progress select * from public.published.goal_progress")
    warehouse.execute("checkpoint; detach public; detach release")
    assert isinstance(where(), CellKey) and isinstance(where().period_start, dt.date)
