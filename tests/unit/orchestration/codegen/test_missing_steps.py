"""What a source lacks is listed from its files: decisions, labels, staging, fact, columns, suite, registrations."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.marts.suites import read_suites
from ingest.contract.vocabularies import CROSSWALK
from ingest.layers import Layer
from orchestration.codegen.folders import Folders
from orchestration.codegen.missing_steps import open_decisions, steps_of_contract, steps_of_models, steps_of_source
from orchestration.codegen.model_plan import plan_models
from orchestration.codegen.source_models import generate
from orchestration.settings import Settings
from orchestration.transform.model_files import read_models
from tests.support.visits import visits_contract
from tests.unit.orchestration.codegen.test_source_models import COLUMNS, KEYED

DATED = {"as_of": "2025-01-31"}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders.of_layer(tmp_path / "layer")


def parts(folders: Folders) -> list[str]:
    contract = visits_contract(columns=COLUMNS, **KEYED)
    suites = {suite.table: suite for suite in read_suites(folders.suites)}
    return [step.part for step in steps_of_models(contract, read_models([folders.models]), suites) if step.is_required]


def test_a_source_without_models_is_landed_only(folders: Folders) -> None:
    assert parts(folders) == ["staging"]


def test_what_is_generated_lacks_only_decisions(folders: Folders) -> None:
    generate(visits_contract(columns=COLUMNS, **KEYED), folders)
    assert parts(folders) == []


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("suites/fct_visits.yml", ["suite"]),
        ("models/marts/facts/health/fct_visits.sql", ["fact"]),
        ("models/marts/facts/health/_fct_visits__models.yml", ["columns", "registrations"]),
        ("models/staging/dpt/_stg_dpt__visits__models.yml", ["columns"]),
    ],
)
def test_each_missing_file_is_a_step(folders: Folders, tmp_path: Path, broken: str, found: list[str]) -> None:
    generate(visits_contract(columns=COLUMNS, **KEYED), folders)
    (tmp_path / "layer" / broken).unlink()
    assert sorted(set(parts(folders))) == found


def test_several_parts_of_an_address_are_joined_by_a_person(folders: Folders) -> None:
    street = {"name": "street", "role": "address", "privacy": "quasi_identifier"}
    contract = visits_contract(columns=[*COLUMNS[:3], street], **KEYED)
    generate(contract, folders)
    assert not plan_models(contract).places, "a house number alone is another place, or none"
    suites = {suite.table: suite for suite in read_suites(folders.suites)}
    (step,) = [step for step in steps_of_models(contract, read_models([folders.models]), suites) if step.is_required]
    assert step.part == "places" and "of site, street" in step.missing


def test_labels_need_the_answers_of_the_form() -> None:
    (step,) = steps_of_contract(visits_contract(columns=COLUMNS, **KEYED))
    assert step.part == "labels" and step.missing.startswith("offered: the answers of the form")


def test_a_seed_of_a_layer_that_loses_labels_of_the_vocabulary_is_listed(tmp_path: Path) -> None:
    rows = tmp_path / "seeds" / "rows" / f"{CROSSWALK.stem}.csv"
    rows.parent.mkdir(parents=True)
    header, *shared = CROSSWALK.read_text(encoding="utf-8").splitlines()
    own = [line for line in shared if line.startswith("police_observed,")]
    race = {"name": "race", "role": "race", "vocabulary": "police_observed", "offered": ["White"]}
    contract = visits_contract(columns=[race], **DATED)
    rows.write_text("\n".join([header, *own, "police_observed,Martian,other_race,other_race,,1900-01-01,9999-12-31,"]) + "\n")
    assert list(steps_of_contract(contract, [Layer("town", tmp_path)])) == []
    rows.write_text("\n".join([header, *own[2:]]) + "\n")
    assert list(steps_of_contract(contract, [Layer("town", tmp_path)])) == [], "rows replace those of their key alone"
    rows.unlink()
    (tmp_path / "seeds" / rows.name).write_text("\n".join([header, *own[2:]]) + "\n")
    (step,) = steps_of_contract(contract, [Layer("town", tmp_path)])
    assert not step.is_required and "2 labels of the vocabulary are not in it" in step.missing


def test_undated_rows_and_unknown_coordinates_are_listed() -> None:
    columns = [{"name": name, "type": "decimal", "role": name, "privacy": "quasi_identifier"} for name in ("x", "y")]
    places, dates = steps_of_contract(visits_contract(columns=columns))
    assert (places.part, dates.part) == ("places", "dates") and not places.is_required
    assert "no coordinate system is named" in places.missing and "no figure of a year" in dates.missing
    assert list(steps_of_contract(visits_contract(columns=columns, format={"kind": "csv", "crs": "EPSG:32054"}, **DATED))) == []


def test_records_are_geocoded_by_one_column_of_a_role() -> None:
    columns = [{"name": name, "role": "address", "privacy": "quasi_identifier"} for name in ("site", "location")]
    (step,) = steps_of_contract(visits_contract(columns=columns, **DATED))
    assert (step.part, step.is_required) == ("places", False)
    assert step.missing.startswith("site, location: all have the role address, so no record is geocoded by it")


def test_numbers_of_districts_need_their_map(tmp_path: Path) -> None:
    contract = visits_contract(columns=[{"name": "ward", "role": "district", "privacy": "quasi_identifier"}], **DATED)
    (step,) = steps_of_contract(contract)
    assert (step.part, step.is_required) == ("places", False)
    assert step.missing == "no map is named whose numbers the districts have, so no record has a place by them"
    rows = tmp_path / "seeds" / "rows" / "delivered_code_vintages.csv"
    rows.parent.mkdir(parents=True)
    rows.write_text("source,geography_type,geography_vintage,note\ndpt__visits,aldermanic_district,2022,The form\n")
    assert list(steps_of_contract(contract, [Layer("city", tmp_path)])) == []


def test_marks_of_a_draft_are_decisions(tmp_path: Path) -> None:
    draft = tmp_path / "dpt__visits.yml"
    draft.write_text("title: Visits  # decide: a | b\n# statistical_unit: person | record  # decide: not asked\ngrain: one row\n")
    asked, not_asked = open_decisions(draft)
    assert (asked.missing, asked.is_required) == ("title: decide: a | b, then take the mark out", False)
    assert (not_asked.missing, not_asked.is_required) == ("statistical_unit: not decided, person | record", True)
    assert not_asked.remedy == f"{draft}:2"


def test_a_draft_without_decisions_is_listed_and_not_read(tmp_path: Path, folders: Folders) -> None:
    folders.drafts.mkdir(parents=True)
    (folders.drafts / "dpt__visits.yml").write_text("source: dpt__visits\n# agreement: {}  # decide: not asked\n")
    settings = Settings.from_environment({"LEVELGROUND_HOME": str(tmp_path / "home")})
    (step,) = steps_of_source(settings, "dpt__visits", folders)
    assert step.part == "contract" and step.is_required
