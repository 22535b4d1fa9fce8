"""The files of a real release: tables and rows per file, and no delivered detail where no agreement names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.contract import FIGURES, TEAM
from tests.support.shipped import shipped_registry
from warehouse.audiences.names import file_name
from warehouse.paths import Home
from warehouse.releases import current, read_manifest

FACTS = {
    "engagement": {
        "fct_engagement_events", "fct_engagement_inputs", "fct_engagement_participation", "fct_engagement_responses",
        "fct_survey_answers", "fct_survey_responses",
    },
    "health": {"fct_lead_orders", "fct_lead_service_lines", "fct_lead_tests"},
    "housing": {"fct_property_sales"},
    "money": {"fct_arpa_projects", "fct_payments"},
    "safety": {
        "fct_court_cases", "fct_deaths_investigated", "fct_fatal_shootings", "fct_incidents", "fct_police_calls",
        "fct_police_stops",
    },
    "services": {"fct_service_requests"},
    "staff": {"fct_employees"},
}  # fmt: skip
OF_PUBLISHERS = {
    "fct_evictions_by_tract", "fct_foreclosures_by_tract", "fct_health_outcomes_by_tract", "fct_published_estimates",
    "fct_school_assessments", "fct_school_removals", "fct_student_outcomes",
}  # fmt: skip


@pytest.fixture(scope="module")
def published(first_release: tuple[Path, dict[str, Any]]) -> Path:
    return Home(first_release[0]).published


def tables(path: Path) -> dict[str, int]:
    """The tables of a file with their rows."""
    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        return {f"{s}.{t}": con.execute(f'select count(*) from "{s}"."{t}"').fetchall()[0][0] for s, t in names}


def columns(path: Path) -> list[tuple[str, str, str]]:
    with duckdb.connect(str(path), read_only=True) as con:
        query = (
            "select table_name, column_name, data_type from duckdb_columns() "
            "where schema_name not in ('analysis', 'figures', 'maps') and not internal"
        )
        return con.execute(query).fetchall()


@pytest.mark.parametrize("audience", FACTS)
def test_a_file_of_records_has_every_row_of_its_facts_and_no_other_fact(published: Path, audience: str) -> None:
    found, everything = tables(published / file_name(audience)), tables(published / file_name(TEAM))
    facts = {name.removeprefix("marts."): rows for name, rows in found.items() if name.startswith("marts.fct_")}
    assert set(facts) == FACTS[audience]
    assert facts == {name: everything[f"marts.{name}"] for name in facts}
    assert all(facts.values())
    assert {name.partition(".")[0] for name in found} == {"marts"}


def test_the_file_of_figures_has_no_record_and_every_figure(published: Path) -> None:
    found, everything = tables(published / file_name(FIGURES)), tables(published / file_name(TEAM))
    records = {f"marts.{name}" for names in FACTS.values() for name in names}
    of_team = {
        "marts.dim_address", "quality.accepted_deliveries", "quality.coverage", "quality.erasures", "quality.missing_places",
        "quality.rejected_rows", "quality.rejected_values", "quality.reported_figures", "quality.unmapped_labels",
    }  # fmt: skip
    assert set(everything) - set(found) == records | of_team
    assert found == {name: everything[name] for name in found}
    assert {f"marts.{name}" for name in OF_PUBLISHERS} <= set(found)


@pytest.mark.parametrize("audience", [FIGURES, *FACTS])
def test_no_file_has_keys_or_the_row_of_a_delivery(published: Path, audience: str) -> None:
    names = {column for _, column, _ in columns(published / file_name(audience))}
    assert not {name for name in names if name.startswith("_") or name.endswith("_key")}


@pytest.mark.parametrize("audience", FACTS)
def test_details_are_in_no_file_whose_agreements_do_not_name_them(published: Path, audience: str) -> None:
    """Every private text of the deliveries, as landed, is searched in every text of the file; days are the first of a month."""
    contracts = [each for each in shipped_registry() if each.readers == audience and not each.agreement.details]
    path = published / file_name(audience)
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute(f"attach '{published.parent / 'warehouse.duckdb'}' as landed (read_only)")
        in_landing = "select table_name from duckdb_tables() where schema_name = 'landing'"
        landed = {name for (name,) in con.execute(in_landing).fetchall()}
        texts = [(t, c) for t, c, kind in columns(path) if kind == "VARCHAR" and t.startswith("fct_")]
        for contract in contracts:
            for column in contract.columns if contract.source in landed else ():
                is_detail = column.role in ("key", "address") and column.privacy != "public"
                if is_detail and column.is_kept and column.type == "text":
                    known = f"select {column.name} from landed.landing.{contract.source} where length({column.name}) > 6"
                    for table, name in texts:
                        leaked = con.execute(f"select count(*) from marts.{table} where {name} in ({known})").fetchall()
                        assert leaked == [(0,)], f"{table}.{name} has values of {contract.source}.{column.name}"
        of_allowed = {f"fct_{name}" for name in ("arpa_projects",)}
        for table, name, kind in columns(path):
            is_day = kind in ("DATE", "TIMESTAMP") and table.startswith("fct_") and not name.startswith("period_")
            if is_day and table not in of_allowed:
                days = con.execute(f"select count(*) from marts.{table} where {name} <> date_trunc('month', {name})").fetchall()
                assert days == [(0,)], f"{table}.{name}"


def test_names_of_vendors_are_those_of_organisations(published: Path) -> None:
    with duckdb.connect(str(published / file_name("money")), read_only=True) as con:
        con.execute(f"attach '{published / file_name(TEAM)}' as whole (read_only)")
        shown = {name for (name,) in con.execute("select distinct vendor_name from marts.fct_payments").fetchall() if name}
        known = {name for (name,) in con.execute("select distinct vendor_name from whole.marts.fct_payments").fetchall() if name}
    assert shown
    assert shown <= known
    assert not {name for name in shown if name.count(",") == 1 and len(name.split()) == 2}, "LAST, FIRST"


def test_the_files_are_a_fraction_of_the_release(first_release: tuple[Path, dict[str, Any]]) -> None:
    home = Home(first_release[0])
    published = current(home)
    assert published is not None
    manifest = read_manifest(home, published.release_id)
    sizes = {name: record.size for name, record in (manifest.files | manifest.exports).items()}
    ours = sum(sizes[name] for name in manifest.audiences)
    assert ours <= 0.4 * sum(sizes.values())
