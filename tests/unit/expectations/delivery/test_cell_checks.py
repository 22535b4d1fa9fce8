from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from duckdb import DuckDBPyConnection

from expectations.delivery.cell_checks import BLANK, HEADER, REJECTED, DeliveryQuery, delivery_query
from ingest.contract import Contract
from ingest.typing import invalid_flag, missing_flag
from tests.support.visits import visits_contract

MakeContract = Callable[..., Contract]
LABELS = {"eeo4_hr": frozenset({"WHITE"}), "dpi_wisedash": frozenset({"White"})}


def reading(contract: Contract, absent: tuple[str, ...] = ()) -> DeliveryQuery:
    return delivery_query(contract, "delivery.visits", absent, LABELS, "America/Chicago")


def write(connection: DuckDBPyConnection, contract: Contract, **cells: str | None) -> None:
    columns = ", ".join(f"cast(${column.name} as varchar) as {column.name}" for column in contract.kept_columns)
    values = {column.name: cells.get(column.name) for column in contract.kept_columns}
    connection.execute(
        f"create or replace table delivery.visits as select {columns}, 'v.csv' as _source_file, 1 as _source_row", values
    )


def ask(connection: DuckDBPyConnection, read: DeliveryQuery, expression: str) -> object:
    row = connection.execute(f"select {expression} from ({read.query})").fetchone()
    assert row is not None
    return row[0]


def test_cells_have_the_contracts_types_and_labels_stay_as_sent(
    make_contract: MakeContract, connection: DuckDBPyConnection
) -> None:
    contract = make_contract()
    write(connection, contract, fee="$1,5", visited_at=" 2025-03-01 08:00 ", race_ethnicity=" WHITE ", mode=" desk ")
    read = reading(contract)
    assert ask(connection, read, "typeof(visited_at) || ', ' || typeof(fee)") == "TIMESTAMP, DECIMAL(18,4)"
    assert ask(connection, read, "(visited_at, fee, mode, race_ethnicity)") == (
        dt.datetime(2025, 3, 1, 8),
        None,
        "desk",
        " WHITE ",
    )
    assert ask(connection, read, invalid_flag(contract.column("fee"))) is True


def test_a_row_is_blank_only_when_all_of_it_is(make_contract: MakeContract, connection: DuckDBPyConnection) -> None:
    contract = make_contract()
    write(connection, contract, visit_number="  ", note="")
    assert ask(connection, reading(contract), BLANK) is True
    assert ask(connection, reading(contract), REJECTED) is False
    write(connection, contract, note="x")
    assert ask(connection, reading(contract), BLANK) is False
    assert ask(connection, reading(contract), REJECTED) is True


def test_a_value_of_the_files_name_fills_no_blank_row(connection: DuckDBPyConnection) -> None:
    of_file = {"name": "year", "from_file": r"(\d{4})", "required": True}
    contract = visits_contract(columns=[of_file, {"name": "k", "required": True}])
    write(connection, contract, year="2024")
    assert ask(connection, reading(contract), f"({BLANK}, {REJECTED})") == (True, False)


def test_a_row_is_rejected_by_its_required_key_and_period_columns(
    make_contract: MakeContract, connection: DuckDBPyConnection
) -> None:
    contract = make_contract(columns={"visit_number": {"required": False}, "visited_at": {"required": False}})
    assert [column.name for column in reading(contract).required] == ["visit_number", "visited_at"]
    write(connection, contract, visit_number="V1", visited_at="soon")
    assert ask(connection, reading(contract), REJECTED) is True
    write(connection, contract, visit_number="V1", visited_at="2025-03-01", fee="free")
    assert ask(connection, reading(contract), REJECTED) is False


def test_a_repeated_header_is_known_by_its_names(make_contract: MakeContract, connection: DuckDBPyConnection) -> None:
    contract = make_contract()
    write(connection, contract, visit_number="VISIT", visited_at=" VISITED ", closed_at="CLOSED", fee="FEE")
    assert ask(connection, reading(contract), HEADER) is True
    write(connection, contract, visit_number="VISIT", visited_at="2025-03-01", closed_at="", fee="1")
    assert ask(connection, reading(contract), HEADER) is False


def test_a_column_that_is_absent_is_not_read(make_contract: MakeContract, connection: DuckDBPyConnection) -> None:
    contract = make_contract()
    read = reading(contract, ("visited_at", "dimension"))
    without_times = {"load": {"mode": "replace"}, "follow_up": None}
    write(connection, make_contract(columns={"visited_at": None, "dimension": {}}, **without_times), note="x")
    connection.execute("alter table delivery.visits drop column dimension")
    assert ask(connection, read, REJECTED) is True
    assert [column.name for column in read.required] == ["visit_number"]
    # the vocabulary of a label is unknown without the column that names it
    assert [check.column.name for check in read.labels] == ["race_ethnicity"]


def test_labels_are_checked_on_the_rows_that_hold_the_vocabulary(
    make_contract: MakeContract, connection: DuckDBPyConnection
) -> None:
    contract = make_contract()
    (check,) = (check for check in reading(contract).labels if check.by)
    assert (check.vocabulary, check.by) == ("dpi_wisedash", ("dimension", "Race/Ethnicity"))
    write(connection, contract, dimension="Sex", group_label="Female")
    assert ask(connection, reading(contract), f"count(*) filter (where {check.among} and {check.flag})") == 0
    write(connection, contract, dimension="Race/Ethnicity", group_label="Female")
    assert ask(connection, reading(contract), f"count(*) filter (where {check.among} and {check.flag})") == 1


def test_a_null_token_is_missing_and_not_invalid(make_contract: MakeContract, connection: DuckDBPyConnection) -> None:
    contract = make_contract(columns={"fee": {"null_tokens": {"n/a": "not_asked"}}})
    write(connection, contract, fee="n/a")
    fee = contract.column("fee")
    assert ask(connection, reading(contract), f"{missing_flag(fee)} and not {invalid_flag(fee)}") is True
