"""The Qualified Census Tracts of Sampleton, by the days on which each list holds.

Here: which tracts are on a list; the seed `qualified_census_tracts` has the same, and a test compares the two. Not here:
what a project or a resident has to do with them.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np

from ingest.sample.population.blocks import city_blocks

LISTS = (date(2021, 1, 1), date(2023, 1, 1))  # first days; a list holds until the next one
_EVERY = 3
_GONE, _NEW = (4, 9), (0, 6)  # positions among those of the first list, and among all tracts


@cache
def qualified(first_day: date) -> frozenset[int]:
    """The tracts of 2020 on the list that begins on `first_day`, by their six digits."""
    tracts = np.unique(city_blocks()[2]).tolist()
    first = tracts[1::_EVERY]
    if first_day == LISTS[0]:
        return frozenset(first)
    return frozenset(first) - {first[at] for at in _GONE} | {tracts[at] for at in _NEW}


def list_of(day: date) -> date:
    """The first day of the list that holds on a day."""
    return max(first for first in LISTS if first <= day)
