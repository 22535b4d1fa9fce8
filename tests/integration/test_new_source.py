"""A file reaches a fact as a person leads it there: draft, decision, check, models, and dbt builds what was generated."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from typer.testing import CliRunner, Result

from ingest.contract.registry import ContractError, Registry, read_contract
from ingest.contract_draft import read_sample
from ingest.typing import accepted_rows
from orchestration.cli.application import application
from orchestration.codegen.draft_source import draft_source, generate_source
from orchestration.codegen.folders import Folders, read_draft
from orchestration.codegen.missing_steps import steps_of_source
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.transform.dbt_sources import write_sources
from orchestration.transform.macros.place_types import (
    PLACE_TYPES,
    further_columns,
    read_place_types,
    with_further_columns,
    write_place_types,
)
from warehouse.record_keys import attach_keys

NAME = "parks__swim_passes"
RACES = ("White", "Black", "Asian", "Unknown")
ROWS = [f"SP-{n},{n % 12 + 1}/{n % 28 + 1}/2025,{RACES[n % 4]},{n % 60 + 18},${n}.50,DOE JANE" for n in range(100, 160)]
FILE = "\n".join(["Pass #,Issued On,Holder Race,Holder Age,Fee Paid,Holder Name", *ROWS]) + "\n"


def settings_of(tmp_path: Path) -> Settings:
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "city.yml").write_text("city: milwaukee\n")
    return Settings.from_environment(
        {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path / "deliveries")}
    )


def test_a_file_reaches_a_fact_that_dbt_builds(tmp_path: Path) -> None:
    settings, folders = settings_of(tmp_path), Folders.of_layer(tmp_path / "layer")
    (tmp_path / "passes.csv").write_text(FILE)
    drafted = draft_source(settings, NAME, read_sample(str(tmp_path / "passes.csv"), {}), folders)
    assert drafted.check is not None and drafted.check.gate.passed
    assert drafted.contract.parent == folders.drafts and not folders.sources.exists(), (
        "no run reads a draft that lacks a decision"
    )
    assert {step.missing.split(":")[0] for step in steps_of_source(settings, NAME, folders) if step.is_required} == {
        "agreement", "statistical_unit",
    }  # fmt: skip
    with pytest.raises(ContractError, match=r"agreement: this key is not decided yet; .*sources todo parks__swim_passes"):
        read_draft(settings, folders, NAME)
    with pytest.raises(ContractError, match="statistical_unit: this key is not decided yet"):
        generate_source(settings, drafted.contract, folders)

    decided = drafted.contract.read_text().replace("role: race, ", f"role: race, offered: {list(RACES)}, ")
    decided += "agreement: {basis: internal, classification: internal}\nstatistical_unit: person\n"
    drafted.contract.write_text(decided)
    generated = generate_source(settings, drafted.contract, folders)
    assert not drafted.contract.exists() and (folders.sources / f"{NAME}.yml").exists()
    assert "fct_swim_passes" in {path.stem for path in generated}
    assert [step for step in steps_of_source(settings, NAME, folders) if step.is_required] == []

    rows = build(tmp_path, folders)
    assert len(rows) == len(ROWS)
    assert {row[0] for row in rows} == {"white", "black", "asian", "respondent_unknown"}
    assert ("white", dt.date(2025, 5, 17), 58, Decimal("100.5000")) in rows


def build(tmp_path: Path, folders: Folders) -> list[tuple[object, ...]]:
    """The rows of the fact, built by dbt in a project of the generated models alone."""
    project, database = tmp_path / "project", tmp_path / "w.duckdb"
    for name in ("seeds", "docs", "sources"):
        (project / name).mkdir(parents=True)
    for link, target in {
        "macros": "macros", "tests": "tests", "docs/columns.md": "models/_columns.md",
        "seeds/race_ethnicity.csv": "seeds/reference/race_ethnicity.csv",
        "seeds/race_ethnicity_crosswalk.csv": "seeds/reference/race_ethnicity_crosswalk.csv",
    }.items():  # fmt: skip
        (project / link).symlink_to(DBT_PROJECT / target)
    shutil.copytree(folders.models, project / "models")
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text(f"x: {{target: x, outputs: {{x: {{type: duckdb, path: '{database}'}}}}}}")
    contract = read_contract(folders.sources / f"{NAME}.yml")
    write_sources(Registry([contract]), project / "sources" / "_sources.yml")
    seeds = DBT_PROJECT / "seeds" / "reference"
    place_types, vintages = (seeds / f"{name}.csv" for name in ("place_types", "geography_vintages"))
    types = read_place_types(place_types, vintages, ())
    write_place_types(types, project / PLACE_TYPES)
    for described in (project / "models").rglob("*.yml"):  # as in the project of a home
        described.write_text(with_further_columns(described.read_text(), further_columns(types)))
    with duckdb.connect(str(database)) as con:
        delivered = [str(column.delivered_names[0]) for column in contract.kept_columns]
        renamed = [f'"{old}" as {column.name}' for old, column in zip(delivered, contract.kept_columns, strict=True)]
        con.execute("create schema typed; create schema receipts")
        con.execute(
            f"create table delivered as select {', '.join(renamed)}, 'load' as _load_id, 'passes.csv' as _source_file, "
            f"row_number() over () as _source_row from read_csv('{tmp_path / 'passes.csv'}', all_varchar=true)"
        )
        con.execute(f"create table typed.{NAME} as {accepted_rows(contract, 'delivered', 'America/Chicago')}")
        con.execute(
            f"create table receipts.contracts as select '{NAME}' as source, '5553000' as jurisdiction, "
            "'proxy' as collection_mode, timestamp '2026-01-01' as data_as_of"
        )
        con.execute("create table receipts.vocabularies as select 'police_observed' as vocabulary, 'spd15_1997' as race_standard")
    folder = ["--project-dir", project, "--profiles-dir", project, "--target-path", project / "target", "--log-path", project]
    with duckdb.connect(str(database)) as con:  # of the instance that dbt joins
        attach_keys(con, b"a secret")
        outcome = dbtRunner().invoke(["--quiet", "--log-level-file", "none", "build", *map(str, folder)])
    messages = [f"{result.node.name}: {result.message}" for result in getattr(outcome.result, "results", ()) if result.failures]
    assert outcome.success, (outcome.exception, messages)
    with duckdb.connect(str(database)) as con:
        return con.execute("select race_ethnicity_code, occurred_on, holder_age, fee_paid from marts.fct_swim_passes").fetchall()


PROJECT = """\
name: levelground
version: "1.0"
config-version: 2
profile: x
model-paths: [models, sources]
docs-paths: [docs]
macro-paths: [macros, registrations]
models:
  levelground:
    marts: {+schema: marts, +materialized: table, +contract: {enforced: true}}
    staging: {+schema: staging, +materialized: view}
