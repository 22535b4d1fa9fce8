from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.delivery.column_differences import header_checks, likely_match, missing_columns
from expectations.engine.checks import Check
from ingest.contract import Contract

MakeContract = Callable[..., Contract]


def failed(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.kwargs["mismatches"]]


def test_a_header_that_fits_has_three_checks_that_pass(make_contract: MakeContract) -> None:
    checks = list(header_checks(make_contract(), (), (), (), ()))
    assert {(check.name, check.severity) for check in checks} == {
        ("columns_missing", "critical"),
        ("columns_repeated", "critical"),
        ("columns_unknown", "warning"),
    }
    assert failed(checks) == []


def test_a_renamed_column_is_reported_with_its_new_name_and_the_fix(make_contract: MakeContract) -> None:
    checks = failed(list(header_checks(make_contract(), ("CLOSED",), ("CLOSED_DATE", "WEATHER"), (), ("visits.csv",))))
    missing, unknown = checks
    assert (missing.column, missing.severity) == ("closed_at", "critical")
    assert missing.message == (
        "dpt__visits (visits.csv): column CLOSED is missing, and CLOSED_DATE is new: was it renamed? "
        "Add CLOSED_DATE to from: in the contract"
    )
    assert unknown.kwargs["mismatches"] == 2
    assert "CLOSED_DATE, WEATHER" in unknown.message


def test_a_missing_direct_identifier_is_a_missing_column(make_contract: MakeContract) -> None:
    (missing,) = failed(list(header_checks(make_contract(), ("PHONE",), (), (), ())))
    assert (missing.column, missing.severity) == ("phone", "critical")


def test_a_missing_column_names_the_file_that_lacks_it(make_contract: MakeContract) -> None:
    names = [str(column.delivered_names[0]) for column in make_contract().columns]
    headers = {"a.csv": names, "b.csv": [name for name in names if name != "PHONE"]}
    (missing,) = failed(list(header_checks(make_contract(), ("PHONE",), (), (), ("a.csv", "b.csv"), headers)))
    assert missing.message.startswith("dpt__visits (b.csv): column PHONE is missing")


def test_a_file_of_another_table_is_one_finding(make_contract: MakeContract) -> None:
    contract = make_contract()
    names = [str(column.delivered_names[0]) for column in contract.columns]
    headers = {"a.csv": names, "hearings.csv": [names[0], "Room", "Result"]}
    checks = failed(list(header_checks(contract, names[1:], (), (), tuple(headers), headers)))
    (other,) = checks
    assert (other.name, other.column, other.kwargs["mismatches"]) == ("columns_missing", None, len(names) - 1)
    assert f"hearings.csv has 1 of the {len(names)} columns of the contract" in other.message
    assert "name it in ignore_files of the contract, or describe it in format.layouts" in other.message


def test_a_header_that_is_a_record_is_not_quoted(make_contract: MakeContract) -> None:
    """A file that lost its header line gives its first record for names."""
    contract = make_contract()
    missing = tuple(str(column.delivered_names[0]) for column in contract.columns)
    checks = failed(list(header_checks(contract, missing, ("V0001", "Jane Visit", "414 555 0100"), (), ())))
    messages = " ".join(check.message for check in checks)
    assert "may be a record and no header" in messages
    assert "Jane" not in messages and "414" not in messages


@pytest.mark.parametrize(
    ("missing", "unknown", "match"),
    [
        ("RACE", ("SEX", "Race_Code"), "Race_Code"),
        ("CREATIONDATE", ("CREATION_DATE", "CLOSEDDATE"), "CREATION_DATE"),
        ("RACE", ("SEX", "WEATHER"), None),
        ("RACE", (), None),
    ],
)
def test_likely_match(missing: str, unknown: tuple[str, ...], match: str | None) -> None:
    assert likely_match(missing, None, unknown) == match


def test_missing_columns_are_found_by_any_delivered_name_by_position_and_by_the_contracts(make_contract: MakeContract) -> None:
    contract = make_contract(columns={"fee": {"from": ["FEE", "CHARGE"]}})
    assert missing_columns(contract, ("CHARGE", "mode", "NOWHERE")) == ("fee", "mode")
    positions = {column.name: {"from": position} for position, column in enumerate(contract.columns, 1)}
    by_position = make_contract(columns=positions, format={"kind": "csv", "header": {"rows": "none"}})
    assert missing_columns(by_position, ("11",)) == ("note",)


def test_many_names_are_cut_short(make_contract: MakeContract) -> None:
    (unknown,) = failed(list(header_checks(make_contract(), (), tuple(f"C{n}" for n in range(9)), (), ())))
    assert "9 columns" in unknown.message and "C4 and 4 more" in unknown.message
