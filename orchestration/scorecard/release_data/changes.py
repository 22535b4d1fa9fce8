"""Compare the public files of two releases: what changed in each measure since an earlier edition.

Only public files are read, so nothing that a release hides takes part. A figure that is not shown now has no value here, neither
of now nor of before: its publisher may have withdrawn it. Causes come from the caller, which reads the manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Changes:
    """What changed since an edition. `goals`: status before and now, None for a new goal.

    `measures`: numbers of figures that were `revised` or `added`, and that are shown `no_longer`, by reason; `new_periods`; and
    the revised `figures` of the place that opens the page. With another definition (`is_redefined`) no figure is compared.
    """

    label: str
    measures: Mapping[str, Record]
    goals: Mapping[str, tuple[str | None, str]]


def find_changes(public_file: Path, earlier: Earlier) -> Changes | None:
    """Return the changes since an edition; None if its file is of a version without a scorecard."""
    with open_from_disk(earlier.public_file, "before") as con:
        attach(con, public_file, "after", read_only=True)
        if not _has_columns(con, "scorecard", (*FIGURE, "value", "status_code", "is_stand_in")):
            return None
        has_goals = _has_columns(con, "goal_progress", ("goal_id", "status", "is_latest", "publication_status"))
        goals = {goal: (was, now) for goal, was, now in con.execute(_SQL.goals()).fetchall()} if has_goals else {}
        con.execute(_SQL.compare(), {"places": [*PLACES, council_district_type(con, "after")]})
        changed = records(con, _SQL.changed(_has_columns(con, "measures", (*DEFINITION, "is_current"))))
    causes = {code: tuple(found) for code, found in earlier.causes.items()}
    measures = {one.measure_id: Record(one, causes=() if one.is_redefined else causes.get(one.measure_id, ())) for one in changed}
    return Changes(earlier.label, measures, goals)


def _has_columns(con: DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> bool:
    found = con.execute(_SQL.has_columns(), {"table": table, "columns": list(columns)}).fetchone()
    return found is not None and bool(found[0])
