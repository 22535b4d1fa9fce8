"""A column of a wide table that the seed does not define is reported; one that is missing or renamed holds the delivery back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from expectations.delivery.cell_checks import delivery_query
from expectations.delivery.column_differences import header_checks
from expectations.delivery.concepts import concept_column_checks, read_concept_columns
from expectations.delivery.delivery_facts import DeliveryFacts
from expectations.delivery.delivery_gate import delivery_suite
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.contract.vocabularies import CrosswalkError, load_vocabulary, read_labels
from ingest.delivery import Conformer, FileRecord
from orchestration.settings import SHARED_SEEDS
from orchestration.stewardship.audit_delivery import CONCEPT_COLUMNS, CROSSWALK

KNOWN = read_concept_columns(SHARED_SEEDS / f"{CONCEPT_COLUMNS}.csv")
COLUMNS = sorted(KNOWN["chr_county_health"]["v147_[rR]????.csv"])


@pytest.fixture(scope="module")
def health() -> Contract:
    return load_registry()["chr__county_health"]


def file(*columns: str, name: str = "v147_r2027.csv") -> FileRecord:
    return FileRecord(name=name, sha256="hash", rows=1, header=("statecode", "countycode", *columns))


def test_columns_of_the_seed_are_known_in_any_order(health: Contract) -> None:
    (check,) = concept_column_checks(health, [file(*reversed(COLUMNS), "v147_flag_CT")], KNOWN)
    assert check.kwargs["mismatches"] == 0


def test_a_renamed_column_holds_the_delivery_back(health: Contract) -> None:
    renamed = [name if name != "v147_cilow" else "v147_ci_low" for name in COLUMNS]
    (check,) = concept_column_checks(health, [file(*renamed)], KNOWN)
    assert check.severity == "critical"
    assert "(v147_r2027.csv): column v147_cilow is missing, and v147_ci_low is new: was it renamed?" in check.message


def test_a_new_column_is_a_warning(health: Contract) -> None:
    checks = list(concept_column_checks(health, [file(*COLUMNS, "v147_race_mena")], KNOWN))
    assert [(check.name, check.severity) for check in checks] == [
        ("concept_columns_unknown", "warning"), ("concept_columns_missing", "critical"),
    ]  # fmt: skip
    assert "v147_race_mena has no concept" in checks[0].message and checks[1].kwargs["mismatches"] == 0


def test_a_file_of_another_measure_is_refused(health: Contract) -> None:
    (check,) = concept_column_checks(health, [file("v999_rawvalue", name="v999_r2027.csv")], KNOWN)
    assert check.severity == "critical" and "no pattern of the rows of chr_county_health" in check.message


def test_other_contracts_have_no_such_check() -> None:
    census = load_registry()["census__acs_race_tract"]
    assert list(concept_column_checks(census, [file()], KNOWN)) == []


def test_a_damaged_seed_is_named(tmp_path: Path) -> None:
    with pytest.raises(CrosswalkError, match=r"none\.csv: cannot be read"):
        read_concept_columns(tmp_path / "none.csv")
    (tmp_path / "seed.csv").write_text("concepts,column_name\na,b\n", encoding="utf-8")
    with pytest.raises(CrosswalkError, match="a row has no files"):
        read_concept_columns(tmp_path / "seed.csv")


def test_a_value_that_is_spelled_in_two_ways_is_sought_in_either() -> None:
    contract, labels = load_registry()["urban__employment"], read_labels(SHARED_SEEDS / f"{CROSSWALK}.csv")
    reading = delivery_query(contract, "delivery.tables", (), labels, None)
    suite = delivery_suite(contract, reading, DeliveryFacts(as_of=dt.datetime(2026, 1, 1)), labels, load_vocabulary())
    (check,) = (check for check in suite if check.name == "labelled_rows")
    assert "no row has subgroup_type = race-ethnicity or race_ethnicity" in check.message


def test_a_file_without_stated_years_is_held_back(health: Contract) -> None:
    match = Conformer(health, None).match(("statecode", "countycode", "column_name", "value"), "v999_r2026.csv")
    assert match.missing == ("period_start", "period_end")
    checks = list(header_checks(health, match.missing, (), (), ("v138_r2026.csv",)))
    assert [check.severity for check in checks[:2]] == ["critical", "critical"]
    assert "the name of a file gives no period_start; add the file to from_file: in the contract" in checks[0].message
