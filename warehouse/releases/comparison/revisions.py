"""Find what a later release of other publishers changed: revised, new, withdrawn and removed figures of each source.

The figures are those of `marts.fct_published_estimates`, of all places and periods. See `differences` for measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.releases.comparison.compared_columns import Change, common_columns, named_rows
from warehouse.sql import queries

ESTIMATES = "marts.fct_published_estimates"
FIGURE = (
    "published_measure", "geography_type", "geography_vintage", "geoid", "period_start", "period_end", "race_ethnicity_code",
    "stratum_type", "stratum_code",
)  # fmt: skip
SHOWN = ("value", "bound_low", "bound_high")


@dataclass(frozen=True)
class Revision:
    """The differing figures of a source; all counts are of figures with a value, before or after.

    `figures`: figures before and after. `revised`: figures whose value or bounds differ. `added`: figures without a value before;
    `new_periods`: the last days of periods that the earlier release does not have. `withdrawn`: figures that the publisher now
    suppresses; `withdrawn_groups`: groups without any value left in a period. `without_value`: figures whose value is
    missing for another reason. `removed`: figures whose row is missing. `top`: the largest changes of the value.
    """

    source: str
    figures: tuple[int, int]
    revised: int
    added: int
    new_periods: tuple[str, ...]
    withdrawn: int
    withdrawn_groups: tuple[str, ...]
    without_value: Mapping[str, int]
    removed: int
    top: tuple[Change, ...]


def find_revisions(connection: DuckDBPyConnection) -> list[Revision]:
    """The sources whose figures differ in the attached databases `before` and `after`."""
    types = {name: kind for name, kind in common_columns(connection, ESTIMATES).items() if name in SHOWN}
    sql = queries(Path(__file__).with_suffix(".sql.jinja"), figure=[*FIGURE], types=types)
    connection.execute(sql.compare())
    return [Revision(**row) for row in named_rows(connection.execute(sql.sources()))]
