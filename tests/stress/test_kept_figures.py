"""What stays on a page: the last figures of a retired measure, and a window of a register until the next one is closed."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.stress import nights, three_years
from tests.stress.small import copy_of_the_code
from tests.stress.test_three_years import Years

REGISTER, KILLED = "fpc__fatal_shootings", "people_killed_by_police"
BEGIN, OLD, NEW = date(2015, 1, 1), date(2025, 10, 31), date(2026, 2, 20)
RACES = {"B": "black", "H": "hispanic", "W": "white"}
LATER = (("9001", "2025-12-05", "B"), ("9002", "2026-01-10", "W"))
REASON = "Working days were counted in two ways."
STOPPED = {
    "en": ("We stopped this measure on December 31, 2025. Its last figures stay here.", "Read this one now: "),
    "es": ("Dejamos de calcular esta medida el 31 de diciembre de 2025. Sus últimas cifras se quedan aquí.", "Lea ahora esta: "),
    "hmn": ("Peb tau tso tseg qhov kev ntsuas no rau hnub ", "Tam sim no nyeem qhov no: "),
}


@pytest.fixture
def years(tmp_path: Path) -> Iterator[Years]:
    city = tmp_path / "city"
    three_years.write_office(city, REGISTER)
    code = copy_of_the_code(tmp_path / "code")
    with nights.Office(code) as process:
        office = Years(tmp_path, process, three_years.Office(city, code))
        office.environment["LEVELGROUND_SCORECARD"] = " ".join(STOPPED)
        yield office


@pytest.mark.timeout(3600)
def test_last_figures_stay_where_there_are_no_newer_ones(years: Years) -> None:
    folder = years.office.deliveries / REGISTER
    (old,) = folder.glob("*2025-10-31.csv")
    years.run("2026-02-10")
    counted = people_in(old)
    assert counted["all"] == 22 and killed(years) == {(BEGIN, OLD, race): number for race, number in counted.items()}
    quarters = figures_of(years, three_years.RETIRED)
    assert quarters[-1][0] == date(2025, 10, 1)
    before = {language: tables_of(years, language) for language in STOPPED}
    assert all(before.values())

    # the newer register ends 13 days before the run, and its window closes after 30; the measure is retired
    header, *rows = old.read_text(encoding="utf-8").splitlines()
    columns = next(csv.reader([header]))
    added = [written(columns, *person) for person in LATER]
    new = old.with_name(old.name.replace(str(OLD), str(NEW)))
    new.write_text("\n".join([header, *rows, *added]) + "\n", encoding="utf-8")
    years.office.retire(date(2025, 12, 31), REASON)
    years.run("2026-03-05")
    assert killed(years) == {(BEGIN, OLD, race): number for race, number in counted.items()}
    page = years.page(f"measures/{KILLED}.html")
    assert "There is no figure for this question yet" not in page and "is 22 (likely range" in page
    assert figures_of(years, three_years.RETIRED) == quarters
    for language, (stopped, followed) in STOPPED.items():
        page = page_of(years, language)
        assert stopped in page and followed in page and REASON in page, language
        assert f'<a href="{three_years.SUCCESSOR}.html">' in page
        assert tables_of(years, language) == before[language], "the last figures stay"
    about = years.query(
        "select retired_on, successor, retirement_reason, availability from published.measures where measure_id = ?",
        three_years.RETIRED,
    )
    assert about == [(date(2025, 12, 31), three_years.SUCCESSOR, REASON, "shown")]

    # the next window is closed
    years.run("2026-03-25")
    counted = people_in(new)
    assert counted == Counter({"all": 24, "black": 15, "hispanic": 3, "white": 6})
    assert killed(years) == {(BEGIN, NEW, race): number for race, number in counted.items()}
    assert figures_of(years, three_years.RETIRED) == quarters


def people_in(file: Path) -> Counter[str]:
    """The people of the city in a register, by race."""
    with file.open(newline="", encoding="utf-8") as opened:
        races = [RACES[row["race"]] for row in csv.DictReader(opened) if row["city"] == "Sampleton"]
    return Counter(races) + Counter({"all": len(races)})


def written(columns: list[str], number: str, day: str, race: str) -> str:
    """A line of the register."""
    person = {"id": number, "date": day, "city": "Sampleton", "state": "ZZ", "name": "Sam Later", "age": "30", "gender": "male"}
    return ",".join(f'"{(person | {"race": race}).get(column, "")}"' for column in columns)


def killed(years: Years) -> dict[tuple[date, date, str], int]:
    """People killed by police in the city by window and race; groups without any are left out."""
    rows = years.query(
        "select period_start, period_end, race_ethnicity_code, numerator from published.equity_measures "
        "where measure_id = ? and geography_type = 'city' and stratum_type = 'all' and numerator > 0 and method = 'individual'",
        KILLED,
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in rows}


def figures_of(years: Years, measure: str) -> list[tuple[object, ...]]:
    """The figures of a measure per quarter, place and group."""
    return years.query(
        "select period_start, geography_type, geoid, race_ethnicity_code, method, numerator, denominator, value "
        "from published.equity_measures where measure_id = ? and period_type = 'quarter' order by all",
        measure,
    )


def page_of(years: Years, language: str) -> str:
    """The page of the retired measure."""
    page = years.home / "published" / "scorecard" / language / "measures" / f"{three_years.RETIRED}.html"
    return page.read_text(encoding="utf-8")


def tables_of(years: Years, language: str) -> list[str]:
    """The tables of figures on the page of the retired measure."""
    return re.findall(r"<table.*?</table>", page_of(years, language), re.DOTALL)
