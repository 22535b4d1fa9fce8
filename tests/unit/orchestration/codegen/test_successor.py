"""The staging model of a source that succeeds another: that of the other, reading the new one, and joining its fact."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.contract.registry import SOURCES, read_contract
from ingest.contract_draft import DraftError
from orchestration.codegen.existing_source import generate_successor, predecessor
from orchestration.codegen.folders import Folders
from orchestration.settings import Settings
from orchestration.transform.macros.registrations import MODELS
from orchestration.transform.model_files import read_models

ROW = "source,successor,valid_from,is_comparable,reason\nder__employees,hr__positions,2026-01-01,false,Moved\n"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    found = Folders.of_layer(tmp_path / "layer")
    found.sources.mkdir(parents=True)
    found.seeds.mkdir(parents=True)
    found.seed("source_successions").write_text(ROW, encoding="utf-8")
    earlier = (SOURCES / "der__employees.yml").read_text(encoding="utf-8")
    text = earlier.replace("source: der__employees", "source: hr__positions").replace("department: der", "department: hr")
    (found.sources / "hr__positions.yml").write_text(text, encoding="utf-8")
    return found


def test_the_seed_row_names_the_earlier_source(tmp_path: Path, folders: Folders) -> None:
    (tmp_path / "city.yml").write_text("city: sampleton\n", encoding="utf-8")
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home"), "LEVELGROUND_DELIVERIES": str(tmp_path)})
    assert predecessor(settings, folders, "hr__positions") == "der__employees"
    assert predecessor(settings, folders, "der__employees") is None


def test_the_staging_model_is_that_of_the_earlier_source(folders: Folders) -> None:
    contract = read_contract(folders.sources / "hr__positions.yml")
    generated = generate_successor(contract, "der__employees", folders, read_models((MODELS,)))
    assert all(generated.values())
    assert [path.name for path in generated] == [
        "stg_hr__positions.sql",
        "_stg_hr__positions__models.yml",
    ]
    sql, described = (path.read_text(encoding="utf-8") for path in generated)
    assert "source('landing', 'hr__positions')" in sql and "'hr__positions' as source" in sql and "der__employees" not in sql
    (model,) = yaml.safe_load(described)["models"]
    assert model["config"]["meta"] == {"fact": "fct_employees"}
    assert "annual_pay_usd" in {column["name"] for column in model["columns"]}
    again = generate_successor(contract, "der__employees", folders, read_models((MODELS,)))
    assert all(again.values()), "untouched files are renewed"


def test_a_source_whose_fact_does_not_unite_sources_has_no_successor(folders: Folders) -> None:
    contract = read_contract(folders.sources / "hr__positions.yml")
    with pytest.raises(DraftError, match=r"no fact unites mpd__incidents with its successors; facts unite .*der__employees"):
        generate_successor(contract, "mpd__incidents", folders, read_models((MODELS,)))
