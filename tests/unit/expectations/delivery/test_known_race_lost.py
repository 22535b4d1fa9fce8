"""Records whose race was known, and is not any more, are noticed: by the delivery that lost it, or by the crosswalk that did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from duckdb import DuckDBPyConnection

from expectations.delivery.unmapped_counts import Answers, known_race_lost, lost_labels, read_answers
from ingest.contract import Contract
from tests.unit.expectations.conftest import Row, write_delivery

ZONE = "America/Chicago"
GROUPS = {"White": "", "Black": "", "Asian": "", "unknown": "not_reported"}


def answers(**labels: str) -> Answers:
    return read_answers(
        {"vocabulary": "eeo4_hr", "reported_label": label, "missing_reason": reason} for label, reason in labels.items()
    )


@pytest.fixture
def landed(connection: DuckDBPyConnection, make_contract: Callable[..., Contract], good_rows: list[Row]) -> Contract:
    """Landing has 100 records of White and 100 of Black, in other cases and with blanks; the batch has what a test writes."""
    contract = make_contract()
    rows = [row | {"race_ethnicity": (" WHITE", "black ")[n % 2]} for n, row in enumerate(good_rows[:200])]
    write_delivery(connection, contract.source, rows)
    connection.execute(f"create schema landing; create table landing.{contract.source} as from delivery.{contract.source}")
    return contract


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (GROUPS, []),
        # of a label that no record has
        ({label: reason for label, reason in GROUPS.items() if label != "Asian"}, []),
        ({label: reason for label, reason in GROUPS.items() if label != "Black"}, ["no longer maps (eeo4_hr: 'black')"]),
        # one answer that names no group is a decision; none that names one is a loss
        (GROUPS | {"Black": "not_reported"}, []),
        (dict.fromkeys(GROUPS, "not_reported"), ["no label of race_ethnicity names a group any more"]),
    ],
    ids=["the same", "an unused label", "a label in use", "one reason", "no group"],
)
def test_a_crosswalk_that_lost_labels_in_use_is_noticed(
    connection: DuckDBPyConnection, landed: Contract, now: dict[str, str], said: list[str]
) -> None:
    found = lost_labels(connection, landed, answers(**GROUPS), answers(**now), ZONE)
    assert len(found) == len(said) and all(words in sentence for words, sentence in zip(said, found, strict=True)), found


@pytest.mark.parametrize(
    ("labels", "is_lost"),
    [(["unknown"] * 200, True), (["unknown"] * 199 + ["White"], False), ([""] * 200, True), (["unknown"] * 19, False)],
    ids=["all unknown", "one known", "all empty", "few records"],
)
def test_a_delivery_in_which_no_record_has_a_known_race_is_noticed(
    connection: DuckDBPyConnection, landed: Contract, good_rows: list[Row], labels: list[str], is_lost: bool
) -> None:
    rows = [row | {"race_ethnicity": label} for row, label in zip(good_rows, labels, strict=False)]
    write_delivery(connection, landed.source, rows)
    found = known_race_lost(connection, landed, (), answers(**GROUPS), ZONE)
    assert [(one.expectation, one.severity, one.column) for one in found] == (
        [("known_race_lost", "critical", "race_ethnicity")] if is_lost else []
    )
    if is_lost:
        assert "200 of 200 records of earlier loads have one" in found[0].message
        connection.execute(f"update landing.{landed.source} set race_ethnicity = 'unknown'")
        assert known_race_lost(connection, landed, (), answers(**GROUPS), ZONE) == [], "it was never known"
