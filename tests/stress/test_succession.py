"""Personnel records that move to another system: one series of two sources, from a seed row, and no SQL written by hand.

Worked out by hand: 60 positions of the old system on 2025-09-30, 18 of them Black (30 %); 62 of it and 64 of the new one on
2026-03-31, of which the new system counts: 24 of 64 are Black (37.5 %). Counted together, they would be 126 positions.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.support.other_city import MOVED, OtherCity


@pytest.fixture
def home(other_city: OtherCity) -> CommandLine:
    return other_city.levelground


def asked(home: CommandLine, sql: str, *, public: bool = False) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in home.ask(sql, public=public)]


def test_each_snapshot_is_of_one_source(home: CommandLine) -> None:
    sql = "select occurred_on::varchar, source, is_latest_snapshot, count(*) from marts.fct_employees group by all order by 1"
    assert asked(home, sql) == [("2025-09-30", "der__employees", False, 60), ("2026-03-31", "hr__positions", True, 64)]


def test_the_measure_unites_both(home: CommandLine) -> None:
    sql = (
        "select period_start::varchar, race_ethnicity_code, numerator, denominator, value from marts.fct_equity_measures "
        "where measure_id = 'workforce_composition' and race_ethnicity_code in ('all', 'black') and race_standard = 'spd15_1997' "
        "and stratum_type = 'all' order by 1, 2"
    )
    assert asked(home, sql) == [
        ("2025-09-30", "all", 60.0, 60.0, 100.0),
        ("2025-09-30", "black", 18.0, 60.0, 30.0),
        ("2026-03-31", "all", 64.0, 64.0, 100.0),
        ("2026-03-31", "black", 24.0, 64.0, 37.5),
    ]


def test_the_median_is_of_one_source(home: CommandLine) -> None:
    """Pay rises by 100 dollars a position: the median of 60 is 52,950, of 64 it is 53,150, before it is rounded to its grid."""
    sql = (
        "select period_start::varchar, value from marts.fct_equity_measures where measure_id = 'pay_median' "
        "and race_ethnicity_code = 'all' and stratum_type = 'all' and race_standard = 'spd15_1997' order by 1"
    )
    (first, before), (second, after) = asked(home, sql)
    assert (first, second) == ("2025-09-30", "2026-03-31")
    assert abs(before - 52_950) <= 500 and abs(after - 53_150) <= 500


def test_the_series_breaks_where_the_source_changes(home: CommandLine) -> None:
    breaks = "select measure_id, cause, series_break_note from marts.dim_series_break where series_break_on = date '2026-01-01'"
    assert ("workforce_composition", "new_system", "Personnel records moved") in asked(home, breaks)
    card = (
        "select period_start::varchar, change_from, trend_from, series_break_on::varchar from marts.scorecard "
        "where measure_id = 'workforce_composition' and race_ethnicity_code = 'black' order by 1"
    )
    assert asked(home, card) == [("2025-09-30", None, None, None), ("2026-03-31", None, None, MOVED)]
    assert asked(home, "select count(*) from marts.fct_gap_trends where measure_id = 'workforce_composition'") == [(0,)]
