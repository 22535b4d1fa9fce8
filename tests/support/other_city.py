"""A city with a layer of its own, released once for two examples: the table of a state, and personnel records that moved.

The layer is the worked example of docs/states.md (tests/examples/minnesota), with a seed row by which `hr__positions` follows
`der__employees`; `levelground sources new` writes contract and staging model of that source.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, CommandLine
from tests.support.kept_readers import UNCHANGED

EXAMPLE = ROOT / "tests" / "examples" / "minnesota"
CITY = "city: north_star\ntitle: North Star\nplace_geoid: '2700001'\ncounty_geoid: '27001'\ntime_zone: America/Chicago\n"
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
MOVED = "2026-01-01"


@dataclass(frozen=True)
class OtherCity:
    """The command line on its home, and what its run reported."""

    levelground: CommandLine
    report: dict[str, Any]


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


def release_other_city(root: Path, cache: Path) -> OtherCity:
    """Write layer and deliveries into a folder, and run."""
    layer, deliveries = root / "north_star", root / "deliveries"
    shutil.copytree(EXAMPLE, layer, ignore=shutil.ignore_patterns("deliveries", "state.yml"))
    (layer / "city.yml").write_text(CITY, encoding="utf-8")
    shutil.copytree(EXAMPLE / "deliveries", deliveries)
    (deliveries / "city.yml").write_text("city: north_star\nas_of: 2026-04-15\n", encoding="utf-8")
    old = {name: name for name in OLD}
    write(deliveries / "der__employees" / "hr_2025-09-30.csv", {"white": 30, "black": 18, "hispanic": 12}, old)
    write(deliveries / "der__employees" / "hr_2026-03-31.csv", {"white": 31, "black": 19, "hispanic": 12}, old)
    new = write(deliveries / "hr__positions" / "positions_2026-03-31.csv", {"white": 28, "black": 24, "hispanic": 12}, NEW)
    rows = layer / "seeds" / "rows"
    with (rows / "departments.csv").open("a", encoding="utf-8") as departments:
        departments.write("hr,Human Resources,city\n")
    (rows / "source_successions.csv").write_text(
        f"source,successor,valid_from,is_comparable,reason\nder__employees,hr__positions,{MOVED},false,Personnel records moved\n",
        encoding="utf-8",
    )
    command = CommandLine(root / "home")
    environment = {
        "LEVELGROUND_CITY": str(layer), "LEVELGROUND_DELIVERIES": str(deliveries), "LEVELGROUND_CACHE": str(cache),
    }  # fmt: skip
    drafted = command("sources", "new", "hr__positions", "--from", new, "--layer", layer, env=environment)
    assert drafted.returncode == 0, drafted.stdout + drafted.stderr
    generated = command("sources", "new", "hr__positions", "--layer", layer, env=environment)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    written = {path.name for path in layer.rglob("*") if path.is_file() and "positions" in path.name}
    assert written == {"hr__positions.yml", "stg_hr__positions.sql", "_stg_hr__positions__models.yml"}, "no fact, and no suite"
    run = command("run", "--deliveries", deliveries, "--json", env=environment)
    assert run.returncode in (0, 4), run.stdout[-3000:] + run.stderr[-3000:]
    UNCHANGED.add(command.home)
    return OtherCity(command, json.loads(run.stdout))
