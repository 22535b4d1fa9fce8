from __future__ import annotations

from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations.delivery.cell_checks import _label_checks, _unmapped, unmapped_condition
from ingest.contract import Column
from ingest.contract.vocabularies import CrosswalkError, folded, load_vocabulary, read_labels

SEED = Path(__file__).parents[4] / "dbt_project" / "seeds" / "reference" / "race_ethnicity_crosswalk.csv"


def test_labels_are_read_as_the_seed_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "crosswalk.csv"
    file.write_text('vocabulary,reported_label,note\na,"ASIAN, OTHER",x\na,,an empty cell\nb,White,\n', encoding="utf-8")
    assert read_labels(file) == {"a": frozenset({"ASIAN, OTHER", ""}), "b": frozenset({"White"})}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"vocabulary,label\na,b\n", "no column reported_label"),
        (b"", "no column vocabulary"),
        (b"vocabulary\n\xff\xfe\n", "UTF-8"),
    ],
)
def test_a_seed_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "crosswalk.csv"
    file.write_bytes(content)
    with pytest.raises(CrosswalkError, match=message) as raised:
        read_labels(file)
    assert str(file) in str(raised.value)


def test_a_seed_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(CrosswalkError, match=r"nowhere\.csv"):
        read_labels(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("label", "unmapped"),
    [
        ("ASIAN/PACIFIC ISLANDER", False),
        (" asian/pacific\t\u00a0islander\n", False),
        ("ASIAN", True),
        ("", True),
        (None, True),
        ("O'Neill", False),
        ("o'neil", True),
    ],
)
def test_the_condition_folds_like_the_seeds_labels(connection: DuckDBPyConnection, label: str | None, unmapped: bool) -> None:
    condition = unmapped_condition("race", {"ASIAN/PACIFIC ISLANDER", "O'Neill"})
    assert connection.execute(f"select {condition} from (select ?::varchar as race)", [label]).fetchone() == (unmapped,)
    if label is not None:
        assert (folded(label) not in {folded("ASIAN/PACIFIC ISLANDER"), folded("O'Neill")}) is unmapped


def test_an_empty_cell_is_a_label_that_the_seed_may_map(connection: DuckDBPyConnection) -> None:
    condition = unmapped_condition("race", {""})
    assert connection.execute(f"select bool_or({condition}) from (values (null), (''), ('  ')) as t (race)").fetchone() == (
        False,
    )


@pytest.mark.parametrize(
    ("cell", "unmapped"),
    [("1", False), (" 1 ", False), ("0", True), ("99", False), ("", False), (None, False), ("Asian=1", True)],
)
def test_the_cell_of_a_question_is_looked_up_with_it(connection: DuckDBPyConnection, cell: str | None, unmapped: bool) -> None:
    condition = unmapped_condition("flag", {"Asian=1", "ASIAN=99", "Asian=", "White=0"}, question="Asian")
    assert connection.execute(f"select {condition} from (select ?::varchar as flag)", [cell]).fetchone() == (unmapped,)


@pytest.mark.parametrize(
    ("cell", "unmapped"),
    [
        ("White; black", False),
        ("White;", False),
        ("White; Klingon", True),
        ("White, Black", True),
        ("", False),
        (None, False),
        (" ; ", False),
    ],
)
def test_each_label_of_a_list_is_looked_up(connection: DuckDBPyConnection, cell: str | None, unmapped: bool) -> None:
    condition = unmapped_condition("race", {"White", "Black", ""}, delimiter=";")
    assert connection.execute(f"select {condition} from (select ?::varchar as race)", [cell]).fetchone() == (unmapped,)
    without_empty = unmapped_condition("race", {"White", "Black"}, delimiter=";")
    found = connection.execute(f"select {without_empty} from (select ?::varchar as race)", [cell]).fetchone()
    assert found == (unmapped or not (cell or "").strip(" ;"),)


@pytest.mark.parametrize(
    ("cell", "unmapped"),
    [("1", False), (" X ", False), ("no", False), (None, False), ("WHITE", False), ("maybe", True), ("2", True)],
)
def test_the_cell_of_a_box_is_a_tick_or_none(connection: DuckDBPyConnection, cell: str | None, unmapped: bool) -> None:
    """By the same seed as the macro `race_conformed_questions`, which gives such a record no race."""
    column = Column.model_validate(
        {"name": "white", "role": "race_flag", "vocabulary": "spd15_2024", "label": "White"}, context=load_vocabulary()
    )
    (check,) = _label_checks((column,))
    condition = _unmapped(check, {"spd15_2024": frozenset({"White"})})
    assert connection.execute(f"select {condition} from (select ?::varchar as white)", [cell]).fetchone() == (unmapped,)


def test_without_labels_everything_is_unmapped(connection: DuckDBPyConnection) -> None:
    assert connection.execute(f"select {unmapped_condition('race', ())} from (select 'White' as race)").fetchone() == (True,)


def test_the_seed_of_the_repository_can_be_read() -> None:
    assert {"eeo4_hr", "police_observed", "dpi_wisedash"} <= set(read_labels(SEED))
