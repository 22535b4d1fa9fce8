"""A row of the plan decides what is published; the suppressor and the audit use the same names and limits."""

from __future__ import annotations

import ast
import re

from orchestration.settings import DBT_PROJECT
from tests.conftest import ROOT
from tests.contract.registers import contracts, seed
from tests.support.shipped import MODEL_FOLDERS

ADRS = DBT_PROJECT.parent / "docs" / "adr"


def test_every_measure_is_planned_or_not_published_for_a_reason() -> None:
    """A measure without a plan row would be missing in the public file, and the reason would be unknown."""
    registered, planned = {row["measure_id"] for row in seed("measure_registry")}, seed("publication_plan")
    missing = registered ^ {row["measure_id"] for row in planned}
    assert not missing, f"a measure has rows in publication_plan.csv (docs/methods.md, Disclosure): {sorted(missing)}"
    withheld = {row["measure_id"] for row in planned if row["race_level"] == "none"}
    wrong = {
        row["measure_id"] for row in planned if row["measure_id"] in withheld and (row["race_level"] != "none" or not row["note"])
    }
    assert not wrong, f"a measure that is not published has one row with the reason: {sorted(wrong)}"
    levels = {row["race_level"] for row in seed("publication_race_levels")} | {"none"}
    unknown = {row["race_level"] for row in planned} - levels
    assert not unknown, f"add the level to publication_race_levels.csv: {unknown}"


def test_figures_of_persons_are_planned_one_by_one() -> None:
    """A `*` would publish every later count of the measure, and crossing places have intersections that no row shows."""
    persons, chains = confidential_measures(), {"school": "school_district"}
    planned = [row for row in seed("publication_plan") if row["measure_id"] in persons and row["race_level"] != "none"]
    every = [row for row in planned if "*" in (row["geography_type"], row["period_type"], row["stratum_type"])]
    assert not every, f"name place, period and stratum: {every}"
    named = {row["measure_id"]: row["records"] for row in seed("publication_records") if row["part"] == "numerator"}
    places: dict[str, set[str]] = {}
    for row in planned:
        records = named.get(row["measure_id"], row["measure_id"])
        places.setdefault(records, set()).add(row["geography_type"])
    crossing = {
        records: sorted(inside)
        for records, kinds in places.items()
        if len(inside := {kind for kind in kinds - {"city", "county", "state"} if chains.get(kind) not in kinds}) > 1
    }
    assert planned and not crossing, f"plan one kind of place below the city for the same persons: {crossing}"


def test_all_codes_are_all_codes() -> None:
    """Figures without persons are published whole: a code missing in the level would be lost silently."""
    races = seed("race_ethnicity")
    wanted = {
        (standard, tabulation, race["race_ethnicity_code"])
        for standard in ("spd15_1997", "spd15_2024")
        for race in races
        if race[f"is_in_{standard}"] == "true"
        for tabulation in ("exclusive", "alone_or_in_combination")
        if tabulation == "exclusive" or race["kind"] == "category"
    }
    # groups of a race alone that a publisher counts with their Hispanics
    overlapping = {row["race_ethnicity_code"] for row in seed("published_group_kinds")}
    wanted |= {("spd15_1997", "race_alone_any_ethnicity", code) for code in overlapping}
    levels = [row for row in seed("publication_race_levels") if row["race_level"] == "all_codes"]
    found = {(row["race_standard"], row["tabulation"], row["race_ethnicity_code"]) for row in levels}
    assert found == wanted, f"all_codes of publication_race_levels.csv: {sorted(found ^ wanted)}"


def test_records_are_named_for_measures_that_exist() -> None:
    """And a universe is the name of records: a slip of the pen would hide nothing."""
    rows, registered = seed("publication_records"), {row["measure_id"] for row in seed("measure_registry")}
    unknown = {row["measure_id"] for row in rows} - registered
    universes = {row["universe"] for row in rows if row["universe"]} - {row["records"] for row in rows}
    assert not unknown and not universes, f"correct publication_records.csv: {unknown} {universes}"


def test_no_code_has_a_disclosure_threshold_of_its_own() -> None:
    """A city replaces the row of publication_rules; suppressor, models and audit must all follow it."""
    named, number = re.compile(r"\b(?:threshold|suppress_below)\b"), re.compile(r"(?<![\w.])(?:[2-9]|\d{2,})(?![\w.]| \* )")
    wrong = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for folder in (*MODEL_FOLDERS, DBT_PROJECT / "macros")
        for file in sorted(folder.rglob("*.sql"))
        for line in re.sub(r"'[^']*'|--[^\n]*", "", file.read_text(encoding="utf-8")).splitlines()
        if named.search(line) and number.search(line)
    ]
    city = {int(row["value"]) for row in seed("publication_rules") if not row["source"]}
    wrong += [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for package in ("warehouse/disclosure", "expectations/disclosure")
        for file in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in city
    ]
    assert not wrong, f"read the threshold from the seed publication_rules: {wrong}"


def test_a_smaller_threshold_has_an_adr_and_a_public_source() -> None:
    registry = {contract.source: contract for contract in contracts()}
    for row in (row for row in seed("publication_rules") if row["source"]):
        (number,) = re.findall(r"ADR (\d+)", row["note"])
        assert list(ADRS.glob(f"{int(number):04d}-*.md")), f"write the ADR that {row['source']} cites"
        agreement = registry[row["source"]].agreement
        assert (agreement.basis, agreement.classification, agreement.suppress_below) == ("open_data", "public", int(row["value"]))


def confidential_measures() -> set[str]:
    """Measures of persons or households, or of a source that is confidential (rules of the house, 4)."""
    persons = ("person", "household")
    sources = {
        contract.source
        for contract in contracts()
        if contract.statistical_unit in persons or contract.agreement.classification == "confidential"
    }
    rows = seed("measure_registry")
    return {row["measure_id"] for row in rows if row["statistical_unit"] in persons or row["source"] in sources}


def test_pooled_periods_can_be_compared() -> None:
    """Windows of a measure are the same in all places, its city is among them, and only counts are added up."""
    registered = {row["measure_id"]: row for row in seed("measure_registry")}
    rows = seed("pooled_periods")
    unknown = {row["measure_id"] for row in rows} - set(registered)
    assert rows and not unknown, f"pool a measure of measure_registry.csv: {unknown}"
    kinds = {row["measure_id"]: registered[row["measure_id"]]["kind"] for row in rows}
    wrong = {measure: kind for measure, kind in kinds.items() if kind not in ("proportion", "composition", "rate", "count")}
    assert not wrong, f"medians, estimates and money are not pooled: {wrong}"
    windows: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        windows.setdefault(row["measure_id"], set()).add((row["period_type"], row["last_year"]))
    several = {measure: found for measure, found in windows.items() if len(found) > 1}
    assert not several, f"give all places of a measure the same windows: {several}"
    cities = {row["measure_id"] for row in rows if row["geography_type"] in ("city", "county", "state")}
    alone = set(windows) - cities
    assert not alone, f"pool the whole too, for which the best group is chosen: {alone}"


def test_planned_pooled_periods_are_pooled() -> None:
    """A plan row of a period that is not pooled would publish nothing, silently."""
    pooled = {(row["measure_id"], row["geography_type"], row["period_type"]) for row in seed("pooled_periods")}
    planned = {
        (row["measure_id"], row["geography_type"], row["period_type"])
        for row in seed("publication_plan")
        if row["period_type"] in ("3_year", "5_year")
    }
    assert planned <= pooled, f"add the window to pooled_periods.csv: {planned - pooled}"
