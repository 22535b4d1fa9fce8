"""What each figure of another publisher means: seed rows and contracts that no gate can check, because a wrong one fits the data.

The facts are of the publishers' documentation. Rules of models are unit tests next to the models.
"""

from __future__ import annotations

import re

import pytest

from ingest.contract.registry import load_registry
from ingest.delivery import Conformer
from tests.contract.registers import seed

HEALTH, ACS = "chr__county_health", "census__acs_county"
MEASURES = {(row["source"], row["published_measure"]): row for row in seed("published_measures")}
KINDS = {
    (row["source"], row["published_measure"], row["race_ethnicity_code"]): row["group_kind"]
    for row in seed("published_group_kinds")
}
CONCEPTS = seed("published_concepts")
REGISTRY = {row["measure_id"]: row for row in seed("measure_registry")}
SHOWN = sorted({row["measure_id"] for row in MEASURES.values() if row["measure_id"]})
# First and last year of the windows, which no file of County Health Rankings contains.
WINDOWS = {
    (2020, 2022): ["v001", "v138"], (2016, 2022): ["v015", "v039"], (2018, 2022): ["v135", "v148", "v161"],
    (2017, 2023): ["v014", "v129"], (2020, 2023): ["v128"], (2021, 2023): ["v127", "v147"],
    (2019, 2023): ["v063_otherdata", "v067"], (2022, 2022): ["v005", "v050", "v155"], (2019, 2019): ["v159", "v160"],
    (2023, 2023): ["v063_r"],
}  # fmt: skip
RELEASED_2026 = ("v127", "v128", "v129", "v147")  # the others in 2025
# The letter at the end of an ACS table: race alone, of any ethnicity; White not Hispanic; Hispanic.
LETTERS = {"": "all", "A": "white", "B": "black", "C": "aian", "D": "asian", "E": "nhpi", "H": "white", "I": "hispanic"}
ALONE = "ABCDE"
NAMES = {"white": "white", "black": "black", "aian": "aian", "asian": "asian", "nhopi": "nhpi", "tom": "multiracial",
         "hispanic": "hispanic"}  # fmt: skip
MERGED = {".x": "white", ".y": "black", ".x.x": "aian", ".y.y": "asian", ".x.x.x": "nhpi", ".y.y.y": "multiracial"}
PARTS = {
    "": "value",
    "_rawvalue": "value",
    "_cilow": "low",
    "_cihigh": "high",
    "_numerator": "numerator",
    "_denominator": "denominator",
}
WITHOUT_INTERVAL = {"v005", "v050", "v155", "v159", "v160"}


def test_each_file_of_county_health_has_the_window_of_its_publisher() -> None:
    contract = load_registry()[HEALTH]
    files = {row["files"] for row in CONCEPTS if row["concepts"] == "chr_county_health"}
    start, end = contract.column("period_start"), contract.column("period_end")
    stated = {}
    for windows, measures in WINDOWS.items():
        for measure in measures:
            name = f"{measure.removesuffix('_r')}_r{2026 if measure in RELEASED_2026 else 2025}.csv"
            if (start.in_file(name), end.in_file(name)) != (f"{windows[0]}-01-01", f"{windows[1]}-12-31"):
                stated[name] = start.in_file(name), end.in_file(name)
    assert not stated
    assert {file[:4] for file in files} == {pattern[:4] for pattern in start.from_file or ()}


def test_columns_of_county_health_are_of_the_group_in_their_name() -> None:
    wrong = []
    for row in CONCEPTS:
        if row["concepts"] != "chr_county_health":
            continue
        column = row["column_name"]
        merged = re.fullmatch(r"(numerator|denominator)((?:\.[xy])+)", column)
        named = re.fullmatch(r"v\d{3}(?:_race_([A-Za-z]+?))?(_rawvalue|_cilow|_cihigh|_numerator|_denominator|)", column)
        assert merged or named, column
        if merged:
            expected = (MERGED[merged[2]], merged[1])
        else:
            assert named
            expected = (NAMES[named[1].lower()] if named[1] else "all", PARTS[named[2]])
        if (row["race_ethnicity_code"], row["part"]) != expected:
            wrong.append((row, expected))
    assert not wrong


def test_the_income_of_all_residents_is_not_that_of_the_groups() -> None:
    """v063 of all residents is a one-year model of another source: it has a name of its own, and no measure."""
    income = {row["published_measure"]: row["race_ethnicity_code"] for row in CONCEPTS if row["column_name"].startswith("v063")}
    assert income["v063_all_residents"] == "all"
    groups = {row["race_ethnicity_code"] for row in CONCEPTS if row["published_measure"] == "v063"}
    assert groups == {"white", "black", "hispanic", "asian", "aian"}
    assert not MEASURES[HEALTH, "v063_all_residents"]["measure_id"]


