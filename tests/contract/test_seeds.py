"""Seeds, vocabularies and contracts agree: a word of one of them is in the others.

Here: rules over seed rows and contracts, each with what to do about it. Not here: rules of models (`test_models`), what is
published (`test_publication`).
"""

from __future__ import annotations

import csv
import re

from ingest.contract.vocabularies import load_vocabulary
from ingest.sample import city
from ingest.sample.people import survey
from orchestration.codegen.missing_steps import staging_of
from orchestration.settings import DBT_PROJECT
from tests.contract.registers import contracts, seed, shared_models


def test_every_vocabulary_maps_the_empty_label() -> None:
    rows = (DBT_PROJECT / "seeds" / "reference" / "race_ethnicity_crosswalk.csv").read_text(encoding="utf-8").splitlines()
    empty = {row.split(",")[0] for row in rows if re.match(r"[a-z0-9_]+,,", row)}
    missing = set(load_vocabulary().race) - empty
    assert not missing, f"add a row for the empty cell to race_ethnicity_crosswalk.csv: {missing}"


def test_delivered_districts_name_their_map() -> None:
    """Without its map a district's number is no place (place_conformed): the number alone would be another area."""
    named = {row["source"] for row in seed("delivered_code_vintages") if row["geography_type"] == "aldermanic_district"}
    wanted = {
        contract.source
        for contract in contracts()
        # events have an address; maps and blocks are districts themselves
        if staging_of(contract, shared_models()) is not None
        and {"aldermanic_district", "address"} <= {column.name for column in contract.columns}
    }
    assert wanted == named, (
        f"find out of which map the numbers are, and record it in delivered_code_vintages.csv: {wanted ^ named}"
    )


def test_survey_items_are_the_coded_columns_of_the_contract() -> None:
    with (DBT_PROJECT / "seeds" / "reference" / "survey_items.csv").open(encoding="utf-8", newline="") as file:
        items = {row["item"]: (row["lowest_answer"], row["highest_answer"], row["privacy"]) for row in csv.DictReader(file)}
    coded = {
        column.name: ("0", "1", column.privacy)
        if column.type == "boolean"
        else (f"{column.min:g}", f"{column.max:g}" if column.max is not None else "", column.privacy)
        for contract in contracts()
        if contract.source == "oei__resident_survey"
        for column in contract.columns
        if re.fullmatch(r"q\d+_[a-z0-9]+", column.name)
    }
    assert items == coded, f"an item is a coded column of the contract: {sorted(set(items.items()) ^ set(coded.items()))}"


def test_the_questionnaire_of_the_synthetic_city_has_its_items() -> None:
    """An item that the sample answers the other way round is one that the questionnaire asks the other way round."""
    direction = {row["item"]: row["direction"] for row in seed("survey_wordings") if row["jurisdiction"] == city.PLACE_GEOID}
    ratings = {row["item"] for row in seed("survey_items") if row["is_rating"] == "true"}
    assert set(direction) == ratings
    assert {item for item, which in direction.items() if which == "lower"} == set(survey.REVERSED)


def test_limits_of_hidden_cells_are_of_sources_that_exist() -> None:
    for name in ("hidden_cell_limits", "group_counts"):
        unknown = {row["source"] for row in seed(name)} - {contract.source for contract in contracts()}
        assert not unknown, f"name a contract in {name}.csv, or remove the row: {sorted(unknown)}"


def test_concept_columns_of_contracts_have_a_concept() -> None:
    rows = (DBT_PROJECT / "seeds" / "reference" / "census_concepts.csv").read_text(encoding="utf-8").splitlines()[1:]
    concepts = {tuple(row.split(",")[:2]) for row in rows}
    wanted = {(c.concepts or "", column.name) for c in contracts() for column in c.columns if column.role == "concept"}
    assert wanted == concepts, (
        f"a concept column of a contract is a row of its concepts seed, and the other way round: {wanted ^ concepts}"
    )


def test_lines_of_the_language_table_are_columns_of_its_contract() -> None:
    with (DBT_PROJECT / "seeds" / "reference" / "census_languages.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    concept_columns = {(row["concepts"], column) for row in rows for column in (row["column_name"], row["margin_column"])}
    (contract,) = (c for c in contracts() if c.source == "census__acs_language")
    wanted = {(contract.concepts or "", column.name) for column in contract.columns if column.role in ("count", "moe")}
    assert wanted == concept_columns, (
        f"a line of the contract is a row of census_languages, and the other way round: {wanted ^ concept_columns}"
    )


def test_places_of_the_registry_are_places_and_periods() -> None:
    """A typing error in `places` would give no rows, silently."""
    place = r"(city|tract|aldermanic_district|police_district|neighborhood):(month|quarter|year|snapshot|multi_year)"
    with (DBT_PROJECT / "seeds" / "reference" / "measure_registry.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [
        (row["measure_id"], column, row[column])
        for row in rows
        for column in ("places", "weighted_places")
        if row[column] and not re.fullmatch(rf"{place}(\|{place})*", row[column])
    ]
    wrong += [
        (row["measure_id"], "stratified_places", row["stratified_places"])
        for row in rows
        if row["stratified_places"]
        and not set(row["stratified_places"].split("|")) <= {entry.split(":")[0] for entry in row["places"].split("|")}
    ]
    assert not wrong, f"write place:period|…, and stratify only places that have rows: {wrong}"


# Kinds of which a group has a value of its own to compare; a composition's parts compare with nothing (ADR 8).
COMPARED = {"proportion", "rate", "median", "estimate", "amount_rate"}


def test_every_policy_area_has_two_measures_by_race_with_a_gap() -> None:
    """By race: the source reports it for a record or a count, or the value is place-weighted."""
    with (DBT_PROJECT / "seeds" / "reference" / "measure_registry.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_race = {c.source for c in contracts() if c.concepts or any(column.vocabulary_names() for column in c.columns)}
    measures: dict[str, set[str]] = {area: set() for area in load_vocabulary().words["policy_areas"]}
    for row in rows:
        has_race = row["weighted_places"] or row["source"] in by_race
        if has_race and row["kind"] in COMPARED and row["reference_rule"]:
            measures[row["policy_area"]].add(row["measure_id"])
    # what the city pays carries no race and no place
    short = sorted(area for area, found in measures.items() if len(found) < 2 and area != "city_money")
    assert not short, f"give each area two measures by race with a reference: {short}"


def test_known_issues_are_the_ones_that_contracts_cite() -> None:
    listed = {row["issue_id"] for row in seed("known_data_issues")}
    cited = {contract.tolerances.issue for contract in contracts() if contract.tolerances.issue}
    assert cited <= listed, f"add to known_data_issues.csv: {cited - listed}"


def test_the_registry_keeps_every_version_of_a_measure() -> None:
    """A home that published an earlier version cannot release while its row is missing (`expectations.marts.series`)."""
    versions: dict[str, list[int]] = {}
    for row in seed("measure_registry"):
        versions.setdefault(row["measure_id"], []).append(int(row["measure_version"]))
    missing = {measure: found for measure, found in versions.items() if sorted(found) != list(range(1, max(found) + 1))}
    assert not missing, f"restore the rows of earlier versions in measure_registry.csv: {missing}"
