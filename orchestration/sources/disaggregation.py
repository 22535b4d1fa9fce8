"""By what a source can be disaggregated: the landscape of the city's data, read from contracts.

Here: the rule from roles of columns to dimensions (docs/methods.md). Not here: how much of a dimension is known, which the last
release measured (`orchestration.runs.status_report`).
"""

from __future__ import annotations

import csv

from ingest.contract import Contract
from orchestration.settings import DBT_PROJECT

STRATA = DBT_PROJECT / "seeds" / "reference" / "stratum_crosswalk.csv"
DIMENSIONS = ("race", "sex", "age", "language", "disability", "place", "time")
BY_ROLE = {
    "race": "race", "race_flag": "race", "ethnicity": "race", "sex": "sex", "age": "age", "language": "language",
    "address": "place", "latitude": "place", "longitude": "place", "x": "place", "y": "place", "geoid": "place", "zip": "place",
    "district": "place", "geometry": "place", "event_time": "time", "period": "time",
}  # fmt: skip


def disaggregations(contract: Contract) -> dict[str, str]:
    """For each of `DIMENSIONS` the columns that carry it, joined by commas; empty where the source cannot tell it.

    A column of groups (role `group`) carries race by its vocabulary, and what else the stratum crosswalk knows of that
    vocabulary. The source's own period is a time, but only one.
    """
    carried: dict[str, list[str]] = {dimension: [] for dimension in DIMENSIONS}
    for column in contract.columns:
        found = {BY_ROLE[column.role]} if column.role in BY_ROLE else set()
        if column.role == "group" and column.vocabulary:
            found = {"race", *_strata(column.vocabulary_names())} & set(DIMENSIONS)
        for dimension in found:
            carried[dimension].append(column.name)
    if contract.period and not carried["time"]:
        carried["time"].append(f"one period, {contract.period.start} to {contract.period.end}")
    return {dimension: ", ".join(columns) for dimension, columns in carried.items()}


def _strata(vocabularies: tuple[str, ...]) -> set[str]:
    with STRATA.open(encoding="utf-8", newline="") as file:
        return {row["stratum_type"] for row in csv.DictReader(file) if row["vocabulary"] in vocabularies}
