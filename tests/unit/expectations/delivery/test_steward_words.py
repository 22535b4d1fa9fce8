"""A finding in the steward's words has delivered names, counts with units, and what to change in the export."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.delivery.column_differences import AS_AGREED, MISSING, NEW, ColumnDifference
from expectations.delivery.steward_words import WORDS, StewardFinding, steward_findings
from expectations.remedies import read_remedies
from expectations.results import ExpectationResult, GateResult
from ingest.contract.yaml_source import read_yaml
from tests.support.visits import visits_contract

COLUMNS = [
    {"name": "opened_on", "from": "Date Opened", "type": "date", "formats": ["%m/%d/%Y"], "required": True},
    {"name": "mode", "from": ["Mode", "MODE"], "values": ["phone", "desk"]},
    {"name": "third", "from": "Third"},
]
Word = Callable[..., StewardFinding]


@pytest.fixture
def word() -> Word:
    def make(finding: ExpectationResult, *columns: ColumnDifference) -> StewardFinding:
        contract = visits_contract(columns=COLUMNS)
        return steward_findings(contract, GateResult("delivery", contract.source, (finding,)), columns)[0]

    return make


def finding(name: str, column: str | None, observed: float, threshold: float, **more: object) -> ExpectationResult:
    return ExpectationResult(name, column, "critical", False, observed, threshold, "dpt__visits: m", **more)  # type: ignore[arg-type]


def test_a_share_has_counts_a_percent_sign_and_the_place(word: Word) -> None:
    worded = word(finding("required_pct", "opened_on", 2.5, 1, found=12, of=480, first="f.csv, record 7"))
    assert (worded.severity, worded.column) == ("must be fixed", "Date Opened")
    assert (worded.found, worded.allowed, worded.where) == ("12 of 480 rows (2.5 %)", "at most 1 %", "f.csv, record 7")
    assert worded.change == "Fill Date Opened in every row with a date written as MM/DD/YYYY."


def test_a_column_has_the_name_by_which_it_was_delivered(word: Word) -> None:
    line = ColumnDifference("Mode or MODE", "mode", "MODE", AS_AGREED)
    worded = word(finding("invalid_cells_pct", "mode", 99.99, 1, found=9999, of=10000), line)
    assert worded.problem == "The column MODE has cells that are not one of phone, desk."
    assert worded.found == "9,999 of 10,000 rows (99.9 %)"


def test_a_renamed_column_is_named_with_its_new_name(word: Word) -> None:
    lines = (ColumnDifference("Third", "third", None, MISSING, "Thirds", 91), ColumnDifference(None, None, "Thirds", NEW))
    worded = word(finding("columns_missing", "third", 1, 0), *lines)
    assert worded.problem == "The column Third is missing, and Thirds is new."
    assert (worded.found, worded.allowed) == ("1 column", "none")


def test_lost_rows_have_a_lower_bound(word: Word) -> None:
    worded = word(finding("rows_lost", None, 20, 50))
    assert (worded.found, worded.allowed) == ("20 rows", "at least 50 rows")


def test_rejected_rows_name_the_columns_that_each_row_needs(word: Word) -> None:
    assert word(finding("rejected_rows_pct", None, 3, 1)).change == "Fill Date Opened in every row."


def test_a_check_of_the_contract_s_own_keeps_its_message(word: Word) -> None:
    assert word(finding("mode_is_given", "mode", 3, 1)).problem == "m"


def test_every_check_of_a_delivery_has_words_for_the_steward() -> None:
    """The remedies of deliveries are first in their file, before those of tables."""
    names = list(read_remedies()["by_name"])
    of_deliveries = names[: names.index("table_exists")]
    words = read_yaml(WORDS).data["by_name"]
    assert set(of_deliveries) <= set(words)
    for each in words.values():
        assert not {"contract", "seed", "crosswalk", "from:"} & set((each["problem"] + each["change"]).split())
