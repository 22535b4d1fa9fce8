"""Assume who lives in a city of the gazetteer, for the profile in whose shape its deliveries are invented.

`groups_by_place.csv` has an estimate per city: the mix of four groups whose published rates of employment average to that of all
residents. `groups_by_state.csv` has rounded shares of the census of 2020; it divides the fourth group, and serves every other
city. Neither is a figure to cite (docs/city.md).
"""

from __future__ import annotations

import csv
from pathlib import Path

from ingest.errors import SampleError
from ingest.sample.city import GROUPS

_FOLDER = Path(__file__).parent
_RENAMED = {"hispanic": "hisp"}
# A group below 5 % of a denominator is no reference of a comparison, and planted ratios are to White people.
_LEAST = {"white": 0.07, "hisp": 0.01, "black": 0.01, "asian": 0.01}
_LEAST_OTHERWISE = 0.001
_OF_TWO_RACES = 0.9  # of the groups that the row of a state does not name


def _shares(file: str, key: str) -> dict[str, float]:
    """The row of a place or state; empty if there is none."""
    with (_FOLDER / file).open(encoding="utf-8", newline="") as lines:
        for code, *cells in (rows := csv.reader(lines)):
            if rows.line_num == 1:
                columns = [_RENAMED.get(column, column) for column in cells]
            elif code == key:
                return {column: float(cell) for column, cell in zip(columns, cells, strict=True) if column != "name"}
    return {}


def shares_of_place(geoid: str) -> tuple[float, ...]:
    """The assumed composition of a place, in the order of GROUPS."""
    state = {group: percent / 100 for group, percent in _shares("groups_by_state.csv", geoid[:2]).items()}
    if not state:
        raise SampleError(f"{geoid} is in no state: the first two digits of a place GEOID are those of its state")
    unnamed = 1 - sum(state.values())
    state |= {"two": _OF_TWO_RACES * unnamed, "other": (1 - _OF_TWO_RACES) * unnamed}
    if place := _shares("groups_by_place.csv", geoid):
        left = place.pop("other")
        others = {group: share for group, share in state.items() if group not in place}
        each = left / sum(others.values())
        state = place | {group: share * each for group, share in others.items()}
    weights = [max(state[group], _LEAST.get(group, _LEAST_OTHERWISE)) for group in GROUPS]
    return tuple(weight / sum(weights) for weight in weights)
