"""Compare the public files of two releases: what changed in each measure since an earlier edition.

Only public files are read, so nothing that a release hides takes part. A figure that is not shown now has no value here, neither
of now nor of before: its publisher may have withdrawn it. Causes come from the caller, which reads the manifests.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.scorecard.reach.downloads import PLACES
from orchestration.scorecard.release_data.open_release import Record, council_district_type, records
from warehouse.connection import attach, open_from_disk
from warehouse.sql import queries

FIGURE = (
    "measure_id", "period_type", "period_start", "period_end", "geography_type", "geography_vintage", "geoid",
    "race_ethnicity_code", "basis",
)  # fmt: skip
# A changed word in these columns of `published.measures` is another definition.
DEFINITION = ("measure_version", "kind", "numerator", "denominator", "unit", "age_universe")
NO_LONGER = ("hidden_at_source", "hidden", "not_shown")  # by the status of now; the last one for all others
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), figure=FIGURE, definition=DEFINITION, no_longer=NO_LONGER)


@dataclass(frozen=True)
class Cause:
    """Why figures may differ. `kind`: records, method, software or calendar; `sources`: whose records."""

    kind: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """The edition that a release is compared with, and the causes of changes per measure."""

    label: str
    release_id: str
    public_file: Path
    causes: Mapping[str, tuple[Cause, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class MeasureChanges:
    """The changes of a measure in the city, its county, school district and districts.

    `no_longer`: figures that were shown and are not, by reason. `figures`: revised ones of the place that opens the page.
    With another definition (`is_redefined`) no figure is compared.
    """

    is_redefined: bool = False
    revised: int = 0
    added: int = 0
    no_longer: Mapping[str, int] = field(default_factory=dict)
    new_periods: tuple[tuple[str, dt.date, dt.date], ...] = ()
    figures: tuple[Record, ...] = ()
    causes: tuple[Cause, ...] = ()

    @property
    def is_correction(self) -> bool:
        """Whether a figure that was shown before has changed or is not shown any more."""
        return self.is_redefined or bool(self.revised or self.no_longer)


@dataclass(frozen=True)
class Changes:
    """What changed since an edition. `goals`: status before and now, None for a new goal."""

    label: str
    measures: Mapping[str, MeasureChanges]
    goals: Mapping[str, tuple[str | None, str]]


def find_changes(public_file: Path, earlier: Earlier) -> Changes | None:
    """Return the changes since an edition; None if its file is of a version without a scorecard."""
    with open_from_disk(earlier.public_file, "before") as con:
        attach(con, public_file, "after", read_only=True)
        if not _has_columns(con, "scorecard", (*FIGURE, "value", "status_code", "is_stand_in")):
            return None
        has_definitions = _has_columns(con, "measures", (*DEFINITION, "is_current"))
        redefined = {code for (code,) in con.execute(_SQL.redefined()).fetchall()} if has_definitions else set()
        has_goals = _has_columns(con, "goal_progress", ("goal_id", "status", "is_latest", "publication_status"))
        goals = {goal: (was, now) for goal, was, now in con.execute(_SQL.goals()).fetchall()} if has_goals else {}
        found = {code: MeasureChanges(is_redefined=True) for code in redefined}
        found |= {code: change for code, change in _figures(con).items() if code not in redefined}
    with_causes = {
        code: replace(change, causes=() if change.is_redefined else tuple(earlier.causes.get(code, ())))
        for code, change in sorted(found.items())
    }
    return Changes(earlier.label, with_causes, goals)


def _figures(con: DuckDBPyConnection) -> dict[str, MeasureChanges]:
    con.execute(_SQL.compare(), {"places": [*PLACES, council_district_type(con, "after")]})
    lost: dict[str, dict[str, int]] = defaultdict(dict)
    for code, why, count in con.execute(_SQL.lost()).fetchall():
        lost[code][why] = count
    figures: dict[str, list[Record]] = defaultdict(list)
    for row in records(con, _SQL.revised()):
        figures[row.measure_id].append(row)
    periods: dict[str, list[tuple[str, dt.date, dt.date]]] = defaultdict(list)
    for code, *period in con.execute(_SQL.new_periods()).fetchall():
        periods[code].append((period[0], period[1], period[2]))
    return {
        code: MeasureChanges(
            revised=revised,
            added=added,
            no_longer=dict(lost[code]),
            new_periods=tuple(periods[code]),
            figures=tuple(figures[code]),
        )
        for code, revised, added, gone in con.execute(_SQL.counted()).fetchall()
        if revised or added or gone
    }


def _has_columns(con: DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> bool:
    found = con.execute(_SQL.has_columns(), {"table": table, "columns": list(columns)}).fetchone()
    return found is not None and bool(found[0])
