"""List by which dimensions a source can be disaggregated (race, sex, place, …), from the roles of its contract's columns.

The rule is in docs/methods.md. See `runs.status_report` for how much of a dimension is known.
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
    """For each of `DIMENSIONS` the columns that contain it, joined by commas; empty if the source does not have it.

    A column of groups (role `group`) contains race, and every other dimension that the stratum crosswalk has for its vocabulary.
    A source with one period for all its rows has that period as its time.
    """
    found_in: dict[str, list[str]] = {dimension: [] for dimension in DIMENSIONS}
    for column in contract.columns:
        found = {BY_ROLE[column.role]} if column.role in BY_ROLE else set()
        if column.role == "group" and column.vocabulary:
            found = {"race", *_strata(column.vocabulary_names())} & set(DIMENSIONS)
        for dimension in found:
            found_in[dimension].append(column.name)
    if contract.period and not found_in["time"]:
        found_in["time"].append(f"one period, {contract.period.start} to {contract.period.end}")
    return {dimension: ", ".join(columns) for dimension, columns in found_in.items()}


def _strata(vocabularies: tuple[str, ...]) -> set[str]:
    with STRATA.open(encoding="utf-8", newline="") as file:
        return {row["stratum_type"] for row in csv.DictReader(file) if row["vocabulary"] in vocabularies}
