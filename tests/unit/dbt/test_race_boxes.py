"""Race in one column per box, and ethnicity asked apart: no cell becomes a race that the person did not select."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.support.race import LABELS, SELECTIONS, Conform, Race, expected


@pytest.fixture
def new_vocabulary(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A vocabulary of two questions of which nothing is in `race_open_labels`."""
    rows = [
        ("White", "white", "white", None), ("Asian or Pacific Islander", None, "asian_or_nhpi", None),
        ("", None, None, "not_collected"),
        ("Ethnicity=Latino", "hispanic", "hispanic", None),
        ("Ethnicity=Other", None, None, "not_applicable"),
        ("Ethnicity=Unknown", None, None, "respondent_unknown"),
        ("Ethnicity=", None, None, "not_collected"),
    ]  # fmt: skip
    connection.execute("insert into vocabularies values ('dpt_new', 'spd15_1997')")
    connection.executemany(
        "insert into race_ethnicity_crosswalk by name select 'dpt_new' as vocabulary, ? as reported_label, "
        "? as race_ethnicity_set, "
        "? as race_ethnicity_code, ? as missing_reason, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to",
        rows,
    )
    yield "dpt_new"
    for table in ("vocabularies", "race_ethnicity_crosswalk"):
        connection.execute(f"delete from {table} where vocabulary = 'dpt_new'")


@pytest.mark.parametrize(
    ("race", "ethnicity", "wanted"),
    [
        ("White", "Unknown", Race(None, "respondent_unknown", "respondent_unknown")),
        ("White", "", Race(None, "not_collected", "not_collected")),
        ("White", "Other", Race(("white",), "white", "white")),
        ("White", "Latino", Race(("hispanic", "white"), "hispanic", "hispanic")),
        ("Asian or Pacific Islander", "unknown", Race(None, "respondent_unknown", "respondent_unknown")),
    ],
)
def test_an_unknown_ethnicity_of_any_vocabulary_leaves_hispanic_open(
    conform: Conform, new_vocabulary: str, race: str, ethnicity: str, wanted: Race
) -> None:
    row: dict[str, str | None] = {"race": race, "ethnicity": ethnicity}
    assert conform(new_vocabulary, [row], {"ethnicity": "Ethnicity"}, label="race") == [wanted]


BOXES = {category.replace("_", ""): label for category, label in LABELS.items()}
TICKS = [("1", "0"), (" x ", ""), ("YES", None)]
BY_FLAGS = "race_conformed_questions('delivered_rows', {{}}, vocabulary, on, flags={flags})"


@pytest.mark.parametrize(("tick", "empty"), [*TICKS, (None, "")], ids=str)
def test_a_column_per_race_reaches_the_same_set(conform: Conform, tick: str | None, empty: str | None) -> None:
    """127 combinations of boxes; without a tick of its own, the cell of a ticked box is its label."""
    rows = [
        {
            box: (tick or label.upper()) if category in selection else empty
            for (box, label), category in zip(BOXES.items(), LABELS, strict=True)
        }
        for selection in SELECTIONS
    ]
    assert conform("spd15_2024", rows, macro=BY_FLAGS.format(flags=BOXES)) == [expected(selection) for selection in SELECTIONS]


def test_boxes_without_a_tick_and_other_cells(conform: Conform) -> None:
    macro = BY_FLAGS.format(flags={"white": "White", "black": "Black or African American"})
    rows: list[dict[str, str | None]] = [{"white": "", "black": "0"}, {"white": "x", "black": "maybe"}]
    assert conform("spd15_2024", rows, macro=macro) == [
        Race(None, "not_collected", "not_collected"), Race(None, "not_mapped", "not_mapped")
    ]  # fmt: skip


def test_boxes_of_the_standard_of_1997_with_ethnicity_apart(conform: Conform, new_vocabulary: str) -> None:
    flags = {"white": "White", "api": "Asian or Pacific Islander"}
    macro = f"race_conformed_questions('delivered_rows', {{'ethnicity': 'Ethnicity'}}, vocabulary, on, flags={flags})"
    rows: list[dict[str, str | None]] = [
        {"white": white, "api": api, "ethnicity": ethnicity}
        for white, api, ethnicity in [
            ("1", "0", "Other"),
            ("1", "1", "Other"),
            ("0", "1", "Other"),
            ("1", "0", "Latino"),
            ("1", "0", ""),
        ]
    ]
    assert conform(new_vocabulary, rows, macro=macro) == [
        Race(("white",), "white", "white"), Race(None, "multiracial", "multiracial"),
        Race(None, "asian_or_nhpi", "asian_or_nhpi"), Race(("hispanic", "white"), "hispanic", "hispanic"),
        Race(None, "not_collected", "not_collected"),
    ]  # fmt: skip