def test_tables_of_the_census_are_of_the_race_of_their_letter() -> None:
    wrong = []
    for row in CONCEPTS:
        if row["concepts"] != "acs_county":
            continue
        table, letter, line, part = re.fullmatch(r"([A-Z]\d{5})([A-I]?)_(\d{3})([EM])", row["column_name"]).groups()  # type: ignore[union-attr]
        found = (row["published_measure"], row["race_ethnicity_code"], row["part"])
        if found != (f"{table}_{line}", LETTERS[letter], {"E": "value", "M": "margin"}[part]):
            wrong.append(row)
        kind = KINDS.get((ACS, row["published_measure"], row["race_ethnicity_code"]))
        if (kind == "overlapping_people") != (letter in ALONE and letter != ""):
            wrong.append(row | {"group_kind": str(kind)})
    assert not wrong, "tables A to E are of a race alone, Hispanics included, and overlap with Hispanic (published_group_kinds)"


def test_groups_that_include_hispanics_are_marked() -> None:
    """Black, Asian and American Indian next to White not Hispanic; all groups of juvenile arrests; Black and Other of poverty."""
    expected = {(HEALTH, measure, code) for measure in ("v063", "v067") for code in ("black", "asian", "aian")}
    arrests = ("black", "hispanic", "other_groups_combined", "white")
    expected |= {("urban__juvenile_arrests", "rate_juv_arrest", code) for code in arrests}
    expected |= {("urban__poverty_exposure", "share_poverty_exposure", code) for code in ("black", "other_groups_combined")}
    marked = {key for key, kind in KINDS.items() if kind == "overlapping_people" and key[0] != ACS}
    assert marked == expected


def test_shares_are_percentages_and_other_figures_stay_as_they_are() -> None:
    wrong = [
        key
        for key, row in MEASURES.items()
        if (row["statistic"] == "share") != (row["unit"] == "percent") or (row["unit"] == "percent") != (row["factor"] == "100")
    ]
    assert not wrong
    # delivered as proportions, unlike the rates of the same files
    assert {key[1] for key, row in MEASURES.items() if row["statistic"] == "share" and key[0] == HEALTH} == {
        "v050",
        "v067",
        "v155",
    }


def test_intervals_are_those_that_the_publisher_gives() -> None:
    limits = {row["published_measure"] for row in CONCEPTS if row["part"] in ("low", "high")}
    margins = {row["published_measure"] for row in CONCEPTS if row["part"] == "margin"}
    wrong = []
    for (source, published), row in MEASURES.items():
        if source == HEALTH:
            # files of some have columns for limits, which are empty
            expected = "none" if published in WITHOUT_INTERVAL else "confidence_95"
            assert published in limits | WITHOUT_INTERVAL, published
        elif source == ACS:
            expected = "margin_90" if published in margins else "none"
        else:
            has_limits = f"{published}_lb" in {column.name for column in load_registry()[source].columns}
            expected = ("range" if row["statistic"] == "count" else "confidence_95") if has_limits else "none"
        if row["bound_kind"] != expected:
            wrong.append((source, published, row["bound_kind"], expected))
    assert not wrong


def test_zeros_that_are_no_figure_are_declared() -> None:
    declared = {key[0]: row["zero_means"] for key, row in MEASURES.items() if row["zero_means"]}
    assert declared == {"urban__juvenile_arrests": "not_reported", "urban__low_birth_weight": "no_estimate"}


def test_homeless_students_are_a_composition() -> None:
    source = "urban__student_homelessness"
    assert {key[1]: row["part"] for key, row in MEASURES.items() if key[0] == source and row["measure_id"]} == {
        "count_homeless": "composition"
    }
    measure = REGISTRY["student_homelessness_composition"]
    assert (measure["kind"], measure["favourable_direction"], measure["reference_rule"]) == ("composition", "none", "")


@pytest.mark.parametrize("measure_id", SHOWN)
def test_a_shown_measure_names_its_place_publisher_direction_and_terms(measure_id: str) -> None:
    row, contract = REGISTRY[measure_id], load_registry()[REGISTRY[measure_id]["source"]]
    caveat, licence = row["caveat"], contract.agreement.licence
    assert row["unit"] and len(caveat.split()) > 10 and row["question"].endswith("?")
    assert row["favourable_direction"] in (("none",) if row["kind"] == "composition" else ("higher", "lower"))
    publishers = ("Urban Institute", "County Health Rankings", "American Community Survey")
    assert any(publisher in caveat for publisher in publishers), "name the publisher in the caveat"
    assert licence and licence.attribution and licence.evidence and contract.agreement.republish
    is_county = contract.jurisdiction == "county"
    assert is_county == row["name"].endswith(", county"), "a figure of a county has it in its name"
    assert is_county == caveat.startswith("A figure of the county and not of the city"), (
        "the caveat of a county figure begins with the county"
    )
    groups = {code for (source, published, code) in KINDS if MEASURES[source, published]["measure_id"] == measure_id}
    assert not groups or "Hispanics" in caveat, "groups overlap: the caveat names Hispanics"


def test_both_layouts_of_low_birth_weight_are_read() -> None:
    contract = load_registry()["urban__low_birth_weight"]
    for name in ("lbw", "rate_low_birth_weight"):
        header = ("year", "state", "county", "subgroup_type", "subgroup", name, f"{name}_lb", f"{name}_ub", f"{name}_quality")
        match = Conformer(contract, None).match(header, "neonatal_health.csv")
        assert (match.missing, match.unknown) == ((), ()), name
