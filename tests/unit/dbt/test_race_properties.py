"""Rules of race that must hold for any selection: every form reaches the same set, and no person is lost or counted twice.

Here: property tests of the conforming macros with the crosswalk of the repository, and single cases of each form. Not here:
labels of one source, which are unit tests next to its staging model.
"""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fuzzing import number_of_examples
from tests.support.race import COLUMNS, LABELS, SELECTIONS, Conform, Race, expected, render

PROPERTY = settings(max_examples=number_of_examples(30), deadline=None, derandomize=True)
COUNTS = st.dictionaries(st.sampled_from(SELECTIONS), st.integers(1, 50), min_size=1, max_size=20)

TABULATED = render("{{ exclusive_and_alone_or_in_combination(relation) }}", relation="people")


def flags(selection: frozenset[str], no: str = "0", none: str | None = None) -> dict[str, str | None]:
    return {COLUMNS[category].lower(): "1" if category in selection else no for category in COLUMNS} | {"racenone": none}


QUESTIONS = {column.lower(): column for column in (*COLUMNS.values(), "RaceNone")}


def test_every_combination_is_one_set_in_every_form(conform: Conform) -> None:
    """127 combinations, in every form and order of delivery."""
    assert len(SELECTIONS) == 127
    wanted = [expected(selection) for selection in SELECTIONS]
    forward = [{"label": "; ".join(LABELS[c] for c in sorted(selection))} for selection in SELECTIONS]
    backward = [{"label": ";".join(LABELS[c].upper() for c in sorted(selection, reverse=True))} for selection in SELECTIONS]
    assert conform("spd15_2024", forward, label="label", delimiter=";") == wanted
    assert conform("spd15_2024", backward, label="label", delimiter=";") == wanted
    assert conform("hmis_fy2024", [flags(selection) for selection in SELECTIONS], QUESTIONS) == wanted


def test_a_set_is_its_sorted_text_and_back(connection: duckdb.DuckDBPyConnection) -> None:
    query = "select " + render("{{ selection_set('t') }}") + " from (select ? as t)"
    for selection in SELECTIONS:
        text = "|".join(sorted(selection, reverse=True))
        found = connection.execute(query, [f"{text}|{min(selection)}"]).fetchone()
        assert found is not None
        assert "|".join(found[0]) == "|".join(sorted(selection))


@pytest.mark.parametrize("vocabulary", ["hmis_fy2022", "spd15_1997_two_questions"])
def test_two_questions_reach_the_same_set(conform: Conform, vocabulary: str) -> None:
    races = [s for s in SELECTIONS if "mena" not in s and s != {"hispanic"}]
    if vocabulary == "hmis_fy2022":
        names = {
            name: column
            for name, column in QUESTIONS.items()
            if name not in ("hispaniclatinaeo", "midestnafrican", "mideastnafrican")
        }
        rows = [flags(s) | {"ethnicity": "1" if "hispanic" in s else "0"} for s in races]
        found = conform(vocabulary, rows, names | {"ethnicity": "Ethnicity"})
    else:
        labels = LABELS | {"nhpi": "Native Hawaiian or Other Pacific Islander"}
        rows = [
            {
                "race": ",".join(labels[c] for c in s if c != "hispanic"),
                "ethnicity": "Hispanic or Latino" if "hispanic" in s else "not hispanic or latino",
            }
            for s in races
        ]
        found = conform(vocabulary, rows, {"ethnicity": "Ethnicity"}, label="race", delimiter=",")
    # under the 1997 standard Hispanic is asked apart from race, so that the own code is the 1997 code
    assert found == [Race(tuple(sorted(s)), expected(s).code_1997, expected(s).code_1997) for s in races]


