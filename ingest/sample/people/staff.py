"""`der__employees`: the department's own database, a SQLite file with one table of text, as it comes out of a personnel system.

Warts of the real export kept: race labels from another country's list, a legacy combined label, salaries like `71,296.74`, dates
like `5/30/1999 0:00`, empty codes (NULL in one column, '' in another), seasonal staff who look alike.
"""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.writing import Delivery

SOURCE = "der__employees"
AS_OF = date(2025, 12, 31)
EMPLOYEES = 6_000
SAME_AGAIN = 48  # rows equal to another one
COLUMNS = (
    "AGE_RANGE", "SEX", "RACE", "BUSINESS_TITLE", "DEPTID", "JOBCODE", "POSITION_NBR", "LOCATION", "JOB_ENTRY_DT", "PAYGROUP",
    "STD_HOURS", "FTE", "SAL_ADMIN_PLAN", "GRADE", "STEP", "ANNUAL_RT", "EEO_JOB_GROUP", "JOB_FAMILY", "JOBTITLE",
    "JOBTITLE_ABBRV", "DEPTNAME", "DEPTNAME_ABBRV", "HIRE_DATE",
)  # fmt: skip

# Planted: the composition of the staff whose race is known; each group but white has less of the staff than of the labor force.
COMPOSITION = {
    "WHITE": 0.60, "BLACK": 0.27, "HISPANIC": 0.09, "ASIAN/PACIFIC ISLANDER": 0.034, "AMERICAN INDIAN/ALASKAN NATIVE": 0.006,
}  # fmt: skip
UNKNOWN = 0.008
# Planted: pay rises by a fiftieth of the starting salary with each step, all that a group reaches equally likely, so that the
# middle one is its median: half of the Black staff have come to the fourth step of a job, half of the white staff to the sixth.
STEP_SHARE = 0.02
STEPS = {"WHITE": 11, "BLACK": 7, "HISPANIC": 7, "ASIAN/PACIFIC ISLANDER": 11, "AMERICAN INDIAN/ALASKAN NATIVE": 9}
_ODD_LABELS = ("CHINESE", "TORRES STRAIT ISLANDER ORIGIN", "CHINESE", "ABORIGINAL/TORRES STRAIT ISLAND", "CHINESE")

_AGES = {"UNDER 18": 4, "18-25": 10, "26-30": 7, "31-40": 20, "41-50": 25, "51-60": 25, "61-70": 8, "OVER 70": 1}
# Title, job code, pay group, salary plan, hours, EEO-4 group, job family, department, its number and short name, salary; of 100.
_JOBS = (
    (("Police Officer", "377", "POL", "POL", 40, "4", "D2POL", "SPD-Department of Police", "2220000", "SPD", 75_028.91), 16),
    (("Police Sergeant", "384", "POL", "POL", 40, "4", "D2POL", "SPD-Department of Police", "2220000", "SPD", 87_513.71), 4),
    (("Fire Fighter-96 hr", "352", "FIR", "F48", 48, "4", "D2FIR", "SFD - Response", "2715000", "SFD Rspnse", 71_296.74), 13),
    (("Clerk Typist 2", "052", "GEN", "D1", 40, "6", "D1AFS", "Emergency Communication Center", "1030000", "ECC", 40_135.06), 12),
    (("Sanitation Worker", "718", "GEN", "D1", 40, "8", "D1AFS", "Parks -  Operations Land", "2020000", "Parks", 39_500.0), 15),
    (("Senior Engineer", "411", "MGM", "D0C", 40, "2", "D0MGM", "Water Works - Engineering", "3001000", "WW Eng", 92_410.3), 10),
    (("Admin Specialist", "631", "MGM", "D0C", 40, "1", "D0MGM", "Finance - Budget", "1330000", "Fin Bud", 77_000.47), 6),
    (("Attorney", "800", "CCL", "LAW", 40, "2", "D7LAW", "Law", "1100000", "Law", 98_765.0), 2),
    (("Lab Technician 1", "293", "GEN", "D8", 40, "3", "D8SMG", "School Health", "2661000", "SchHlth", 48_161.41), 6),
    (("Electrician", "155", "GEN", "D3", 40, "7", "D3TRD", "Traffic - Signals", "2390000", "Traf Sig", 58_000.0), 4),
    (("Recreation Ldr", "953", "GEN", "D4", 29, "", "D4PT", "SRC-Youth Summer Employ", "1929422", "Youth", 16_407.04), 12),
)  # fmt: skip


