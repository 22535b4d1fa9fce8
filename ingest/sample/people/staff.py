"""`der__employees`: the department's own database as of two days, SQLite files with one table of text, as a personnel system
writes them.

Warts of the real export kept: race labels from another country's list, a legacy combined label, salaries like `71,296.74`, dates
like `5/30/1999 0:00`, empty codes (NULL in one column, '' in another), seasonal staff who look alike.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ingest.sample.city import SAMPLETON, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.text import word_list

AS_OF, BEFORE = date(2025, 12, 31), date(2025, 9, 30)
EMPLOYEES = 6_000
SAME_AGAIN = 48  # rows equal to another one

# Planted: the composition of the staff whose race is known; each group but white has less of the staff than of the labor force.
COMPOSITION = {
    "WHITE": 0.60, "BLACK": 0.27, "HISPANIC": 0.09, "ASIAN/PACIFIC ISLANDER": 0.034, "AMERICAN INDIAN/ALASKAN NATIVE": 0.006,
}  # fmt: skip
_GROUPS = dict(zip(COMPOSITION, ("white", "black", "hisp", "asian", "aian"), strict=True))
UNKNOWN = 0.008
# Planted between the two days: who was hired (every so many), who left, and whose pay rose by a step (every so many).
HIRED_EVERY, LEFT, RAISED_EVERY = 25, 150, 11
COMPOSITION_OF_LEAVERS = {
    "WHITE": 0.80, "BLACK": 0.14, "HISPANIC": 0.03, "ASIAN/PACIFIC ISLANDER": 0.024, "AMERICAN INDIAN/ALASKAN NATIVE": 0.006,
}  # fmt: skip
# Planted: pay rises by a fiftieth of the starting salary with each step, all that a group reaches equally likely, so that the
# middle one is its median: half of the Black staff have come to the fourth step of a job, half of the white staff to the sixth.
STEP_SHARE = 0.02
STEPS = {"WHITE": 11, "BLACK": 7, "HISPANIC": 7, "ASIAN/PACIFIC ISLANDER": 11, "AMERICAN INDIAN/ALASKAN NATIVE": 9}
_ODD_LABELS = ("CHINESE", "TORRES STRAIT ISLANDER ORIGIN", "CHINESE", "ABORIGINAL/TORRES STRAIT ISLAND", "CHINESE")

# Planted for disclosure control: at one level everybody has negotiated a salary, so that no thousand dollars hold many of them;
# at another each has a supplement, so that a median is the pay of one person, among many with about the same.
NEGOTIATED, NEGOTIATED_SPREAD, WITH_SUPPLEMENT = "5", 70_000, "1"


def employees_on(day: date, city: Profile = SAMPLETON) -> int:
    """How many rows the database has on one of the two days."""
    employees = city.scaled(EMPLOYEES)
    if day == AS_OF:
        return employees
    return employees + city.scaled(LEFT) - len(range(0, employees - SAME_AGAIN, HIRED_EVERY))


def composition_on(day: date, city: Profile = SAMPLETON) -> dict[str, float]:
    """The planted composition on one of the two days."""
    now, leavers = (city.tilted(shares, _GROUPS) for shares in (COMPOSITION, COMPOSITION_OF_LEAVERS))
    if day == AS_OF:
        return now
    left = city.scaled(LEFT) / (employees_on(BEFORE, city) - SAME_AGAIN)
    return {label: (1 - left) * share + left * leavers[label] for label, share in now.items()}


def median_step(race: str | None = None, day: date = AS_OF, city: Profile = SAMPLETON) -> int:
    """The step up to which half of a group, or of everybody, have come on a day."""
    shares = composition_on(day, city) if race is None else {race: 1.0}
    raised = 0 if day == AS_OF else 1 / RAISED_EVERY
    reached = [
        sum(
            share * ((1 - raised) * min(step + 1, STEPS[label]) + raised * min(step + 2, STEPS[label])) / STEPS[label]
            for label, share in shares.items()
        )
        for step in range(max(STEPS.values()))
    ]
    return int(np.searchsorted(reached, 0.5))


def median_pay(race: str | None = None, day: date = AS_OF, city: Profile = SAMPLETON) -> dict[str, float]:
    """The median annual pay at each EEO-4 level at which everybody has the same job; of a group, or of everybody."""
    salaries: dict[str, list[float]] = {}
    for job, _ in word_list("jobs"):
        salaries.setdefault(str(job[5]), []).append(float(job[10]))
    step = median_step(race, day, city)
    known = {level: pay[0] for level, pay in salaries.items() if level not in ("", NEGOTIATED) and len(pay) == 1}
    return {level: round(pay * (1 + STEP_SHARE * step), 2) for level, pay in known.items()}


def _pay(level: str, salary: float, step: int, number: int) -> float:
    if level == NEGOTIATED:
        return salary + number * 7_919 % NEGOTIATED_SPREAD + number % 100 / 100
    return salary * (1 + STEP_SHARE * step) + (number % 997 / 10 if level == WITH_SUPPLEMENT else 0)


def odd_labels(employees: int) -> tuple[str, ...]:
    """Labels that no one in the city can have meant: a handful, and fewer than one row in 1,000."""
    return _ODD_LABELS[: max(0, employees - 1) // 1_000]


def _day(value: date) -> str:
    return f"{value.month}/{value.day}/{value.year} 0:00"


def _short(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _races(rng: np.random.Generator, count: int, composition: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """The race in each record, and the one that would be there if it were known."""
    labels = list(composition)
    known = rng.choice(len(labels), count, p=list(composition.values()))
    races = ["UNKNOWN" if unknown else labels[at] for at, unknown in zip(known, rng.random(count) < UNKNOWN, strict=True)]
    for place, label in enumerate(odd_labels(count)):
        races[(place + 1) * count // (len(_ODD_LABELS) + 1)] = label
    return races, [labels[at] for at in known]


@dataclass(frozen=True)
class _Position:
    """One row of the database, before it is written as text."""

    at: int
    job: int
    age: str
    sex: str
    race: str
    step: int
    hired: date
    entered: date

    def on(self, day: date) -> _Position:
        """The position as it was on an earlier day, one step below where it rose since."""
        step = max(0, self.step - 1) if self.at % RAISED_EVERY == 4 else self.step
        return replace(self, step=step, entered=self.hired if self.entered > day else self.entered)

    def row(self) -> tuple[str | None, ...]:
        """The columns in the order of `staff_columns`."""
        title, code, pay, plan, hours, level, family, department, number, short, salary = word_list("jobs")[self.job][0]
        return (
            self.age, self.sex, self.race, title.removesuffix("-96 hr"), number, code, f"{code}{self.at:05d}",
            f"{short.upper()} {self.at % 9}", _day(self.entered), pay, str(hours), _short(min(1, hours / 40)), plan, code,
            str(self.step), _short(_pay(level, salary, self.step, self.at)), level, family if self.at % 1_200 else None, title,
            title[:10], department, short, _day(self.hired),
        )  # fmt: skip


def _positions(
    rng: np.random.Generator, count: int, composition: Mapping[str, float], first: int, last_day: date
) -> list[_Position]:
    """So many positions, numbered from `first`, of people hired some time before `last_day`."""
    shares = [share for _, share in word_list("jobs")]
    jobs = rng.choice(len(shares), count, p=np.array(shares) / 100).tolist()
    groups = word_list("staff_ages")
    ages = rng.choice(list(groups), count, p=np.array(list(groups.values())) / 100).tolist()
    women, luck, days = rng.random(count) < 0.37, rng.random(count), rng.integers(120, 12_000, count)
    if last_day == AS_OF:
        days[::HIRED_EVERY] = rng.integers(1, (AS_OF - BEFORE).days, len(days[::HIRED_EVERY]))
    served = (days * rng.random(count)).astype(int)
    races, known = _races(rng, count, composition)
    steps = (luck * [STEPS[race] for race in known]).astype(int).tolist()
    hired = [last_day - timedelta(days=int(ago)) for ago in days]
    return [
        _Position(
            first + at, jobs[at], ages[at], "F" if women[at] else "M", races[at], steps[at], hired[at],
            hired[at] + timedelta(days=int(served[at])),
        )
        for at in range(count)
    ]  # fmt: skip


def _write(path: Path, positions: list[_Position]) -> list[tuple[str | None, ...]]:
    """Write a database, in which the last positions are there twice; returns its rows."""
    rows = [position.row() for position in (*positions, *positions[-SAME_AGAIN:])]
    columns = word_list("staff_columns")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("pragma journal_mode = off")  # the whole folder is thrown away if this is cut short
        database.execute(f"create table employees ({', '.join(f'{column} text' for column in columns)})")
        database.execute("begin")
        database.executemany(f"insert into employees values ({', '.join('?' * len(columns))})", rows)
        database.execute("commit")
    return rows


@source("der__employees", as_of=AS_OF)
def staff(delivery: Delivery) -> PlantedCounts:
    """Both databases."""
    rng, city = delivery.rng, delivery.city
    employees, leavers = employees_on(AS_OF, city), city.scaled(LEFT)
    now = _positions(rng, employees - SAME_AGAIN, city.tilted(COMPOSITION, _GROUPS), 0, AS_OF)
    left = _positions(rng, leavers, city.tilted(COMPOSITION_OF_LEAVERS, _GROUPS), max(50_000, employees), BEFORE)
    before = [*left, *(position.on(BEFORE) for position in now if position.hired <= BEFORE)]
    rows = [*_write(delivery.folder / "hr.sqlite", now), *_write(delivery.folder / f"hr_{BEFORE}.sqlite", before)]
    races = [row[word_list("staff_columns").index("RACE")] for row in rows]
    delivery.delivered = len(rows)
    return delivery.planted(
        duplicate=2 * SAME_AGAIN, unknown_race=races.count("UNKNOWN"), odd_labels=sum(race in _ODD_LABELS for race in races),
        hired=len(now) - (len(before) - leavers), left=leavers,
    )  # fmt: skip
