"""Unmapped labels are counted, with the seed row that maps each; small counts of persons are not printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from duckdb import DuckDBPyConnection

from expectations.delivery.unmapped_counts import UnmappedLabel, count_unmapped_labels
from ingest.contract import Contract
from tests.unit.expectations.conftest import Row, write_delivery

HEAD = "vocabulary,reported_label,race_ethnicity_set,race_ethnicity_code,missing_reason,valid_from,valid_to,note\n"
MAPPED = "".join(
    f"eeo4_hr,{label},{label.lower()},{label.lower()},,1900-01-01,9999-12-31,\n" for label in ("WHITE", "BLACK", "ASIAN")
)
ELSEWHERE = "other,Pacific,nhpi,nhpi,,1900-01-01,9999-12-31,\nother,Mixed,,multiracial,,1900-01-01,9999-12-31,\n"
DISAGREES = "third,mixed,,other_race,,1900-01-01,9999-12-31,\n"


def _counted(
    connection: DuckDBPyConnection, contract: Contract, rows: list[Row], folder: Path, crosswalk: str
) -> list[UnmappedLabel]:
    file = folder / "crosswalk.csv"
    file.write_text(HEAD + crosswalk, encoding="utf-8")
    write_delivery(connection, contract.source, rows)
    found = count_unmapped_labels(connection, contract, (), file, "America/Chicago")
    return [label for label in found if label.column == "race_ethnicity"]


def _rows(good_rows: list[Row], labels: dict[str, int]) -> list[Row]:
    cells = [label for label, number in labels.items() for _ in range(number)]
    return [row | {"race_ethnicity": cell} for row, cell in zip(good_rows, cells, strict=False)]


def test_labels_are_counted_with_their_share_and_their_seed_row(
    make_contract: Callable[..., Contract], connection: DuckDBPyConnection, good_rows: list[Row], tmp_path: Path
) -> None:
    rows = _rows(good_rows, {"WHITE": 60, " black": 20, "Pacific ": 40, "Mixed": 30, 'No, "none"': 50})
    found = _counted(connection, make_contract(), rows, tmp_path, MAPPED + ELSEWHERE + DISAGREES)
    assert [(label.label, label.rows, label.of, label.percent) for label in found] == [
        ('No, "none"', 50, 200, 25.0),
        ("Pacific", 40, 200, 20.0),
        ("Mixed", 30, 200, 15.0),
    ]
    assert found[0].seed_row == 'eeo4_hr,"No, ""none""",decide,decide,,1900-01-01,9999-12-31,'
    assert found[1].seed_row == "eeo4_hr,Pacific,nhpi,nhpi,,1900-01-01,9999-12-31,", "another vocabulary has it"
    assert found[2].seed_row.startswith("eeo4_hr,Mixed,decide"), "two vocabularies disagree"


def test_a_rare_label_of_persons_is_named_without_its_count(
    make_contract: Callable[..., Contract], connection: DuckDBPyConnection, good_rows: list[Row], tmp_path: Path
) -> None:
    rows = _rows(good_rows, {"WHITE": 189, "Rare": 11, "Rarer": 10})
    (few,) = _counted(connection, make_contract(), rows[:199], tmp_path, MAPPED)
    assert (few.label, few.rows, few.percent) == ("Rare", None, None)
    (many,) = _counted(connection, make_contract(), rows[:200], tmp_path, MAPPED)
    assert (many.label, many.rows) == ("Rare", 11)
    records = make_contract(statistical_unit="record")
    (counted,) = _counted(connection, records, rows[:199], tmp_path, MAPPED)
    assert counted.rows == 10


def test_rare_answers_in_a_persons_own_words_are_not_named(
    make_contract: Callable[..., Contract], connection: DuckDBPyConnection, good_rows: list[Row], tmp_path: Path
) -> None:
    contract = make_contract(columns={"race_ethnicity": {"vocabulary": "kansas_city_survey"}})
    found = _counted(connection, contract, _rows(good_rows, {"own words": 3, "often": 60}), tmp_path, MAPPED)
    assert [(label.label, label.rows) for label in found] == [("often", 60), (None, None)]
