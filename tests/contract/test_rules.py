"""Thresholds of the measures are rows of the seed measure_rules, which SQL, suites and Python read by name.

Here: that no model has a threshold as a literal, and that every name that is read is a row. Not here: what a rule decides (unit
tests next to the models).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from expectations.disclosure.equations.figure_equations import BEST_HOLDS, COMPARABLY_KNOWN, RELIABLY_KNOWN
from orchestration.settings import DBT_PROJECT
from tests.contract.registers import seed
from tests.support.shipped import MODEL_FOLDERS

SUITES = DBT_PROJECT.parent / "expectations" / "suites"
# A number next to a comparison or a standard normal quantile. 0 and 1 are no thresholds, nor is the last digit of a sum.
NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
COMPARED = re.compile(
    rf"(?:<=|>=|<>|<|>|\bbetween)\s*({NUMBER})\b(?! - (?!1e))|(?<![\w.'])({NUMBER})\s*(?:<=|>=|<|>)(?!\w)|(1\.9599\d*)"
)
SMALLEST = 1e-6
# Numbers that are no rule of a measure, each with the reason why it stays in its model.
NO_RULE = {
    ("int_equity_measures__with_intervals", "10"): "stats.rate_ci is exact below 10 events: the word follows the macro",
    ("int_equity_measures__groups_filled", "100"): "all people of a place, in percent",
    ("int_points__validated", "180"): "degrees of longitude",
    ("int_points__validated", "90"): "degrees of latitude",
    ("int_addresses__candidates", "24"): "house numbers of one block face, part of the address match and of no measure",
    ("int_places__overlap_shares", "0.001"): "slivers of two maps' lines",
    ("int_places__overlap_shares", "0.01"): "slivers of two maps' lines",
    ("int_places__with_fit_quality", "0.999"): "the fit of a moved count, measured (docs/methods.md)",
    ("int_places__with_fit_quality", "0.95"): "the fit of a moved count, measured (docs/methods.md)",
    ("int_places__with_fit_quality", "0.5"): "the fit of a moved count, measured (docs/methods.md)",
    ("stg_census__population_estimates", "2"): "the publisher's code of July 1 of the census year",
    ("stg_seer__standard_population", "5"): "years of an age group of the publisher",
    ("dim_date", "6"): "the number of a weekday",
    ("int_survey_satisfied_share__counts", "4"): "the answers 4 and 5 of 5 are the definition of the measure",
    ("int_survey_satisfied_share__counts", "2"): "the answers 1 and 2 where 1 is the good end, likewise",
    ("index_values", "2"): "an index needs two groups by definition",
    ("int_published__with_reference", "4"): "disclosure control: the threshold is a row of publication_rules",
    ("kaplan_meier_median", "0.5"): "the median is where the curve crosses one half",
}


def models() -> Iterator[tuple[str, str]]:
    """Name and SQL of every model and measure macro, without comments and words."""
    for folder in (*MODEL_FOLDERS, DBT_PROJECT / "macros" / "measures"):
        for file in sorted(folder.rglob("*.sql")):
            sql = re.sub(r"\{#.*?#\}|--[^\n]*", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            yield file.stem, re.sub(r"'[^']*'", "''", sql)


def literals(sql: str) -> Iterator[str]:
    for found in COMPARED.finditer(sql):
        number = next(group for group in found.groups() if group)
        if float(number) not in (0.0, 1.0) and abs(float(number)) > SMALLEST:
            yield number


def test_no_model_has_a_threshold_of_its_own() -> None:
    wrong = sorted({(name, number) for name, sql in models() for number in literals(sql)} - set(NO_RULE))
    assert not wrong, f"make it a row of measure_rules.csv and read it with rule(…), or give the reason in NO_RULE: {wrong}"


def test_exceptions_are_still_there() -> None:
    found = {(name, number) for name, sql in models() for number in literals(sql)}
    assert set(NO_RULE) <= found, f"take out of NO_RULE: {sorted(set(NO_RULE) - found)}"


def test_every_rule_that_is_read_is_a_row() -> None:
    rules = [row["rule"] for row in seed("measure_rules")]
    read = {
        (file.stem, name)
        for folder, pattern in (*((folder, "*.sql") for folder in (DBT_PROJECT, *MODEL_FOLDERS)), (SUITES, "*.yml"))
        for file in sorted(Path(folder).rglob(pattern))
        if "target" not in file.parts
        for name in re.findall(r"rule\(\\?['\"](\w+)\\?['\"]\)|\{rule:(\w+)\}", file.read_text(encoding="utf-8"))
        for name in filter(None, name)
    }
    unknown = sorted((file, name) for file, name in read if name not in rules)
    assert len(rules) == len(set(rules)) and not unknown, f"add to measure_rules.csv: {unknown}"


def test_every_measure_or_its_unit_has_a_margin_of_about_the_same() -> None:
    margins = {row["rule"].removeprefix("about_the_same_"): row["unit"] for row in seed("measure_rules")}
    compared = [row for row in seed("measure_registry") if row["kind"] != "count"]
    missing = sorted({row["measure_id"] for row in compared if not {row["unit"], row["measure_id"]} & margins.keys()})
    assert not missing, f"add to measure_rules.csv: {[f'about_the_same_{measure}' for measure in missing]}"
    assert "percent of the other figure" not in margins.values(), "a share of a figure is no margin"


def test_critical_values_are_those_of_the_statistics() -> None:
    """The macros of the schema stats are self-contained, so they repeat the figures."""
    helpers = (DBT_PROJECT / "macros" / "stats" / "helpers.sql").read_text(encoding="utf-8")
    wrong = [row["rule"] for row in seed("measure_rules") if row["rule"].startswith("z_") and row["value"] not in helpers]
    assert not wrong, f"the quantile of measure_rules.csv and that of macros/stats/helpers.sql differ: {wrong}"


def test_the_attacker_knows_the_thresholds() -> None:
    """It shares no code with what hides, and so it has figures of its own."""
    rules = {row["rule"]: float(row["value"]) for row in seed("measure_rules")}
    assert rules["min_reference_share"] == 100 * BEST_HOLDS
    assert rules["known_race_for_reliable"] == 100 * RELIABLY_KNOWN
    assert rules["known_race_for_ratio"] == 100 * COMPARABLY_KNOWN