def median_step(race: str | None = None) -> int:
    """The step up to which half of a group, or of everybody, have come."""
    shares = COMPOSITION if race is None else {race: 1.0}
    below = np.cumsum([sum(share / STEPS[label] for label, share in shares.items() if step < STEPS[label]) for step in range(11)])
    return int(np.searchsorted(below, 0.5))


def median_pay(race: str | None = None) -> dict[str, float]:
    """The median annual pay at each EEO-4 level at which everybody has the same job; of a group, or of everybody."""
    salaries: dict[str, list[float]] = {}
    for job, _ in _JOBS:
        salaries.setdefault(str(job[5]), []).append(float(job[10]))
    return {
        level: round(pay[0] * (1 + STEP_SHARE * median_step(race)), 2)
        for level, pay in salaries.items()
        if level and len(pay) == 1
    }


def odd_labels(employees: int) -> tuple[str, ...]:
    """Labels that no one in the city can have meant: a handful, and fewer than one row in 1,000."""
    return _ODD_LABELS[: max(0, employees - 1) // 1_000]


def _day(value: date) -> str:
    return f"{value.month}/{value.day}/{value.year} 0:00"


def _short(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _races(rng: np.random.Generator, count: int) -> tuple[list[str], list[str]]:
    """The race that each record says, and the one that it would if it were known."""
    labels = list(COMPOSITION)
    known = rng.choice(len(labels), count, p=list(COMPOSITION.values()))
    races = ["UNKNOWN" if unknown else labels[at] for at, unknown in zip(known, rng.random(count) < UNKNOWN, strict=True)]
    for place, label in enumerate(odd_labels(count)):
        races[(place + 1) * count // (len(_ODD_LABELS) + 1)] = label
    return races, [labels[at] for at in known]


def _staff(rng: np.random.Generator, count: int) -> list[tuple[str | None, ...]]:
    kinds, shares = zip(*_JOBS, strict=True)
    jobs = rng.choice(len(kinds), count, p=np.array(shares) / 100)
    ages = rng.choice(list(_AGES), count, p=np.array(list(_AGES.values())) / 100)
    women, luck, hired = rng.random(count) < 0.37, rng.random(count), rng.integers(30, 12_000, count)
    served = (hired * rng.random(count)).astype(int)
    rows: list[tuple[str | None, ...]] = []
    said, known = _races(rng, count)
    steps = (luck * [STEPS[race] for race in known]).astype(int)
    for at, race in enumerate(said):
        title, code, pay, plan, hours, level, family, department, number, short, salary = kinds[jobs[at]]
        hire = AS_OF - timedelta(days=int(hired[at]))
        entry = hire + timedelta(days=int(served[at]))
        rows.append(
            (
                str(ages[at]), "F" if women[at] else "M", race, title.removesuffix("-96 hr"), number, code, f"{code}{at:05d}",
                f"{short.upper()} {at % 9}", _day(entry), pay, str(hours), _short(min(1, hours / 40)), plan, code, str(steps[at]),
                _short(salary * (1 + STEP_SHARE * int(steps[at]))), level, family if at % 1_200 else None, title, title[:10],
                department, short, _day(hire),
            )
        )  # fmt: skip
    return rows


def write(folder: Path, rng: np.random.Generator) -> Delivery:
    """Write the personnel database into `folder`; returns what was planted."""
    staff = _staff(rng, EMPLOYEES - SAME_AGAIN)
    staff += staff[-SAME_AGAIN:]
    database = sqlite3.connect(folder / "hr.sqlite", isolation_level=None)
    try:
        database.execute("pragma journal_mode = off")  # the whole folder is thrown away if this is cut short
        database.execute(f"create table employees ({', '.join(f'{column} text' for column in COLUMNS)})")
        database.execute("begin")
        database.executemany(f"insert into employees values ({', '.join('?' * len(COLUMNS))})", staff)
        database.execute("commit")
    finally:
        database.close()
    races = [row[COLUMNS.index("RACE")] for row in staff]
    facts = {"unknown_race": races.count("UNKNOWN"), "odd_labels": sum(race in _ODD_LABELS for race in races)}
    return Delivery(delivered=len(staff), duplicate=SAME_AGAIN, facts=facts)
