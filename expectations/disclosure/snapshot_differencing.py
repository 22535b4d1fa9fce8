"""Find what a later snapshot of a stock reveals about an earlier one: most persons are in both.

This module returns the counts of an earlier snapshot that a reader can take from a later one. See `audit` for the consequences.

Where a reader knows a count of a later snapshot exactly, and it differs by fewer persons than may be shown from one that an
earlier snapshot hides, the earlier count counts as known: colleagues know who joined and who left. In the other direction
nothing is assumed, because a published earlier snapshot lets every reader expect the next one. A later zero reveals nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator

from expectations.disclosure.equations.cells import Cells, Equation
from expectations.disclosure.inputs.audit_inputs import CellKey
from expectations.disclosure.intervals.linear_system import TOLERANCE, Flags

SNAPSHOT = "snapshot"


def counts_revealed_by_later_snapshots(cells: Cells, stocks: Collection[str], known: Flags) -> Iterator[Equation]:
    """The hidden counts of earlier snapshots that later ones reveal, with their true figures. `known`: cells known exactly."""
    for records in sorted(set(stocks) & set(cells.by_records)):
        over_time: dict[CellKey, list[tuple[dt.date, int]]] = defaultdict(list)
        for where, cell in cells.by_records[records].items():
            if where.period_type == SNAPSHOT:
                over_time[where._replace(period_start=dt.date.min)].append((where.period_start, cell))
        for dated in over_time.values():
            dated.sort()
            for place, (_, cell) in enumerate(dated):
                later = (other for _, other in dated[place + 1 :] if known[other])
                if not known[cell] and any(_is_near(cells, cell, other) for other in later):
                    yield Equation({cell: 1.0}, cells.truth[cell], "later snapshots")


def _is_near(cells: Cells, earlier: int, later: int) -> bool:
    limit = max(cells.threshold[earlier], cells.threshold[later])
    return cells.truth[later] > TOLERANCE and abs(cells.truth[later] - cells.truth[earlier]) < limit - TOLERANCE