@PROPERTY
@given(COUNTS)
def test_counts_sum_and_alone_or_in_combination_holds_the_exclusive(
    connection: duckdb.DuckDBPyConnection, counts: dict[frozenset[str], int]
) -> None:
    people = [
        (source, list(expected(s).selection or ()), expected(s).code, n) for s, n in counts.items() for source in ("many", "one")
    ]
    people += [("many", None, "multiracial", 3), ("many", None, "declined", 2)]
    connection.execute(
        "create or replace temp table people "
        "(source varchar, race_ethnicity_set varchar[], race_ethnicity_code varchar, people integer)"
    )
    connection.executemany("insert into people values (?, ?, ?, ?)", people)
    rows = connection.execute(
        f"select source, tabulation, race_ethnicity_code, sum(people)::integer from ({TABULATED}) group by all"
    ).fetchall()
    exclusive = {(source, code): n for source, kind, code, n in rows if kind == "exclusive"}
    combined = {code: n for source, kind, code, n in rows if kind == "alone_or_in_combination" and source == "many"}
    total = sum(counts.values())
    assert (exclusive["many", "all"], exclusive["one", "all"]) == (total + 5, total)
    for source, whole in (("many", total + 5), ("one", total)):
        assert sum(n for (of, code), n in exclusive.items() if of == source and code != "all") == whole
    assert combined == {c: sum(n for s, n in counts.items() if c in s) for c in LABELS if any(c in s for s in counts)}
    assert all(n <= combined[code] for (source, code), n in exclusive.items() if source == "many" and code in LABELS)
    assert {source for source, kind, _, _ in rows if kind == "alone_or_in_combination"} == {"many"}


@pytest.fixture(scope="module")
def of_selection(conform: Conform) -> dict[frozenset[str], Race]:
    rows = [{"label": ";".join(LABELS[category] for category in selection)} for selection in SELECTIONS]
    return dict(zip(SELECTIONS, conform("spd15_2024", rows, label="label", delimiter=";"), strict=True))


@PROPERTY
@given(COUNTS)
def test_bridged_codes_sum_to_the_same_total(of_selection: dict[frozenset[str], Race], counts: dict[frozenset[str], int]) -> None:
    own: dict[str, int] = {}
    bridged: dict[str, int] = {}
    for selection, n in counts.items():
        race = of_selection[selection]
        own[race.code] = own.get(race.code, 0) + n
        bridged[race.code_1997] = bridged.get(race.code_1997, 0) + n
    assert sum(own.values()) == sum(bridged.values()) == sum(counts.values())
    assert "mena" not in bridged
    assert bridged.get("hispanic", 0) == sum(n for s, n in counts.items() if "hispanic" in s)
    assert bridged.get("white", 0) == sum(n for s, n in counts.items() if s <= {"mena", "white"})


NOBODY: frozenset[str] = frozenset()
FORMS = [
    # a 0 of the migrated data before October 2023 means unknown, and MENA was not asked
    ("hmis_fy2024", "2023-09-30", flags(frozenset({"white"})), Race(None, "not_collected", "not_collected")),
    ("hmis_fy2024", "2023-10-01", flags(frozenset({"white"})), Race(("white",), "white", "white")),
    (
        "hmis_fy2024",
        "2023-09-30",
        flags(frozenset({"white", "hispanic"})),
        Race(("hispanic", "white"), "multiracial", "hispanic"),
    ),
    ("hmis_fy2024", "2025-01-01", flags(frozenset({"black"}), no="99"), Race(None, "not_collected", "not_collected")),
    ("hmis_fy2024", "2025-01-01", flags(NOBODY, none="9"), Race(None, "declined", "declined")),
    ("hmis_fy2024", "2025-01-01", flags(NOBODY, none="8"), Race(None, "respondent_unknown", "respondent_unknown")),
    ("hmis_fy2024", "2023-09-30", flags(NOBODY, none="9"), Race(None, "declined", "declined")),
    ("hmis_fy2024", "2025-01-01", flags(NOBODY), Race(None, "not_collected", "not_collected")),
    ("hmis_fy2024", "2025-01-01", flags(NOBODY, no="7"), Race(None, "not_mapped", "not_mapped")),
]


@pytest.mark.parametrize(("vocabulary", "day", "row", "wanted"), FORMS)
def test_columns_without_an_answer_have_a_reason(
    conform: Conform, vocabulary: str, day: str, row: dict[str, str | None], wanted: Race
) -> None:
    assert conform(vocabulary, [row], QUESTIONS, on=day) == [wanted]


