"""`mhd__chronic_disease`: three CSV files, one a condition, modelled estimates by tract of 2010 and year.

Irregularities: 29 columns, most of them empty in every row; the definition repeated in each row; two ways of writing the unit;
a file is named for the last of its years; rows of 0.0 with an interval of 0.0 to 0.0, which are no estimates; the county and
not the city. Planted: estimates are set and not drawn. A tract's follows from who lives there, as a publisher's model has it.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.places import ground
from ingest.sample.population.settlement import GROUPS, shares_of
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "mhd__chronic_disease"
YEARS = (2019, 2018)
LAST_YEAR = YEARS[0]
# File, what the indicator is called and means, its unit, and the measure that shows it.
CONDITIONS = (
    (
        "adults_with_diabetes_ct_2019.csv", "Adults with Diabetes",
        "This indicator shows the percentage of adults who have ever been diagnosed with diabetes.",
        "percent", "diabetes_prevalence",
    ),
    (
        "adults_with_copd_ct_2019.csv", "Adults with COPD",
        "This indicator shows the percentage of adults who have ever been told by a doctor they have chronic obstructive "
        "pulmonary disease (COPD), emphysema, or chronic bronchitis.", "Percent of adults", "copd_prevalence",
    ),
    (
        "adults_poor_mental_health_ct_2019.csv", "Poor Mental Health: 14+ Days",
        "This indicator shows the percentage of adults who stated that their mental health was not good 14 or more days in "
        "the past month.",
        "percent", "poor_mental_health_prevalence",
    ),
)  # fmt: skip
# Planted: the prevalence in percent that each group brings to a tract.
RISKS = {
    "diabetes_prevalence": {"white": 8.0, "black": 17.5, "hisp": 13.5, "aian": 16.0, "asian": 9.5},
    "copd_prevalence": {"white": 7.5, "black": 9.0, "hisp": 5.0, "aian": 11.0, "asian": 4.0},
    "poor_mental_health_prevalence": {"white": 13.0, "black": 17.0, "hisp": 15.0, "aian": 19.0, "asian": 10.0},
}
_RISK_OTHERWISE = 11.0
_NOTE = "Sub-county small area estimates of a city that does not exist. It is not appropriate to use this data for evaluation."
_COLUMNS = (
    "Indicator Name", "What Is This Indicator", "Location Type", "Location", "Indicator Rate Value", "Indicator Rate Value Units",
    "Rate Lower Confidence Interval", "Rate Upper Confidence Interval", "Indicator Count Value", "Indicator Count Value Units",
    "Count Lower Confidence Interval", "Count Upper Confidence Interval", "Indicator Value Unstable", "Period of Measure",
    "Data Source", "Technical Note", "Breakout Title", "Breakout Category", "Breakout Subcategory", "Breakout Rate Value",
    "Breakout Rate Value Units", "Breakout Rate Lower Confidence Interval", "Breakout Rate Upper Confidence Interval",
    "Breakout Count Value", "Breakout Count Value Units", "Breakout Count Lower Confidence Interval",
    "Breakout Count Upper Confidence Interval", "Breakout Unstable", "Breakout Footer",
)  # fmt: skip
_NO_ESTIMATE = 2  # tracts without one in the earlier year, for each condition


def tracts() -> list[int]:
    """The tracts of 2010, by their six digits."""
    found: list[int] = np.unique(ground.tracts(2010)).tolist()
    return found


@cache
def estimates(measure: str, year: int) -> tuple[float, ...]:
    """The planted estimates, percent of adults, in the order of `tracts`; rising from year to year."""
    risks = np.array([RISKS[measure].get(group, _RISK_OTHERWISE) for group in GROUPS])
    of_residents = shares_of(ground.tracts(2010)) @ risks
    elsewise = np.arange(len(of_residents)) * 7 % 11 / 5 - 1  # age, income and the rest: one point up or down
    return tuple(np.round(of_residents + elsewise + (year - YEARS[-1]) * 0.3, 1).tolist())


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write the three files into `folder`; returns what was planted."""
    delivered = 0
    for name, condition, definition, unit, measure in CONDITIONS:
        rows = []
        for at, tract in enumerate(tracts()):
            for year in YEARS:
                value = estimates(measure, year)[at]
                values = (value, round(value * 0.9, 1), round(value * 1.1, 1))
                if year != LAST_YEAR and at < _NO_ESTIMATE:
                    values = (0.0, 0.0, 0.0)
                row = [condition, definition, "Census Tract", f"{COUNTY_GEOID}{tract:06d}", values[0], unit, *values[1:]]
                rows.append([*row, *[""] * 4, "No", year, "Sample model", _NOTE, *[""] * 13])
        with (folder / name).open("w", encoding="ascii", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            file.write(",".join(f'"{column}"' if " " in column else column for column in _COLUMNS) + "\n")
            writer.writerows(rows)
        delivered += len(rows)
    return PlantedCounts(delivered=delivered, facts={"no_estimate": _NO_ESTIMATE * len(CONDITIONS)})
