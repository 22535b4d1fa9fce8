"""`mhd__chronic_disease`: three CSV files, one a condition, modelled estimates by tract of 2010 and year.

Warts kept: 29 columns, most of them empty in every row; the definition repeated in each row; two ways of writing the unit; a file
is named for the last of its years; rows of 0.0 with an interval of 0.0 to 0.0, which are no estimates; the county and not the
city. Planted: estimates are set and not drawn.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.places import ground
from ingest.sample.writing import Delivery

SOURCE = "mhd__chronic_disease"
YEARS = (2019, 2018)
LAST_YEAR = YEARS[0]
# File, what the indicator is called and means, its unit, the lowest estimate, and the measure that shows it.
CONDITIONS = (
    (
        "adults_with_diabetes_ct_2019.csv", "Adults with Diabetes",
        "This indicator shows the percentage of adults who have ever been diagnosed with diabetes.",
        "percent", 7.4, "diabetes_prevalence",
    ),
    (
        "adults_with_copd_ct_2019.csv", "Adults with COPD",
        "This indicator shows the percentage of adults who have ever been told by a doctor they have chronic obstructive "
        "pulmonary disease (COPD), emphysema, or chronic bronchitis.", "Percent of adults", 4.1, "copd_prevalence",
    ),
    (
        "adults_poor_mental_health_ct_2019.csv", "Poor Mental Health: 14+ Days",
        "This indicator shows the percentage of adults who stated that their mental health was not good 14 or more days in "
        "the past month.",
        "percent", 9.8, "poor_mental_health_prevalence",
    ),
)  # fmt: skip
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


def estimate(lowest: float, at: int, year: int) -> float:
    """The planted estimate, percent of adults, of the tract at a position of `tracts`; rising from year to year."""
    return round(lowest + at * 7 % 60 / 5 + (year - 2018) * 0.3, 1)


def write(folder: Path, _: np.random.Generator) -> Delivery:
    """Write the three files into `folder`; returns what was planted."""
    delivered = 0
    for name, condition, definition, unit, lowest, _measure in CONDITIONS:
        rows = []
        for at, tract in enumerate(tracts()):
            for year in YEARS:
                value = estimate(lowest, at, year)
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
    return Delivery(delivered=delivered, facts={"no_estimate": _NO_ESTIMATE * len(CONDITIONS)})