@pytest.mark.parametrize(
    ("vocabulary", "race", "ethnicity", "day", "wanted"),
    [
        ("nibrs", "W", "N", "2020-01-01", Race(("white",), "white", "white")),
        ("nibrs", "W", "", "2020-01-01", Race(None, "not_collected", "not_collected")),
        ("nibrs", "W", "U", "2020-01-01", Race(None, "observer_unknown", "observer_unknown")),
        ("nibrs", "B", "H", "2020-01-01", Race(("black", "hispanic"), "hispanic", "hispanic")),
        ("nibrs", "A", "N", "2012-12-31", Race(None, "asian_or_nhpi", "asian_or_nhpi")),
        ("nibrs", "A", "N", "2013-01-01", Race(("asian",), "asian", "asian")),
        ("nibrs", "AP", "H", "2020-01-01", Race(None, "hispanic", "hispanic")),
        ("nibrs", "U", "H", "2020-01-01", Race(("hispanic",), "hispanic", "hispanic")),
        ("nibrs", "X", "N", "2020-01-01", Race(None, "not_mapped", "not_mapped")),
        ("us_core", "2106-3", "2135-2", "2020-01-01", Race(("hispanic", "white"), "hispanic", "hispanic")),
        ("us_core", "2106-3", "ASKU", "2020-01-01", Race(None, "respondent_unknown", "respondent_unknown")),
        (
            "spd15_1997_two_questions",
            "Two or more races",
            "Not Hispanic or Latino",
            "2020-01-01",
            Race(None, "multiracial", "multiracial"),
        ),
        ("spd15_1997_two_questions", "White", "Declined", "2020-01-01", Race(None, "declined", "declined")),
        ("spd15_1997_two_questions", "", "", "2020-01-01", Race(None, "not_collected", "not_collected")),
    ],
)
def test_an_ethnicity_not_given_is_not_no(
    conform: Conform, vocabulary: str, race: str, ethnicity: str, day: str, wanted: Race
) -> None:
    row: dict[str, str | None] = {"race": race, "ethnicity": ethnicity}
    assert conform(vocabulary, [row], {"ethnicity": "Ethnicity"}, label="race", on=day) == [wanted]


@pytest.mark.parametrize(
    ("vocabulary", "label", "wanted"),
    [
        ("police_codes", "h", Race(("hispanic",), "hispanic", "hispanic")),
        ("police_codes", "A", Race(None, "asian_or_nhpi", "asian_or_nhpi")),
        ("police_codes", "U", Race(None, "observer_unknown", "observer_unknown")),
        ("race_and_ethnicity_combined", "White,  Hispanic", Race(("hispanic", "white"), "hispanic", "hispanic")),
        ("race_and_ethnicity_combined", "White, not Hispanic", Race(("white",), "white", "white")),
        ("wi_dhs", "<5", Race(None, "suppressed_at_source", "suppressed_at_source")),
        ("eeo4_hr", "Two or More Races (Not Hispanic or Latino)", Race(None, "multiracial", "multiracial")),
        ("dpi_wisedash", "Two or More", Race(None, "multiracial", "multiracial")),
    ],
)
def test_one_label_reaches_the_same_columns(conform: Conform, vocabulary: str, label: str, wanted: Race) -> None:
    assert conform(vocabulary, [{"label": label}], label="label") == [wanted]
    parts = "race_conformed_parts('delivered_rows', '[delivered_rows.label]', label, vocabulary, on)"
    assert conform(vocabulary, [{"label": label}], label="label", macro=parts) == [wanted]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("Hmong", Race(("asian",), "asian", "asian")),
        ("Hmong; Asian", Race(("asian",), "asian", "asian")),
        ("Lebanese; White", Race(("mena", "white"), "multiracial", "white")),
        ("White; Hispanic", Race(("hispanic", "white"), "multiracial", "hispanic")),
        ("Mixed", Race(None, "multiracial", "multiracial")),
        ("Mixed; Hispanic", Race(None, "multiracial", "hispanic")),
        ("White; Earthling", Race(None, "not_mapped", "not_mapped")),
        ("Prefer not to answer", Race(None, "declined", "declined")),
        ("White; Prefer not to answer", Race(("white",), "white", "white")),
        ("", Race(None, "not_collected", "not_collected")),
        (" ; ", Race(None, "not_collected", "not_collected")),
        (None, Race(None, "not_collected", "not_collected")),
    ],
)
def test_a_list_is_the_union_of_its_labels(conform: Conform, cell: str | None, wanted: Race) -> None:
    assert conform("open_survey", [{"label": cell}], label="label", delimiter=";") == [wanted]


def test_a_detailed_category_rolls_up_to_one(connection: duckdb.DuckDBPyConnection) -> None:
    wrong = connection.execute(
        "select reported_label, race_ethnicity_set from race_ethnicity_crosswalk where vocabulary = 'spd15_2024' "
        "and race_ethnicity_set is not null "
        "and race_ethnicity_set not in (select race_ethnicity_code from race_ethnicity where kind = 'category')"
    ).fetchall()
    assert not wrong
    counted = connection.execute(
        "select count(*) from race_ethnicity_crosswalk where vocabulary = 'spd15_2024' and note like '%example of the category'"
    ).fetchone()
    assert counted == (36,)
