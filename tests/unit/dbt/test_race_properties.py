"""Rules of race that must hold for any selection: every form reaches the same set, and no person is lost or counted twice.

Here: property tests of the conforming macros with the crosswalk of the repository, and single cases of each form. Not here:
labels of one source, which are unit tests next to its staging model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract.vocabulary import load_vocabulary
from orchestration.settings import DBT_PROJECT
from tests.support.fuzzing import number_of_examples

PROPERTY = settings(max_examples=number_of_examples(30), deadline=None, derandomize=True)
LABELS = {
    "aian": "American Indian or Alaska Native",
    "asian": "Asian",
    "black": "Black or African American",
    "hispanic": "Hispanic or Latino",
    "mena": "Middle Eastern or North African",
    "nhpi": "Native Hawaiian or Pacific Islander",
    "white": "White",
}
COLUMNS = {
    "aian": "AmIndAKNative",
    "asian": "Asian",
    "black": "BlackAfAmerican",
    "hispanic": "HispanicLatinaeo",
    "mena": "MidEastNAfrican",
    "nhpi": "NativeHIPacific",
    "white": "White",
}
SELECTIONS = [frozenset(chosen) for size in range(1, 8) for chosen in combinations(sorted(LABELS), size)]
COUNTS = st.dictionaries(st.sampled_from(SELECTIONS), st.integers(1, 50), min_size=1, max_size=20)


class Race(NamedTuple):
    """The reported race of a record."""

    selection: tuple[str, ...] | None
    code: str
    code_1997: str


Conform = Callable[..., list[Race]]


def render(text: str, **names: Any) -> str:
    """The SQL that dbt makes of the text, with every ref a table of that name."""
    files = [path for folder in ("conform", "measures") for path in sorted((DBT_PROJECT / "macros" / folder).glob("*.sql"))]
    macros = "\n".join(path.read_text(encoding="utf-8") for path in files)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals.update(
        {
            "ref": lambda name: name,
            "source": lambda _, name: name,
            "config": lambda **_: "",
            "return": lambda value: value,
            **names,
        }
    )
    return environment.from_string(f"{macros}\n{text}").render().strip()


TABULATED = render("{{ exclusive_and_alone_or_in_combination(relation) }}", relation="people")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        for seed in ("race_ethnicity_crosswalk", "race_open_labels", "race_write_ins", "race_ethnicity", "race_flag_values"):
            path = DBT_PROJECT / "seeds" / "reference" / f"{seed}.csv"
            con.execute(f"create table {seed} as from read_csv('{path}', all_varchar = true)")
        for seed in ("race_ethnicity_crosswalk", "race_open_labels"):
            con.execute(f"alter table {seed} alter valid_from type date")
            con.execute(f"alter table {seed} alter valid_to type date")
        con.execute("alter table race_flag_values alter is_ticked type boolean")
        con.execute(
            "create view dim_race_ethnicity as "
            "select * replace (is_in_spd15_2024::boolean as is_in_spd15_2024) from race_ethnicity"
        )
        con.execute("create table vocabularies (vocabulary varchar, race_standard varchar)")
        con.executemany(
            "insert into vocabularies values (?, ?)", [(v.name, v.race_standard) for v in load_vocabulary().race.values()]
        )
        con.execute("create table dim_source (source varchar, race_selection varchar)")
        con.execute("insert into dim_source values ('many', 'multiple'), ('one', 'single')")
        yield con


@pytest.fixture(scope="module")
def conform(connection: duckdb.DuckDBPyConnection) -> Conform:
    """`conform(vocabulary, rows, ...)`: each row's race, by a list of labels, by questions, or both; in the order of the rows."""

    def conform_rows(
        vocabulary: str,
        rows: list[dict[str, str | None]],
        questions: dict[str, str] | None = None,
        label: str | None = None,
        delimiter: str | None = None,
        on: str = "2025-01-01",
        macro: str | None = None,
    ) -> list[Race]:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        connection.execute(
            f"create or replace temp table delivered_rows (n integer, {', '.join(f'{name} varchar' for name in columns)})"
        )
        connection.executemany(
            f"insert into delivered_rows values ({', '.join('?' * (len(columns) + 1))})",
            [[n, *(row.get(name) for name in columns)] for n, row in enumerate(rows)],
        )
        names = {
            "questions": questions, "label": f"delivered_rows.{label}" if label else None,
            "delimiter": delimiter, "on": f"date '{on}'",
            "vocabulary": f"'{vocabulary}'",
        }  # fmt: skip
        macro = macro or (
            "race_conformed_questions('delivered_rows', questions, vocabulary, on, label, delimiter)"
            if questions
            else "race_conformed_list('delivered_rows', label, delimiter, vocabulary, on)"
            if delimiter
            else "race_conformed('delivered_rows', label, vocabulary, on)"
        )
        query = render(f"{{{{ {macro} }}}}", **names)
        found = connection.execute(
            f"select race_ethnicity_set, race_ethnicity_code, race_ethnicity_code_1997 from ({query}) order by n"
        ).fetchall()
        assert len(found) == len(rows)
        return [Race(tuple(chosen) if chosen is not None else None, code, old) for chosen, code, old in found]

    return conform_rows


def expected(selection: frozenset[str]) -> Race:
    chosen = tuple(sorted(selection))
    old = {"white" if category == "mena" else category for category in selection}
    code_1997 = "hispanic" if "hispanic" in old else "multiracial" if len(old) > 1 else old.pop()
    return Race(chosen, "multiracial" if len(chosen) > 1 else chosen[0], code_1997)


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
TICKS = [("1", "0"), ("Yes", "no"), (" x ", ""), ("TRUE", "FALSE"), ("Checked", "Unchecked"), ("1.0", None)]
BY_FLAGS = "race_conformed_flags('delivered_rows', {flags}, vocabulary, on)"


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
    macro = f"race_conformed_flags('delivered_rows', {flags}, vocabulary, on, {{'ethnicity': 'Ethnicity'}})"
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