seeds: {levelground: {+quote_columns: false}}
"""


def test_the_commands_lead_from_a_file_to_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "passes.csv").write_text(FILE)
    environment = {"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": "sample", "LEVELGROUND_SOURCES": ""}
    app, layer = application("sources"), ["--layer", str(tmp_path / "layer")]

    def sources(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["sources", *arguments], env=environment)

    file = ["--from", str(tmp_path / "passes.csv")]
    drafted = sources("new", NAME, *file, *layer)
    assert drafted.exit_code == 0 and "generates the models" in drafted.output
    steps = json.loads(sources("todo", NAME, *layer, "--json").stdout)
    assert [step["missing"].split(":")[0] for step in steps if step["is_required"]] == ["agreement", "statistical_unit"]
    assert isinstance(sources("check", NAME, str(tmp_path / "passes.csv"), *layer).exception, ContractError)
    assert "has a contract already" in str(sources("new", NAME, *file, *layer).exception)

    draft = tmp_path / "layer" / "drafts" / f"{NAME}.yml"
    draft.write_text(draft.read_text() + "agreement: {basis: internal, classification: internal}\nstatistical_unit: record\n")
    assert f"moved: {draft} to {tmp_path / 'layer' / 'sources'}" in "".join(sources("new", NAME, *layer).output.splitlines())
    shutil.rmtree(tmp_path / "layer")
    made = sources("new", NAME, *file, *layer, "--agreement", "open_data", "--unit", "record", "--fact", "fct_passes")
    assert made.exit_code == 0 and "1 missing, " in made.output, "the answers of the form"
    assert (tmp_path / "layer" / "models" / "marts" / "facts" / "services" / "fct_passes.sql").exists()
    assert "none of open_data" in str(sources("new", "parks__x", *file, *layer, "--agreement", "gut feeling").exception)
    assert "use one of them" in str(sources("new", "parks__x", *file, *layer, "--out", str(tmp_path)).exception)
    assert "name the layer" in str(sources("new", NAME).exception)
