"""Check what the deliveries cover: missing periods and districts, unusual volumes, and periods that an earlier release had.

Each finding is a warning: figures of a period that is not covered are withheld, whatever the gate does. Rows and thresholds are
those of the dbt models in `models/measures/coverage`; a message names sources, periods and districts, and no count of records.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from expectations.marts.failing_rows import LISTED
from expectations.results import ExpectationResult, GateResult
from warehouse import dialect
from warehouse.sql import identifier

SUBJECT = "quality.coverage"
COVERAGE, PLACES = "intermediate.int_sources__coverage", "intermediate.int_source_places__missing"
# a missing month is not listed again with its quarter and year
_LACKING = f"""
select
    source || ' ' || strftime(max(period_start), '%Y-%m')
    || case when count(*) > 1 then ' and ' || (count(*) - 1) || ' before, from ' || strftime(min(period_start), '%Y-%m')
    else '' end
from {COVERAGE}
where is_missing and is_finest
group by source
order by source
"""
_UNUSUAL = f"""
select source || ' ' || period_type || ' ' || strftime(period_start, '%Y-%m') || ' (' || note || ')'
from {COVERAGE}
where is_complete
qualify period_start = max(period_start) over (partition by source, period_type) and volume is not null
order by source, period_type
"""
_PLACES = f"""
select source || ' ' || replace(geography_type, '_', ' ') || ' ' || geoid || ' since ' || strftime(min(period_start), '%Y-%m')
from {PLACES}
group by source, geography_type, geoid
order by source, geography_type, geoid
"""
_LOST = """
select earlier.source || ' ' || earlier.period_type || ' ' || strftime(earlier.period_start, '%Y-%m')
from {previous}.quality.coverage as earlier
inner join (select distinct source from {coverage}) as delivered on earlier.source = delivered.source
left join {coverage} as now
    on earlier.source = now.source and earlier.period_type = now.period_type and earlier.period_start = now.period_start
where earlier.is_complete and not coalesce(now.is_complete, false)
order by earlier.source, earlier.period_type, earlier.period_start
"""


def check_coverage(database: Engine | Path, *, previous: str | None = None) -> GateResult:
    """The findings on the candidate; `previous`: the name under which the file of the current release is attached, if any."""
    with dialect.engine(database).connect() as connection:
        findings = [
            _finding("periods_covered", _texts(connection, _LACKING), "due, and not covered by the deliveries"),
            _finding("volume_usual", _texts(connection, _UNUSUAL), "not the usual number of records"),
            _finding(
                "districts_present", _texts(connection, _PLACES), "without a record, and with records in each period before"
            ),
        ]
        if previous and _has_coverage(connection, previous):
            lost = _texts(connection, _LOST.format(previous=identifier(previous), coverage=COVERAGE))
            findings.append(_finding("periods_stay", lost, "covered in the current release, and no longer"))
    return GateResult("build", SUBJECT, tuple(findings))


def _texts(connection: Connection, query: str) -> list[str]:
    return [str(row[0]) for row in connection.exec_driver_sql(query)]


def _has_coverage(connection: Connection, database: str) -> bool:
    known = "select 1 from duckdb_tables() where database_name = $1 and schema_name = 'quality' and table_name = 'coverage'"
    return connection.exec_driver_sql(known, (database,)).first() is not None


def _finding(name: str, found: Sequence[str], problem: str) -> ExpectationResult:
    more = f" and {len(found) - LISTED} more (quality.coverage)" if len(found) > LISTED else ""
    message = f"{SUBJECT}: {problem}: {'; '.join(found[:LISTED])}{more}" if found else ""
    return ExpectationResult(name, None, "warning", not found, float(len(found)), 0.0, message)
