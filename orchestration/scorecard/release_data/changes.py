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

SCORECARD, MEASURES, PROGRESS = "scorecard", "measures", "goal_progress"
FIGURE = (
    "measure_id", "period_type", "period_start", "period_end", "geography_type", "geography_vintage", "geoid",
    "race_ethnicity_code", "basis",
)  # fmt: skip
# A changed word in these columns of `published.measures` is another definition.
DEFINITION = ("measure_version", "kind", "numerator", "denominator", "unit", "age_universe")
NO_LONGER = ("hidden_at_source", "hidden", "not_shown")  # by the status of now; the last one for all others


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
        if not _has_columns(con, SCORECARD, (*FIGURE, "value", "status_code", "is_stand_in")):
            return None
        redefined = _redefined(con) if _has_columns(con, MEASURES, (*DEFINITION, "is_current")) else set()
        goals = _goals(con) if _has_columns(con, PROGRESS, ("goal_id", "status", "is_latest", "publication_status")) else {}
        found = {code: MeasureChanges(is_redefined=True) for code in redefined}
        found |= {code: change for code, change in _figures(con).items() if code not in redefined}
    with_causes = {
        code: replace(change, causes=() if change.is_redefined else tuple(earlier.causes.get(code, ())))
        for code, change in sorted(found.items())
    }
    return Changes(earlier.label, with_causes, goals)


def _figures(con: DuckDBPyConnection) -> dict[str, MeasureChanges]:
    figure = f"{', '.join(FIGURE)}, unit, value, status_code, status_code in ('shown', 'zero') and value is not null as is_shown"
    keys = ", ".join(FIGURE)
    con.execute(
        f"create temp table compared as with before as (select {figure} from before.published.{SCORECARD} "
        "where not is_stand_in and list_contains($places, geography_type)), "
        f"after as (select {figure} from after.published.{SCORECARD} "
        "where not is_stand_in and list_contains($places, geography_type)) "
        f"select {keys}, coalesce(before.is_shown, false) as was_shown, coalesce(after.is_shown, false) as is_shown, "
        "before.measure_id is not null as was_listed, after.unit as unit, "
        f"case when after.status_code in {NO_LONGER[:2]} then after.status_code else '{NO_LONGER[2]}' end as reason, "
        # a value that is not shown now is not read from the earlier file either
        "case when after.is_shown then before.value end as value_before, "
        "case when after.is_shown then after.value end as value_now, "
        # to nine digits, as `releases diff` compares: another order of a sum is no change
        "before.is_shown and after.is_shown and (before.unit is distinct from after.unit or "
        "abs(after.value - before.value) > 1e-9 * greatest(abs(before.value), abs(after.value))) as is_revised "
        f"from before full join after using ({keys})",
        {"places": [*PLACES, council_district_type(con, "after")]},
    )
    lost: dict[str, dict[str, int]] = defaultdict(dict)
    for code, why, count in con.execute(
        "select measure_id, reason, count(*) from compared where was_shown and not is_shown group by all order by all"
    ).fetchall():
        lost[code][why] = count
    figures: dict[str, list[Record]] = defaultdict(list)
    for row in records(
        con,
        "select measure_id, period_type, period_start, period_end, race_ethnicity_code, unit, "
        "value_before as before, value_now as now "
        f"from compared semi join (select * from after.published.{SCORECARD} where is_featured) as featured "
        "using (measure_id, period_type, geography_type, geography_vintage, geoid) "
        f"left join (select distinct race_ethnicity_code, group_order from after.published.{SCORECARD}) as groups "
        "using (race_ethnicity_code) where is_revised order by measure_id, period_start desc, group_order, race_ethnicity_code",
    ):
        figures[row.measure_id].append(row)
    periods: dict[str, list[tuple[str, dt.date, dt.date]]] = defaultdict(list)
    for code, *period in con.execute(
        "select measure_id, period_type, period_start, period_end from compared group by all "
        "having bool_or(is_shown) and not bool_or(was_listed) order by measure_id, period_start, period_end"
    ).fetchall():
        periods[code].append((period[0], period[1], period[2]))
    counted = con.execute(
        "select measure_id, count(*) filter (is_revised), count(*) filter (is_shown and not was_shown), "
        "count(*) filter (was_shown and not is_shown) from compared group by measure_id"
    ).fetchall()
    return {
        code: MeasureChanges(
            revised=revised,
            added=added,
            no_longer=dict(lost[code]),
            new_periods=tuple(periods[code]),
            figures=tuple(figures[code]),
        )
        for code, revised, added, gone in counted
        if revised or added or gone
    }


def _redefined(con: DuckDBPyConnection) -> set[str]:
    differs = " or ".join(f"before.{column} is distinct from after.{column}" for column in DEFINITION)
    rows = con.execute(
        f"select measure_id from (from before.published.{MEASURES} where is_current) as before "
        f"inner join (from after.published.{MEASURES} where is_current) as after using (measure_id) where {differs}"
    ).fetchall()
    return {code for (code,) in rows}


def _goals(con: DuckDBPyConnection) -> dict[str, tuple[str | None, str]]:
    """A goal whose figures are hidden has no status to compare."""
    latest = f"(select goal_id, status from {{}}.published.{PROGRESS} where is_latest and publication_status = 'published')"
    rows = con.execute(
        f"select goal_id, before.status, after.status from {latest.format('after')} as after "
        f"left join {latest.format('before')} as before using (goal_id) "
        "where after.status is not null and after.status is distinct from before.status order by goal_id"
    ).fetchall()
    return {goal: (status_before, status) for goal, status_before, status in rows}


def _has_columns(con: DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> bool:
    """Whether both files have the table with these columns."""
    found = con.execute(
        "select count(*) from duckdb_columns() where database_name in ('before', 'after') and schema_name = 'published' "
        "and table_name = ? and list_contains(?, column_name)",
        [table, list(columns)],
    ).fetchone()
    return found is not None and found[0] == 2 * len(columns)
