"""Personnel records that move to another system: one series of two sources, from a seed row, and no SQL written by hand.

Worked out by hand: 60 positions of the old system on 2025-09-30, 18 of them Black (30 %); 62 of it and 64 of the new one on
2026-03-31, of which the new system counts: 24 of 64 are Black (37.5 %). Counted together, they would be 126 positions.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine

OLD = (
    "AGE_RANGE", "SEX", "RACE", "BUSINESS_TITLE", "DEPTID", "JOBCODE", "POSITION_NBR", "LOCATION", "JOB_ENTRY_DT", "PAYGROUP",
    "STD_HOURS", "FTE", "SAL_ADMIN_PLAN", "GRADE", "STEP", "ANNUAL_RT", "EEO_JOB_GROUP", "JOB_FAMILY", "JOBTITLE", "DEPTNAME",
    "HIRE_DATE",
)  # fmt: skip
# what the new system calls the columns that it has
NEW = {
    "Age Band": "AGE_RANGE", "Sex": "SEX", "Race Ethnicity": "RACE", "Department Code": "DEPTID", "Job Code": "JOBCODE",
    "Annual Pay": "ANNUAL_RT", "EEO4 Level": "EEO_JOB_GROUP", "Job Title": "JOBTITLE", "Department Name": "DEPTNAME",
    "Full Time Equivalent": "FTE",
}  # fmt: skip
LABELS = {"white": "WHITE", "black": "BLACK", "hispanic": "HISPANIC"}
DAY = "2026-01-01"


def positions(counts: Mapping[str, int]) -> Iterator[dict[str, str]]:
    for number, race in enumerate(race for race, count in counts.items() for _ in range(count)):
        yield {
            "AGE_RANGE": "40-49", "SEX": "F" if number % 2 else "M", "RACE": LABELS[race], "BUSINESS_TITLE": "Clerk",
            "DEPTID": "10",
            "JOBCODE": f"J{number % 5}", "POSITION_NBR": str(number), "LOCATION": "City Hall", "JOB_ENTRY_DT": "01/02/2020 00:00",
            "PAYGROUP": "A", "STD_HOURS": "40", "FTE": "1", "SAL_ADMIN_PLAN": "P", "GRADE": "1", "STEP": "1",
            "ANNUAL_RT": str(50_000 + 100 * number), "EEO_JOB_GROUP": "6", "JOB_FAMILY": "Office", "JOBTITLE": "Clerk",
            "DEPTNAME": "Clerk's Office", "HIRE_DATE": "01/02/2018 00:00",
        }  # fmt: skip


def write(path: Path, counts: Mapping[str, int], names: Mapping[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(names))
        writer.writeheader()
        writer.writerows({name: row[of] for name, of in names.items()} for row in positions(counts))
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, blank_cache: Path) -> CommandLine:
    """A city whose layer has the seed row; `levelground sources new` writes contract and staging model of the new system."""
    root = tmp_path_factory.mktemp("succession")
    layer, deliveries = root / "smalltown", root / "deliveries"
    old = {name: name for name in OLD}
    write(deliveries / "der__employees" / "hr_2025-09-30.csv", {"white": 30, "black": 18, "hispanic": 12}, old)
    write(deliveries / "der__employees" / "hr_2026-03-31.csv", {"white": 31, "black": 19, "hispanic": 12}, old)
    new = write(deliveries / "hr__positions" / "positions_2026-03-31.csv", {"white": 28, "black": 24, "hispanic": 12}, NEW)
    (deliveries / "city.yml").write_text("city: smalltown\nas_of: 2026-06-30\n", encoding="utf-8")
    rows = layer / "seeds" / "rows"
    rows.mkdir(parents=True)
    (layer / "city.yml").write_text(
        'city: smalltown\ntitle: Smalltown\nplace_geoid: "9900077"\ntime_zone: America/Chicago\n', encoding="utf-8"
    )
    (rows / "departments.csv").write_text("department,name,level\nhr,Human Resources,city\n", encoding="utf-8")
    (rows / "source_successions.csv").write_text(
        f"source,successor,valid_from,is_comparable,reason\nder__employees,hr__positions,{DAY},false,Personnel records moved\n",
        encoding="utf-8",
    )
    command = CommandLine(root / "home")
    environment = {
        "LEVELGROUND_CITY": str(layer), "LEVELGROUND_DELIVERIES": str(deliveries), "LEVELGROUND_CACHE": str(blank_cache),
    }  # fmt: skip
    drafted = command("sources", "new", "hr__positions", "--from", new, "--layer", layer, env=environment)
    assert drafted.returncode == 0, drafted.stdout + drafted.stderr
    generated = command("sources", "new", "hr__positions", "--layer", layer, env=environment)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    written = {path.name for path in layer.rglob("*") if path.is_file() and "positions" in path.name}
    assert written == {"hr__positions.yml", "stg_hr__positions.sql", "_stg_hr__positions__models.yml"}, "no fact, and no suite"
    run = command("run", "--deliveries", deliveries, env=environment)
    assert run.returncode in (0, 4), run.stdout[-3000:] + run.stderr[-3000:]
    return command


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
    assert asked(home, card) == [("2025-09-30", None, None, None), ("2026-03-31", None, None, DAY)]
    assert asked(home, "select count(*) from marts.fct_gap_trends where measure_id = 'workforce_composition'") == [(0,)]
