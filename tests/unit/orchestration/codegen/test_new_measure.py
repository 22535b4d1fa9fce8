"""A new measure is a registry row, a counts model, a plan row, texts and a unit test; what is left is listed."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.contract.registry import Registry, load_registry
from ingest.layers import rows_of_seed
from orchestration.codegen.folders import Folders
from orchestration.codegen.measure_files import (
    NOT_RECORDED,
    NewMeasure,
    about_lag,
    check_conditions,
    find_fact,
    seed_rows,
    write_measure,
)
from orchestration.codegen.missing_steps import steps_of_measure
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS, ConfigurationError
from orchestration.transform.macros.registrations import registered
from orchestration.transform.model_files import ModelFile, read_models

COURT, STOPS, CITY = "mmc__court_cases", "fpc__police_stops", "5553000"
SEEDS = ("measure_registry", "publication_plan", "texts_en", "scorecard_measures")


@pytest.fixture(scope="module")
def models() -> dict[str, ModelFile]:
    return read_models([DBT_PROJECT / "models"], below="marts")


def new_measure(
    models: dict[str, ModelFile], kind: str = "proportion", fact: str = "fct_court_cases", source: str = COURT, **changes: Any
) -> NewMeasure:
    contract = load_registry()[source].model_copy(update={"jurisdiction": CITY})
    given: dict[str, Any] = {
        "measure_id": "dismissed_share", "kind": kind, "fact": find_fact(fact, models, kind), "contract": contract,
        "name": "Cases dismissed", "question": "How many cases are dismissed?", "caveat": "Many cases never come to court.",
        "counted": "finding_code = 'dismissed'", "among": "finding_code is not null", "numerator": "Cases dismissed",
        "denominator": "Cases with a finding",
    }  # fmt: skip
    return NewMeasure(**(given | changes))


@pytest.fixture
def layer(tmp_path: Path) -> Folders:
    return Folders.of_layer(tmp_path / "layer")


@pytest.fixture
def repository(tmp_path: Path) -> Folders:
    """A copy of the files of this repository that a measure changes."""
    folders = Folders(tmp_path, tmp_path, tmp_path / "models", tmp_path, tmp_path / "seeds", is_shared=True)
    folders.seeds.mkdir()
    for name in (*SEEDS, "texts_es", "texts_hmn"):
        shutil.copy(SHARED_SEEDS / f"{name}.csv", folders.seed(name))
    folders.counts("x").parent.mkdir(parents=True)
    for path in (Folders.shared().described(Folders.shared().counts("x"), what) for what in ("models", "unit_tests")):
        shutil.copy(path, folders.counts("x").parent / path.name)
    return folders


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("find_code = 'dismissed'", "--among .*: fct_court_cases has no column find_code. Did you mean finding_code"),
        ("finding_code = ", "--among .*: Parser Error: syntax error"),
        ("occurred_on > 5", "--among .*: Binder Error: Cannot compare values of type DATE"),
    ],
)
def test_a_condition_that_no_row_can_have_is_refused_before_a_run(
    models: dict[str, ModelFile], condition: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        check_conditions(models["fct_court_cases"], {"--counted": "finding_code = 'dismissed'", "--among": condition})


def test_a_condition_may_use_what_only_a_run_has(models: dict[str, ModelFile]) -> None:
    check_conditions(models["fct_court_cases"], {"--counted": "own_macro(finding_code)", "--among": "{{ a_macro() }}"})


def test_a_source_of_a_county_has_the_place_that_it_covers(models: dict[str, ModelFile]) -> None:
    measure = new_measure(models, contract=load_registry()[COURT].model_copy(update={"jurisdiction": "55079"}))
    assert measure.places == ""


def test_a_rate_counts_no_denominator(models: dict[str, ModelFile]) -> None:
    measure = new_measure(models, "rate")
    rows = seed_rows(measure)
    (row,) = rows["measure_registry"]
    assert (row["unit"], row["population_scheme"], row["denominator"]) == ("per_1000", "residents", "Cases with a finding")
    assert row["reference_rule"] == "rest", "a comparison with an interval: all people are no independent group"


@pytest.mark.parametrize(
    ("fact", "kind", "message"),
    [
        ("fct_court_case", "count", "Did you mean fct_court_cases"),
        ("fct_evictions_by_tract", "count", "no fact of dated records"),
        ("fct_employees", "composition", "no fact of dated records"),
        ("fct_court_cases", "composition", "no composition by race"),
    ],
)
def test_a_fact_that_cannot_be_counted_is_refused(models: dict[str, ModelFile], fact: str, kind: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        find_fact(fact, models, kind)


def test_a_layer_gets_rows_of_its_own_and_a_described_model(layer: Folders, models: dict[str, ModelFile]) -> None:
    written = write_measure(layer, new_measure(models), CITY)
    assert len(written) == 7
    for name in SEEDS:
        with (SHARED_SEEDS / f"{name}.csv").open(encoding="utf-8") as shared, layer.seed(name).open(encoding="utf-8") as own:
            assert next(csv.reader(shared)) == next(csv.reader(own)), "a row of a layer has the columns of the shared seed"
    (row,) = rows_of_seed(layer.seed("measure_registry"))
    assert (row["measure_id"], row["source"], row["places"]) == ("dismissed_share", COURT, "city:month|aldermanic_district:year")
    (model,) = read_models([layer.models]).values()
    assert model.name == "int_dismissed_share__counts"
    assert model.declared_in == layer.described(layer.counts("dismissed_share"))
    assert set(model.columns) >= {"numerator", "denominator", "geocoded_pct"}
    assert registered({model.name: model})["counts_models"] == [model.name]
    (test,) = yaml.safe_load(layer.described(layer.counts("dismissed_share"), "unit_tests").read_text(encoding="utf-8"))[
        "unit_tests"
    ]
    assert test["model"] == model.name and test["expect"]["rows"][0]["numerator"] == -1
    assert [(step.part, step.is_required) for step in steps_of_measure("dismissed_share", layer)] == [
        ("unit test", True), ("plan", False), ("scorecard", False), ("registry", False), ("texts", False), ("texts", False),
    ]  # fmt: skip


def test_what_is_left_is_listed_until_it_is_done(layer: Folders, models: dict[str, ModelFile]) -> None:
    write_measure(layer, new_measure(models, race_level="total_only"), CITY)
    registry = layer.seed("measure_registry")
    registry.write_text(registry.read_text().replace(NOT_RECORDED, "File 1", 1))
    tests = layer.described(layer.counts("dismissed_share"), "unit_tests")
    tests.write_text(tests.read_text(encoding="utf-8").replace(": -1", ": 2"), encoding="utf-8")
    assert {step.part for step in steps_of_measure("dismissed_share", layer) if step.is_required} == set()
    assert [step.part for step in steps_of_measure("dismissed_share", layer)] == ["scorecard", "texts", "texts"]
    layer.counts("dismissed_share").unlink()
    layer.seed("texts_en").unlink()
    assert [step.part for step in steps_of_measure("dismissed_share", layer) if step.is_required] == ["model", "texts"]
    with pytest.raises(ConfigurationError, match="no registry has the measure"):
        steps_of_measure("unknown", layer)


@pytest.mark.parametrize(("jurisdiction", "beyond"), [("city", {"county", "state"}), ("55079", {"state"}), ("55", set())])
def test_a_plan_beyond_the_place_of_the_records_is_listed(
    layer: Folders, models: dict[str, ModelFile], jurisdiction: str, beyond: set[str]
) -> None:
    write_measure(layer, new_measure(models), CITY)
    plan = layer.seed("publication_plan")
    first = plan.read_text(encoding="utf-8").splitlines()[1]
    for place in ("city", "county", "state"):
        with plan.open("a", encoding="utf-8") as rows:
            rows.write(",".join([first.split(",")[0], place, *first.split(",")[2:]]) + "\n")
    contract = load_registry()[COURT].model_copy(update={"jurisdiction": jurisdiction})
    steps = steps_of_measure("dismissed_share", layer, Registry([contract]))
    found = {
        step.missing.split()[3].strip(",") for step in steps if step.missing.startswith("it publishes a ") and step.is_required
    }
    assert found == beyond
    assert not any("it publishes a " in step.missing for step in steps_of_measure("dismissed_share", layer))


def test_this_repository_needs_translations_and_planted_truth_too(repository: Folders, models: dict[str, ModelFile]) -> None:
    before = {name: rows_of_seed(repository.seed(name)) for name in SEEDS}
    write_measure(repository, new_measure(models), CITY)
    for name, rows in before.items():
        assert rows_of_seed(repository.seed(name))[: len(rows)] == rows, "rows are added at the end"
        assert len(rows_of_seed(repository.seed(name))) == len(rows) + 1
    described = yaml.safe_load(repository.described(repository.counts("x")).read_text(encoding="utf-8"))["models"]
    assert described[-1]["name"] == "int_dismissed_share__counts"
    assert described[-1]["columns"] == described[0]["columns"]
    assert (
        yaml.safe_load(repository.described(repository.counts("x"), "unit_tests").read_text(encoding="utf-8"))["unit_tests"][-1][
            "model"
        ]
        == described[-1]["name"]
    )
    required = [step.part for step in steps_of_measure("dismissed_share", repository) if step.is_required]
    assert required == ["unit test", "texts", "texts", "sample"]


def test_a_layer_with_the_next_version_of_a_shared_measure_lacks_no_plan_and_no_texts(layer: Folders) -> None:
    shared = (SHARED_SEEDS / "measure_registry.csv").read_text(encoding="utf-8").splitlines()
    [row] = [line for line in shared if line.startswith("stops_searched_share,1,")]
    layer.seed("measure_registry").parent.mkdir(parents=True)
    layer.seed("measure_registry").write_text(f"{shared[0]}\n{row.replace(',1,', ',2,', 1)}\n")
    assert steps_of_measure("stops_searched_share", layer) == []


def test_a_measure_that_exists_and_a_name_that_is_none_are_refused(layer: Folders, models: dict[str, ModelFile]) -> None:
    write_measure(layer, new_measure(models), CITY)
    with pytest.raises(ConfigurationError, match="already"):
        write_measure(layer, new_measure(models), CITY)
    with pytest.raises(ConfigurationError, match="already"):
        write_measure(layer, new_measure(models, measure_id="court_guilty_share"), CITY)
    with pytest.raises(ConfigurationError, match="no id of a measure"):
        write_measure(layer, new_measure(models, measure_id="Late Share"), CITY)


def test_figures_of_persons_are_planned_one_by_one(models: dict[str, ModelFile]) -> None:
    stops = new_measure(models, "proportion", "fct_police_stops", source=STOPS, counted="is_person_searched", among=None)
    rows = seed_rows(replace(stops, race_level="total_only"))["publication_plan"]
    assert {(row["geography_type"], row["period_type"], row["stratum_type"]) for row in rows} == {
        ("city", "quarter", "all"), ("city", "year", "all"),
    }  # fmt: skip
    (undecided,) = seed_rows(stops)["publication_plan"]
    assert (undecided["race_level"], undecided["note"]) == ("none", "Not decided yet")


def test_when_the_public_file_has_a_period_is_stated_as_planned(layer: Folders, models: dict[str, ModelFile]) -> None:
    write_measure(layer, new_measure(models, race_level="total_only"), CITY)
    (days,) = {row["lag_days"] for row in rows_of_seed(layer.seed("publication_plan"))}
    assert f"from {days} days after its end" in about_lag(layer) and str(layer.seed("publication_plan")) in about_lag(layer)
