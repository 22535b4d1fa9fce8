"""List by which dimensions a source can be disaggregated (race, sex, place, …), from the roles of its contract's columns.

The rule is in docs/methods.md. See `runs.reports` for how much of a dimension is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.contract import Contract
from ingest.layers import Layer, seed_rows
from orchestration.settings import SHARED_SEEDS

STRATA = "stratum_crosswalk"
DIMENSIONS = ("race", "sex", "age", "language", "disability", "place", "time")
BY_ROLE = {
    "race": "race", "race_flag": "race", "ethnicity": "race", "sex": "sex", "age": "age", "language": "language",
    "address": "place", "latitude": "place", "longitude": "place", "x": "place", "y": "place", "geoid": "place", "zip": "place",
    "district": "place", "geometry": "place", "event_time": "time", "period": "time",
}  # fmt: skip


def disaggregations(contract: Contract, layers: Sequence[Layer] = ()) -> dict[str, str]:
    """For each of `DIMENSIONS` the columns that contain it, joined by commas; empty if the source does not have it.

    A column of groups (role `group`) contains race, and every other dimension that the stratum crosswalk has for its vocabulary.
    A source with one period for all its rows has that period as its time.
    """
    found_in: dict[str, list[str]] = {dimension: [] for dimension in DIMENSIONS}
    for column in contract.columns:
        found = {BY_ROLE[column.role]} if column.role in BY_ROLE else set()
        if column.role == "group" and column.vocabulary:
            found = {"race", *_strata(column.vocabulary_names(), layers)} & set(DIMENSIONS)
        for dimension in found:
            found_in[dimension].append(column.name)
    if contract.period and not found_in["time"]:
        found_in["time"].append(f"one period, {contract.period.start} to {contract.period.end}")
    return {dimension: ", ".join(columns) for dimension, columns in found_in.items()}


def _strata(vocabularies: tuple[str, ...], layers: Sequence[Layer]) -> set[str]:
    return {row["stratum_type"] for row in seed_rows(STRATA, SHARED_SEEDS, layers) if row["vocabulary"] in vocabularies}
