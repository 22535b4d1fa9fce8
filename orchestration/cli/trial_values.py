"""Select the values of a trial's measures: with intervals, publication status, and no small count of persons.

See `cli.trial_report` for the text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from expectations.delivery.unmapped_counts import PERSONS
from orchestration.cli.release.reader import CannotShow, Row, rows_of
from orchestration.cli.release.values import HIDDEN, select_by_race
from orchestration.trial.run_trial import Trial
from warehouse.connection import WarehouseError, open_reader

PUBLISHED, HIDDEN_THERE, INSIDE = "published", "hidden by disclosure control", "not published"


@dataclass(frozen=True)
class TriedValue:
    """One row of a measure: its value, unless that would show a small count of persons, and its publication status."""

    group: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    note: str
    publication: str


@dataclass(frozen=True)
class TriedMeasure:
    """The rows of a measure that open its page; none, with the reason, if it has no value."""

    measure_id: str
    where: str
    values: tuple[TriedValue, ...] = ()
    reason: str = ""


def measure_values(trial: Trial) -> list[TriedMeasure]:
    """The values of the source's measures in the throw-away release, with whether the public file has them."""
    home, record = trial.home, trial.record
    if record is None or not trial.measures or not home.published_analyst.is_file():
        return []
    today = dt.datetime.fromisoformat(record.as_of).date()
    found: list[TriedMeasure] = []
    try:
        with open_reader(home.published_analyst) as con, open_reader(home.published_public) as public:
            least = max(trial.delivery.contract.agreement.suppress_below, 1)
            units = dict(con.execute("select measure_id, statistical_unit from marts.dim_measure where is_current").fetchall())
            for measure in trial.measures:
                found += _measure(con, public, measure, least if units.get(measure) in PERSONS else 0, today)
    except (WarehouseError, duckdb.CatalogException):  # a failed dbt test ended the build before these tables
        return found
    return found


def _measure(
    con: DuckDBPyConnection, public: DuckDBPyConnection, measure_id: str, least: int, today: dt.date
) -> Iterator[TriedMeasure]:
    """The rows that open the measure's page, and if none of them is published, the newest published ones."""
    try:
        chosen = select_by_race(con, measure_id, None, None, public=False)
    except CannotShow:
        yield TriedMeasure(measure_id, "", reason="no value: no record of the deliveries counts for it")
        return
    published = published_rows(public, measure_id)
    plan = rows_of(con, "select * from reference.publication_plan where measure_id = ?", [measure_id])
    values = []
    for row in chosen.rows:
        key = (row["geoid"], row["race_ethnicity_code"], row["period_type"], row["period_start"])
        status = published[key] if key in published else why_inside(row, plan, today)
        values.append(_value(row, status, least))
    yield TriedMeasure(measure_id, f"{chosen.places}, {chosen.period}", tuple(values))
    if published and not any(value.publication in (PUBLISHED, HIDDEN_THERE) for value in values):
        newest = select_by_race(public, measure_id, None, None, public=True)
        shown = tuple(_value(row, _publication(row["status_code"]), least) for row in newest.rows)
        yield TriedMeasure(measure_id, f"{newest.places}, {newest.period}", shown)


def published_rows(public: DuckDBPyConnection, measure_id: str) -> dict[tuple[Any, ...], str]:
    """The publication status of each row of a measure in the public file, by place, group and period."""
    try:
        rows = public.execute(
            "select geoid, race_ethnicity_code, period_type, period_start, status_code from published.scorecard "
            "where measure_id = ?",
            [measure_id],
        ).fetchall()
    except duckdb.CatalogException:  # a failed dbt test ended the build before it
        return {}
    return {row[:4]: _publication(row[4]) for row in rows}


def _publication(status_code: str) -> str:
    return HIDDEN_THERE if status_code == "hidden" else PUBLISHED


def why_inside(row: Row, plan: Sequence[Row], today: dt.date) -> str:
    """Why a row is not in the public file, by the rows of the publication plan for its measure."""
    if not plan:
        return f"{INSIDE}: publication_plan has no row of the measure"
    planned = [each for each in plan if each["race_level"] != "none"]
    if not planned:
        return f"{INSIDE}: {plan[0]['note'] or 'the race level of publication_plan is none'}"
    fits = [each for each in planned if _fits(each, row, "geography_type") and _fits(each, row, "period_type")]
    if not fits:
        return f"{INSIDE}: publication_plan has no row of this kind of place and period"
    closed = row["period_end"] + dt.timedelta(days=min(each["lag_days"] for each in fits))
    return f"{INSIDE} before {closed}" if closed > today else f"{INSIDE}: publication_plan leaves out this group"


def _fits(planned: Row, row: Row, name: str) -> bool:
    return planned[name] in ("*", row[name])


def _value(row: Row, publication: str, least: int) -> TriedValue:
    note = "" if row["value"] is not None else str(row["status_text"] or row["status_code"])
    if row["status_code"] in HIDDEN or (publication != PUBLISHED and _is_small(row, least)):
        reason = f"fewer than {least} persons, not shown" if row["value"] is not None else note
        return TriedValue(row["group_name"], None, None, None, reason, publication)
    return TriedValue(row["group_name"], row["value"], row["ci_low"], row["ci_high"], note, publication)


def _is_small(row: Row, least: int) -> bool:
    numerator, denominator = row["numerator"], row["denominator"]
    rest = None if numerator is None or denominator is None else denominator - numerator
    return any(number is not None and 0 < number < least for number in (numerator, denominator, rest))
