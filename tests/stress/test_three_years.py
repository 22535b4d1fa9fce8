"""An office for three years: quarters with editions, an erratum, a lowered target, a renamed department, a retired measure, a
new HR system, a new map, a stricter rule of disclosure, a new base of residents. After each run its figures are those that
counting the delivered files gives.

At the end every figure that was published is the one that the ledger and the kept releases hold, the register has what each
edition printed, and a rebuild from the kept deliveries has the same content.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.stress import nights, three_years
from tests.stress.small import SmallHome, copy_of_the_code
from warehouse.disclosure.states.planned_figures import GRAIN

SHOWN = ("numerator", "denominator", "value", "publication_status")
WRONG_DAY, WRITTEN_AGAIN = "2025-11-15", 25
Key = tuple[Any, ...]


class Years:
    """The office, its home, and the process that runs its commands; `figures`: what each release published, by its id."""

    def __init__(self, folder: Path, process: nights.Office, office: three_years.Office) -> None:
        """Begin with no release."""
        self.home, self.process, self.office, self.day = folder / "home", process, office, "2026-02-10"
        self.figures: dict[str, dict[Key, Key]] = {}
        self.environment = {"LEVELGROUND_HOME": str(self.home), "LEVELGROUND_SCORECARD": "en", "LEVELGROUND_KEEP_RELEASES": "4"}

    def command(self, *words: str, expect: tuple[int, ...] = (0,)) -> str:
        """What a command prints. All runs are in one process, but after an upgrade of the code."""
        code, output = self.process.run(["levelground", *words], self.environment | {"NIGHT": f"{self.day}T10:00:00"})
        assert code in expect, f"exit {code}\n{output}"
        return output

    def try_run(self, day: str, *expect: int) -> str:
        """What a run prints that is refused, lacks something or has nothing new, with single spaces."""
        return " ".join(self._run(day, expect).split())

    def run(self, day: str) -> str:
        """Run at a time, and keep the figures that it published; sources without a new delivery become stale."""
        output = self._run(day, (0, 4))
        run = SmallHome(self.home, self.office.deliveries, self.office.code).last()
        assert run["outcome"] == "released", output
        held = {name: source["reason"] for name, source in run["sources"].items() if source["verdict"] == "held_back"}
        assert held == {}, output
        names = ", ".join((*GRAIN, *SHOWN))
        rows = self.query(f"select {names} from published.equity_measures")
        self.figures[run["release_id"]] = {row[: len(GRAIN)]: row[len(GRAIN) :] for row in rows}
        return str(run["release_id"])

    def _run(self, day: str, expect: tuple[int, ...]) -> str:
        self.day = day
        return self.command("run", "--deliveries", str(self.office.deliveries), "--as-of", f"{day}T04:00:00", expect=expect)

    def last_notes(self) -> list[str]:
        """What the last run noted about corrections."""
        last = SmallHome(self.home, self.office.deliveries, self.office.code).last()
        return [note for note in last["notes"] if "correction" in note]

    def query(self, sql: str, *values: object) -> list[Key]:
        """Rows of the public file."""
        with duckdb.connect(str(self.home / "published" / "levelground_public.duckdb"), read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()

    def surveyed(self) -> dict[str, float]:
        """Residents of the city and of the county outside it, by the survey of 2013 to 2017."""
        with duckdb.connect(str(self.home / "published" / "levelground.duckdb"), read_only=True) as connection:
            residents = connection.execute(
                "select geoid, population from marts.fct_population where population_scheme = 'acs_2013_2017' "
                "and geography_type = 'city' and race_ethnicity_code = 'all' and age_universe = 'total'"
            ).fetchall()
        return dict(residents)

    def edition(self, label: str) -> None:
        """Pin the current release as an edition, and write its pages."""
        self.command("releases", "pin", "current", "--label", label)
        self.command("scorecard", "--release", label)

    def counted(self, measure: str, period: str, race: str = "all") -> dict[date, float]:
        """The numerators of the city by period."""
        return dict(
            self.query(
                "select period_start, numerator from published.equity_measures where measure_id = ? and period_type = ? and "
                "race_ethnicity_code = ? and geography_type = 'city' and stratum_type = 'all' and method = 'individual' "
                "and value is not null",
                measure,
                period,
                race,
            )
        )

    def keys_of_staff(self, source: str) -> set[str]:
        """The keys of the positions of a source."""
        with duckdb.connect(str(self.home / "published" / "levelground.duckdb"), read_only=True) as connection:
            sql = "select employee_key from marts.fct_employees where source = ?"
            return {row[0] for row in connection.execute(sql, [source]).fetchall()}

    def in_districts(self, year: int, month: int) -> dict[tuple[str, str], Key]:
        """Requests and residents of the districts in a quarter, by map and district."""
        rows = self.query(
            "select geography_vintage, geoid, numerator, denominator from published.equity_measures where measure_id = ? "
            "and period_type = 'quarter' and period_start = ? and geography_type = 'aldermanic_district' "
            "and race_ethnicity_code = 'all' and method = 'individual' and stratum_type = 'all'",
            "service_requests_per_1000",
            date(year, month, 1),
        )
        return {(row[0], row[1]): row[2:] for row in rows}

    def page(self, name: str) -> str:
        """A page of the site in English."""
        return (self.home / "published" / "scorecard" / "en" / name).read_text(encoding="utf-8")

    def goal(self) -> dict[date, tuple[float, str]]:
        """The target and the status of each period of the goal about requests."""
        rows = self.query(
            "select period_start, target_value, status from published.goal_progress where goal_id = ?", three_years.GOAL
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def check_requests(self) -> None:
        """Each published quarter has as many requests as the file."""
        found = self.counted("service_requests_per_1000", "quarter")
        assert found, "no quarter is published"
        delivered = self.office.requests()
        assert found == {start: delivered[start.year, (start.month + 2) // 3] for start in found}


@pytest.fixture
def years(tmp_path: Path) -> Iterator[Years]:
    city = tmp_path / "city"
    three_years.write_office(city)
    code = copy_of_the_code(tmp_path / "code")
    with nights.Office(code) as process:
        yield Years(tmp_path, process, three_years.Office(city, code))


@pytest.mark.timeout(4 * 3600)
def test_three_years_of_an_office(years: Years, tmp_path: Path) -> None:
    office = years.office
    before = office.requests()
    office.written_again(WRONG_DAY, WRITTEN_AGAIN)

    # the first quarter, with an error that no one has noticed
    years.run("2026-02-10")
    years.check_requests()
    assert years.counted("service_requests_per_1000", "quarter")[date(2025, 10, 1)] == before[2025, 4] + WRITTEN_AGAIN
    years.edition("2025Q4")

    # the next quarter, and the erratum
    office.without(WRONG_DAY)
    office.requests_until(date(2026, 5, 8))
    office.snapshot(date(2026, 3, 31))
    years.run("2026-05-10")
    years.check_requests()
    quarters = years.counted("service_requests_per_1000", "quarter")
    assert quarters[date(2025, 10, 1)] == office.requests()[2025, 4] < before[2025, 4] + WRITTEN_AGAIN
    assert quarters[date(2026, 1, 1)] == before[2025, 1]
    was, now = printed_in(years, "2025Q4", "service_requests_per_1000", date(2025, 10, 1), "all")
    assert was / now == pytest.approx((before[2025, 4] + WRITTEN_AGAIN) / office.requests()[2025, 4])
    text = "The requests of November 15 were counted 25 times too often."
    words = ("--edition", "2025Q4", "--measure", "service_requests_per_1000", "--severity", "minor", "--text", text)
    years.command("corrections", "add", *words)
    at_sixty = years.goal()
    assert {target for target, _ in at_sixty.values()} == {60.0}

    # a lowered target needs the earlier one with a day and a reason; what was measured against it stays
    office.lower_target("50")
    refused = years.try_run("2026-08-10", 2)
    assert f"{three_years.GOAL},60,2026-12-31,,LAST-DAY,REASON" in refused
    office.keep_target("60", "2026-12-31", date(2026, 6, 30), "The budget was cut.")
    # and the department of the requests has another name
    office.rename_department(date(2026, 7, 1), "Two departments were joined.")
    office.requests_until(date(2026, 8, 8))
    years.run("2026-08-10")
    years.check_requests()
    assert years.goal() == at_sixty
    assert years.query("select target_value, reason from published.goal_targets") == [(60.0, "The budget was cut.")]
    page = years.page("goals.html")
    assert "Target until June 30, 2026" in page and "The budget was cut." in page
    assert "Resident Contact Center (formerly Unified Call Center, renamed in July 2026)" in years.page("data.html")

    # a measure ends with the year
    office.retire(date(2026, 12, 31), "Working days were counted in two ways.")
    office.requests_until(date(2027, 2, 8))
    office.snapshot(date(2026, 12, 31))
    years.run("2027-02-10")
    years.check_requests()
    years.edition("2026Q4")

    the_third_year(years, at_sixty)
    the_register_has_what_was_printed(years)
    every_published_figure_is_remembered(years)
    a_rebuild_has_the_same_content(years, tmp_path)


def the_third_year(years: Years, at_sixty: dict[date, tuple[float, str]]) -> None:
    """A new HR system, a new map, a stricter rule of disclosure and a new base of residents, each from a day on."""
    office = years.office

    # the retired measure keeps its last figures, the goal has its new target; both HR systems exported the day of the change
    old, new = office.new_hr_system(date(2027, 3, 31))
    years.process.again()
    keys = years.keys_of_staff(three_years.OLD_HR)
    office.requests_until(date(2027, 5, 8))
    held = years.try_run("2027-05-10", 4)
    assert old.name in held and new.name in held, held
    assert date(2027, 3, 31) not in years.counted("workforce_composition", "snapshot")
    office.only_the_new_system(old)

    # districts 1 and 2 swap their numbers from April on: the requests of April to June are those of the year before
    before = years.in_districts(2026, 4)
    layer = str(office.code / "ingest" / "cities" / "sampleton")
    years.command("maps", "new", three_years.MAP, "--vintage", "2027", "--valid-from", "2027-04-01", "--layer", layer)
    office.new_map()
    office.requests_until(date(2027, 8, 8))
    years.run("2027-08-10")
    years.check_requests()
    assert max(years.counted(three_years.SUCCESSOR, "quarter")) == date(2027, 4, 1)
    assert max(years.counted(three_years.RETIRED, "quarter")) == date(2026, 10, 1)
    assert years.goal() | at_sixty == years.goal(), "past statuses stay as they were"
    assert years.goal()[date(2027, 1, 1)][0] == 50.0
    assert keys < years.keys_of_staff(three_years.NEW_HR), "the history of the old system has its keys"
    check_staff(years, date(2027, 3, 31))
    after, swapped = years.in_districts(2027, 4), {"1": "2", "2": "1"}
    requests = {place: row[0] for (_, place), row in before.items()}
    assert {(vintage, place): row[0] for (vintage, place), row in after.items()} == {
        ("2027", swapped.get(place, place)): number for place, number in requests.items()
    }
    assert requests["1"] != requests["2"]
    for place in ("1", "2", "3"):  # blocks have no codes of the new map, so its residents are estimated
        assert after["2027", place][1] == pytest.approx(before["2022", swapped.get(place, place)][1], rel=0.1)
    assert years.in_districts(2026, 4) == before, "periods of the map before keep it"

    # from October on counts of fewer than 250 persons are hidden, and those that were published stay; residents are those of the
    # survey from July on
    shown = years.counted("workforce_composition", "snapshot", "asian_or_nhpi")
    office.stricter_rule(250, date(2027, 10, 1))
    office.new_base(date(2027, 7, 1))
    office.requests_until(date(2027, 11, 8))
    office.snapshot(date(2027, 9, 30))
    assert 11 <= office.staff_of("ASIAN/PACIFIC ISLANDER") < 250 < office.staff_of("HISPANIC")
    years.run("2027-11-10")
    years.check_requests()
    check_staff(years, date(2027, 9, 30))
    assert years.counted("workforce_composition", "snapshot", "asian_or_nhpi") == shown != {}
    assert years.counted("workforce_composition", "snapshot", "black")[date(2027, 9, 30)] == office.staff_of("BLACK")
    residents: dict[date, int] = dict(
        years.query(
            "select period_start, denominator from published.equity_measures where measure_id = 'service_requests_per_1000' and "
            "period_type = 'quarter' and race_ethnicity_code = 'all' and geography_type = 'city' and method = 'individual'"
        )
    )
    counted = office.residents("census__blocks_2020", "pop")
    surveyed = years.surveyed()  # the blocks are of the city alone, and the tracts of the survey of the whole county
    assert sum(surveyed.values()) == pytest.approx(office.residents("census__acs_race_tract", "HD01_VD01"))
    assert residents.pop(date(2027, 7, 1)) == pytest.approx(surveyed["9900001"]) != pytest.approx(counted, rel=0.01)
    assert len(residents) == 10 and set(residents.values()) == {counted}


def check_staff(years: Years, newest: date) -> None:
    """Each published snapshot has as many positions as its file, the newest too."""
    staff = years.counted("workforce_composition", "snapshot")
    assert newest in staff and staff == {day: years.office.positions[str(day)] for day in staff}


def printed_in(years: Years, edition: str, measure: str, start: date, race: str) -> tuple[float, float]:
    """What an edition printed of a figure of the city, and the figure now."""
    [(printed, now)] = years.query(
        "select edition_value, value from published.as_reported_editions where edition = ? "
        "and measure_id = ? and period_start = ? "
        "and period_type = 'quarter' and race_ethnicity_code = ? and geography_type = 'city' and stratum_type = 'all' "
        "and method = 'individual'",
        edition,
        measure,
        start,
        race,
    )
    return printed, now


def the_register_has_what_was_printed(years: Years) -> None:
    """Each revised figure of an edition is in the register, as the release of the edition has it, and nothing else is."""
    pins = json.loads((years.home / "releases" / "pins.json").read_text())
    names = ", ".join(GRAIN)
    rows = years.query(f"select {names}, release_id, edition_value, value from published.as_reported_editions")
    assert {row[len(GRAIN)] for row in rows} <= set(pins)
    for row in rows:
        key, (release_id, printed, now) = row[: len(GRAIN)], row[len(GRAIN) :]
        if release_id in years.figures and printed is not None:
            assert years.figures[release_id][key][2] == pytest.approx(printed)
            assert printed != pytest.approx(now, rel=1e-9)
    said = years.query("select edition, said_by_office, what from published.corrections where edition is not null")
    assert ("2025Q4", True, "The requests of November 15 were counted 25 times too often.") in said
    assert any(edition == "2025Q4" and not by_office for edition, by_office, _ in said)
    edition = years.home / "published" / "scorecard" / "2025Q4" / "en" / "measures" / "service_requests_per_1000.html"
    page = edition.read_text(encoding="utf-8")
    assert "counted 25 times too often" in page and "Figures of this edition that have changed since then:" in page
    assert "25 times too often" in (years.home / "published" / "scorecard" / "en" / "corrections.atom").read_text(
        encoding="utf-8"
    )


def every_published_figure_is_remembered(years: Years) -> None:
    """Of each release the ledger has the figures of persons that it showed, and the releases that are kept show them still."""
    names, compared = ", ".join((*GRAIN, *SHOWN)), 0
    for release_id, figures in years.figures.items():
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"select {names} from read_parquet(?) where release_id <= ? "
                f"qualify row_number() over (partition by {', '.join(GRAIN)} order by published_at desc, release_id desc) = 1",
                [str(years.home / "disclosure" / "ledger.parquet"), release_id],
            ).fetchall()
        remembered = {row[: len(GRAIN)]: row[len(GRAIN) :] for row in rows}
        of_persons = {key: figure for key, figure in figures.items() if key in remembered}
        assert of_persons == {key: remembered[key] for key in of_persons}, f"the ledger has other figures than {release_id}"
        compared += len(of_persons)
        folder = years.home / "releases" / release_id
        if folder.is_dir():
            with duckdb.connect(str(folder / "levelground_public.duckdb"), read_only=True) as connection:
                current = connection.execute(f"select {names} from published.equity_measures").fetchall()
            assert {row[: len(GRAIN)]: row[len(GRAIN) :] for row in current} == figures
    assert compared > 0


def a_rebuild_has_the_same_content(years: Years, folder: Path) -> None:
    """A home of the kept deliveries, the ledger and the settings builds what is published."""
    small = SmallHome(years.home, years.office.deliveries, years.office.code)
    content, rebuilt = small.content(), folder / "rebuilt"
    rebuilt.mkdir()
    for entry in ("deliveries", "disclosure"):
        shutil.copytree(years.home / entry, rebuilt / entry)
    for entry in ("home.json", "corrections.json", "urgent_revisions.json", "record-keys.secret"):
        if (years.home / entry).is_file():
            shutil.copy(years.home / entry, rebuilt / entry)
    years.process.again()
    last = SmallHome(years.home, years.office.deliveries, years.office.code).last()
    command = ["levelground", "run", "--deliveries", str(years.office.deliveries), "--as-of", last["as_of"]]
    environment = years.environment | {"LEVELGROUND_HOME": str(rebuilt), "NIGHT": f"{years.day}T10:00:00"}
    code, output = years.process.run(command, environment)
    assert code in (0, 4), output
    assert SmallHome(rebuilt, years.office.deliveries, years.office.code).content() == content, "a rebuild differs"
