"""Cells without a row that three published margins enclose: a race of a place in a year.

A reader has the years of the place, its races over several years, and the races of the whole city by year. Together they can
narrow the cell of a race, a place and a year, although no row shows it (ADR 36). Cells within two margins need no protection of
their own. See `build_constraints` for the equations between counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from duckdb import DuckDBPyConnection

from warehouse.disclosure.build_constraints import ALL, EXCLUSIVE, WHOLE_PLACES
from warehouse.disclosure.states.planned_figures import GRAIN, Figure, read_figures
from warehouse.disclosure.states.reported_figures import REPORTED
from warehouse.sql import literal

_PROTECTED = ("threshold", "hides_zeros", "kind", "numerator_records", "denominator_records", "rests_on_records", "minimum_n")
_PLACE = ("geography_type", "geography_vintage", "geoid")


def enclosed_cells(con: DuckDBPyConnection) -> Iterator[Figure]:
    """The figures of such cells, from the marts. Periods with a correction that waits have none: their margins are older.

    No new slice overlaps such a period, so that what is hidden does not depend on the correction.
    """
    wholes = ", ".join(map(literal, WHOLE_PLACES))
    relation = f"""(
        select cells.*, {", ".join(f"protected.{name}" for name in _PROTECTED)},
            null::double as known_numerator, null::double as known_denominator, null::double as records,
            null::double as bin_records, null::boolean as has_small_bin
        from release.marts.fct_equity_measures as cells
        inner join intermediate.int_disclosure__thresholds as protected using (measure_id, measure_version)
        anti join {REPORTED} as shown on {_same_but("shown")}
        semi join {REPORTED} as periods
            on {_same_but("periods", "race_ethnicity_code")} and periods.race_ethnicity_code = {literal(ALL)}
        semi join {REPORTED} as races
            on {_same_but("races", "period_type", "period_start")} and races.period_type <> cells.period_type
            and races.period_start <= cells.period_start and races.period_end >= cells.period_end
        semi join {REPORTED} as whole
            on {_same_but("whole", *_PLACE)} and whole.geography_type in ({wholes})
        where protected.is_confidential and protected.kind <> 'median'
            and cells.race_ethnicity_code <> {literal(ALL)} and cells.tabulation = {literal(EXCLUSIVE)}
            and cells.geography_type not in ({wholes})
            and not exists (
                select 1 from {REPORTED} as pending
                where pending.is_revision_pending and pending.measure_id = cells.measure_id
                    and pending.period_start <= cells.period_end and pending.period_end >= cells.period_start
            )
    )"""
    return read_figures(con, relation)


def _same_but(margin: str, *fields: str) -> str:
    return " and ".join(f"cells.{name} = {margin}.{name}" for name in GRAIN if name not in fields)
