"""Models and suite follow from a contract, and what a person has changed stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from expectations.marts.suites import read_suite
from ingest.contract_draft import DraftError
from orchestration.codegen.folders import Folders
from orchestration.codegen.model_plan import plan_models
from orchestration.codegen.source_models import generate
from orchestration.transform.macros.registrations import missing_meta, registered
from orchestration.transform.model_files import read_models
from tests.support.visits import visits_contract

COLUMNS = (
    {"name": "visit_number", "type": "text", "required": True, "role": "key"},
    {"name": "visited_at", "type": "timestamp", "required": True, "role": "event_time"},
    {"name": "site", "from": "Site Address", "role": "address", "privacy": "quasi_identifier"},
    {"name": "race", "role": "race", "vocabulary": "police_observed", "privacy": "sensitive"},
    {"name": "fee", "type": "decimal", "currency": "USD", "role": "amount"},
    {"name": "phone", "privacy": "direct_identifier", "keep": "hash"},
)
KEYED = {"load": {"mode": "replace", "key": ["visit_number"], "duplicates": "keep"}, "statistical_unit": "person"}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders.of_layer(tmp_path / "layer")


def test_a_record_of_a_person_with_a_place_reaches_a_fact(folders: Folders) -> None:
    contract = visits_contract(columns=COLUMNS, **KEYED)
    generate(contract, folders)
    models = read_models([folders.models])
    assert set(models) == {"stg_dpt__visits", "fct_visits"}
    staging, fact = models["stg_dpt__visits"], models["fct_visits"]
    assert "cast(typed.visited_at as date) as occurred_on" in staging.sql
    assert "race_conformed('renamed', 'renamed.race', \"'police_observed'\", 'renamed.occurred_on')" in staging.sql
    assert "phone" not in staging.sql + fact.sql, "a direct identifier stays where it lands"
    assert "event_columns('visit', has_key=true)" in fact.sql
    assert "place_conformed('delivered', on_date='delivered.occurred_on', address='address')" in fact.sql
    assert fact.columns["fee"]["data_type"] == "decimal(18, 4)"
    assert fact.columns["address"]["description"] == "Site, as delivered in Site Address"
    assert all(column["description"] and column["data_type"] for column in fact.columns.values())
    assert not missing_meta(models)
    lists = registered(models)
    assert lists["facts_with_race"] == [{"fact": "fct_visits", "people": "1", "column": "race"}]
    assert lists["facts_with_place"] == [{"fact": "fct_visits", "address": "facts.address"}]
    assert lists["facts_with_times"] == [{"fact": "fct_visits", "column": "visited_at"}]
    assert lists["sources_with_addresses"] == ["stg_dpt__visits"]
    suite = read_suite(folders.suite(plan_models(contract)))
    assert suite.include == ("event", "placed", "race", "person") and suite.grain == ("visit_key",)
    assert {"occurred_on", "visit_number", "race_standard"} <= set(suite.not_null)


@pytest.mark.parametrize(
    ("kind", "sql"),
    [("text", "left({}.zip_code, 5)"), ("integer", "lpad(cast({}.zip_code as varchar), 5, '0')"), ("decimal", None)],
)
def test_a_zip_code_is_read_as_five_digits(folders: Folders, kind: str, sql: str | None) -> None:
    zip_code = {"name": "zip", "type": kind, "role": "zip", "privacy": "quasi_identifier"}
    generate(visits_contract(columns=[*COLUMNS[:2], zip_code], **KEYED), folders)
    fact = read_models([folders.models])["fct_visits"]
    assert (f'zip="{sql.format("delivered")}"' in fact.sql) if sql else ("place_conformed" not in fact.sql)
    assert fact.meta.get("geocoded") == ({"zip_code": sql.format("facts")} if sql else None)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["council_district"], "aldermanic_district"),
        (["police_district"], "police_district"),
        (["school_district"], None),
        (["ward", "council_district"], None),
    ],
)
def test_a_delivered_district_is_the_place_of_a_record(folders: Folders, names: list[str], kind: str | None) -> None:
    districts = [{"name": name, "role": "district", "privacy": "quasi_identifier"} for name in names]
    generate(visits_contract(columns=[*COLUMNS[:2], *districts], **KEYED), folders)
    fact = read_models([folders.models])["fct_visits"]
    code = f"nullif(ltrim(cast(delivered.{names[0]} as varchar), '0'), '')"
    assert (f'{kind}="{code}"' in fact.sql) if kind else ("null_place_columns" in fact.sql)
    assert ("geocoded" in fact.meta) == (kind is not None)


def test_counts_of_a_tract_are_counts_of_places(folders: Folders) -> None:
    columns = ({"name": "tract", "role": "geoid", "required": True}, {"name": "filings", "type": "integer", "role": "count"})
    contract = visits_contract(columns=columns, statistical_unit="aggregate", load={"mode": "replace", "key": None})
    generate(contract, folders)
    models = read_models([folders.models])
    assert "numbered('delivered')" in models["fct_visits_by_tract"].sql
    assert "tract='records.tract'" in models["fct_visits_by_tract"].sql
    assert models["fct_visits_by_tract"].meta == {"counts_of_places": True}
    assert not missing_meta(models)


def test_a_changed_contract_renews_what_no_person_has_changed(folders: Folders) -> None:
    contract = visits_contract(columns=COLUMNS, **KEYED)
    generate(contract, folders)
    plan = plan_models(contract)
    fact, suite = folders.fact(plan), folders.suite(plan)
    suite.write_text(suite.read_text().replace("include: [event, ", "include: [event, "[:-1] + "  "))
    by_hand = suite.read_text()
    again = generate(contract.model_copy(update={"grain": "one row per visit to a desk", "policy_area": "housing"}), folders)
    assert len(list(folders.models.rglob("fct_visits.sql"))) == 1, "the fact stays in its folder"
    assert fact.read_text().startswith("-- one row per visit to a desk\n") and again[fact]
    assert [path for path, is_written in again.items() if not is_written] == [suite] and suite.read_text() == by_hand


def test_a_description_is_added_to_the_yaml_of_a_shared_folder(tmp_path: Path) -> None:
    shared = Folders(tmp_path, tmp_path / "drafts", tmp_path / "models", tmp_path / "suites", tmp_path, is_shared=True)
    described = tmp_path / "models" / "staging" / "dpt" / "_dpt__models.yml"
    described.parent.mkdir(parents=True)
    described.write_text("version: 2\n\nmodels:\n  - name: stg_dpt__desks # a comment\n    description: Desks\n")
    generate(visits_contract(columns=COLUMNS, **KEYED), shared)
    assert described.read_text().startswith("version: 2\n\nmodels:\n  - name: stg_dpt__desks # a comment\n")
    assert [model["name"] for model in yaml.safe_load(described.read_text())["models"]] == ["stg_dpt__desks", "stg_dpt__visits"]
    again = generate(visits_contract(columns=COLUMNS, **KEYED), shared)
    assert not any(again.values()), "a file of this repository is never renewed"


def test_a_name_that_another_fact_has_is_not_taken(folders: Folders) -> None:
    contract = visits_contract(columns=COLUMNS, **KEYED)
    assert "fct_dpt_visits" in {path.stem for path in generate(contract, folders, frozenset({"fct_visits"}))}
    with pytest.raises(DraftError, match="a fact fct_visits exists already; name another with --fact"):
        generate(contract, folders, frozenset({"fct_visits"}), fact="fct_visits")


def test_text_of_a_contract_opens_no_expression_of_dbt(folders: Folders) -> None:
    contract = visits_contract(columns=COLUMNS, title='Visits {{ env_var("KEY") }} "a"', **KEYED)
    generate(contract, folders)
    text = folders.described(folders.fact(plan_models(contract))).read_text()
    assert "{{ env_var" not in text and yaml.safe_load(text)["models"][0]["name"] == "fct_visits"


def test_x_and_y_become_degrees_by_which_records_are_geocoded(folders: Folders) -> None:
    point = [{"name": name, "type": "decimal", "role": name, "privacy": "quasi_identifier"} for name in ("x", "y")]
    contract = visits_contract(columns=[*COLUMNS[:2], *point], **KEYED)
    generate(contract, folders)
    models = read_models([folders.models])
    staging, fact = models["stg_dpt__visits"], models["fct_visits"]
    degrees = "{{ to_degrees('st_point(typed.x, typed.y)', \"coalesce(contract.crs, 'EPSG:4326')\") }}"
    assert f"st_x({degrees}) as longitude" in staging.sql and f"st_y({degrees}) as latitude" in staging.sql
    assert "longitude='longitude', latitude='latitude'" in fact.sql
    assert {"longitude", "latitude"} <= set(staging.columns) and plan_models(contract).places
    assert registered(models)["sources_with_points"] == ["stg_dpt__visits"]
