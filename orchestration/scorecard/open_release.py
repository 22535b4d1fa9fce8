"""Open a release so that every reader of the scorecard finds its tables under the same names.

The public site reads the public file alone. The internal one reads figures from the analyst file, where nothing is hidden, and
all other tables from the public file. Each row of figures is marked where the public file lacks one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from warehouse.connection import attach, open_from_disk

FILE, ANALYST = "release", "analyst"  # aliases of the attached files
# What a page shows of a row of the scorecard: a row is marked where the public file lacks one of these.
_FIGURES = (
    "numerator", "value", "ci_low", "bound_low", "known_race_pct", "city_value", "compared_with_city", "rate_ratio",
    "compared_with_reference", "trend", "trend_word",
)  # fmt: skip
_IS_ANY_HIDDEN = " or ".join(f"(figures.{name} is not null and shown.{name} is null)" for name in _FIGURES)
_PUBLIC = {
    "scorecard": "select *, false as is_hidden_in_public from release.published.scorecard",
    "goal_progress": "select *, false as is_hidden_in_public from release.published.goal_progress",
    "peer_comparison": "select *, false as is_hidden_in_public from release.published.peer_comparison",
}
_INTERNAL = {
    "scorecard": f"""
        select figures.*, {_IS_ANY_HIDDEN} as is_hidden_in_public
        from analyst.marts.scorecard as figures
        left join release.published.scorecard as shown using (
            measure_id, race_ethnicity_code, geography_type, geography_vintage, geoid, period_type, period_start
        )
        """,
    # a measure of which the public file hides each figure is shown to staff
    "measures": """
        select measures.* replace (
            case when measures.is_current and figures.measure_id is not null then 'shown' else measures.availability end
                as availability
        )
        from release.published.measures as measures
        left join (
            select distinct measure_id from analyst.marts.scorecard where publication_status = 'published' and not is_stand_in
        ) as figures using (measure_id)
        """,
    "goal_progress": """
        select progress.*, 'published' as publication_status,
            shown.publication_status is distinct from 'published' as is_hidden_in_public
        from analyst.marts.fct_goal_progress as progress
        left join release.published.goal_progress as shown using (goal_id, period_type, period_start)
        """,
    "peer_comparison": """
        select peers.*, shown.gap is null and peers.gap is not null as is_hidden_in_public
        from analyst.marts.fct_peer_comparison as peers
        left join release.published.peer_comparison as shown
            using (measure_id, measure_version, period_type, period_start, race_ethnicity_code, reference_code, geoid)
        """,
}


@dataclass(frozen=True)
class ReleaseFiles:
    """The files of a release that a site is made from. With `analyst` the site is internal."""

    public: Path
    analyst: Path | None = None


@contextmanager
def open_release(files: ReleaseFiles) -> Iterator[DuckDBPyConnection]:
    """Attach the files read-only; `scorecard`, `measures`, `goals` and the others are found without a schema."""
    with open_from_disk(files.public, FILE) as con:
        if files.analyst is not None:
            attach(con, files.analyst, ANALYST, read_only=True)
        # temporary views precede the tables of the file
        for name, query in (_PUBLIC if files.analyst is None else _INTERNAL).items():
            con.execute(f"create temp view {name} as {query}")
        con.execute(f"use {FILE}.published")
        yield con


def council_district_type(con: DuckDBPyConnection, database: str = FILE) -> str:
    """The type of the districts that elect the council; releases of earlier versions have those of Milwaukee."""
    known = con.execute(
        "select 1 from duckdb_columns() where database_name = ? and table_name = 'geographies' and column_name = ?",
        [database, "is_council_district"],
    ).fetchone()
    query = f"select min(geography_type) from {database}.published.geographies where is_council_district"
    found = con.execute(query).fetchone() if known else None
    return str(found[0]) if found and found[0] else "aldermanic_district"
