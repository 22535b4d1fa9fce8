"""A census line that moved is found by its label, before anybody counts one group as another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expectations.delivery.concepts import concept_line_checks, read_concepts
from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.engine.checks import Check, header
from expectations.results import ExpectationResult, GateResult
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.contract.vocabularies import CrosswalkError
from ingest.delivery import FileRecord
from orchestration.settings import SHARED_SEEDS
from orchestration.stewardship.audit_delivery import CONCEPTS

SEEDS = [SHARED_SEEDS / f"{name}.csv" for name in CONCEPTS]

NAMES = "concepts,column_name,label,margin_column,margin_label\n"


@pytest.fixture(scope="module")
def acs() -> Contract:
    return load_registry()["census__acs_race_tract"]


@pytest.fixture(scope="module")
def good(acs: Contract) -> FileRecord:
    """The header as the Census Bureau writes it, with the labels of the seed."""
    labels = read_concepts(*SEEDS)["acs_b03002"]
    header = tuple(str(column.delivered_names[0]) for column in acs.columns)
    return FileRecord(
        name="race.csv",
        sha256="hash",
        rows=298,
        header=header,
        second_header=tuple(labels.get(column.name, "some label") for column in acs.columns),
    )


def relabelled(file: FileRecord, **labels: str) -> FileRecord:
    labels_by_column = dict(zip(file.header, file.second_header, strict=True)) | labels
    return file.model_copy(update={"second_header": tuple(labels_by_column[name] for name in file.header)})


def checked(contract: Contract, *files: FileRecord) -> list[Check]:
    return list(concept_line_checks(contract, files, read_concepts(*SEEDS)))


def test_lines_under_their_labels_have_not_moved(acs: Contract, good: FileRecord) -> None:
    (check,) = checked(acs, relabelled(good, HD01_VD01="estimate;  total:"))
    assert (check.name, check.kwargs["mismatches"]) == ("concept_moved", 0)


def test_lines_that_changed_places_are_named(acs: Contract, good: FileRecord) -> None:
    """A public script printed the total of a ZIP code as its Hispanic people, since DP05 had moved by one line."""
    labels = dict(zip(good.header, good.second_header, strict=True))
    checks = checked(acs, good, relabelled(good, HD01_VD12=labels["HD01_VD01"], HD01_VD01=labels["HD01_VD12"]))
    assert "(it has the label of b03002_012)" in checks[0].message
    assert [(check.severity, check.kwargs["mismatches"], check.column) for check in checks] == [
        ("critical", 1, "b03002_001"),
        ("critical", 1, "b03002_012"),
    ]
    assert (
        "(race.csv): b03002_012 is not called 'Estimate; Hispanic or Latino:' (it has the label of b03002_001)"
        in checks[1].message
    )


def test_a_margin_that_moved_is_found(acs: Contract, good: FileRecord) -> None:
    (check,) = checked(acs, relabelled(good, HD02_VD03="Estimate; Total:"))
    assert check.column == "b03002_003_moe" and "(it has the label of b03002_001)" in check.message


def test_a_label_of_nothing_known_is_not_quoted(acs: Contract, good: FileRecord) -> None:
    """The second row may be a record after all."""
    (check,) = checked(acs, relabelled(good, HD01_VD04="Jane Visit"))
    named = "(race.csv): b03002_004 is not called 'Estimate; Not Hispanic or Latino: - Black or African American alone': did"
    assert check.column == "b03002_004" and named in check.message
    assert "Jane" not in check.message


def test_a_file_without_labels_does_not_pass(acs: Contract, good: FileRecord) -> None:
    assert sum(check.kwargs["mismatches"] for check in checked(acs, good.model_copy(update={"second_header": ()}))) == 18


def test_a_delivery_with_one_header_row_has_no_labels_to_compare() -> None:
    blocks = load_registry()["census__blocks_2020"]
    (check,) = checked(blocks, FileRecord(name="b.csv", sha256="hash", rows=1, header=("GEOID", "pop")))
    assert (check.name, check.kwargs["mismatches"]) == ("concept_moved", 0)


def test_a_moved_line_holds_the_delivery_back(
    make_contract: Callable[..., Contract],
    judge: Callable[..., GateResult],
    found: Callable[..., ExpectationResult],
    facts: DeliveryFacts,
    good_rows: list[dict[str, Any]],
) -> None:
    assert judge(make_contract(), good_rows).passed
    moved = header("concept_moved", "critical", "fee is not called 'Estimate; Total:'", mismatches=1, column="fee")
    result = judge(make_contract(), good_rows, dataclasses.replace(facts, concepts=(moved,)))
    assert not result.passed
    assert found(result, "concept_moved", "fee").severity == "critical"


def test_every_concept_line_has_a_label_and_every_margin_one(acs: Contract) -> None:
    labels = read_concepts(*SEEDS)["acs_b03002"]
    lines = {column.name for column in acs.columns if column.role == "concept"}
    assert set(labels) == lines | {f"{line}_moe" for line in lines}


def test_an_unreadable_seed_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(CrosswalkError, match=r"nowhere\.csv: cannot be read"):
        read_concepts(tmp_path / "nowhere.csv")
    file = tmp_path / "concepts.csv"
    file.write_text("concepts,column_name,label\na,b,c\n", encoding="utf-8")
    with pytest.raises(CrosswalkError, match="has no margin_column"):
        read_concepts(file)
    file.write_text(NAMES + "a,b,c,,\na,d,e,f,g\n", encoding="utf-8")
    assert read_concepts(file) == {"a": {"b": "c", "d": "e", "f": "g"}}
