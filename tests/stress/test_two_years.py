"""An office for two years: quarterly snapshots, a state's re-release, a corrected month, a renamed department, an HR export with
other columns, a new council map, a label that is mapped later, a source that stops.

At the end the state equals a rebuild from the kept deliveries. Every figure that was published in between is the one
that the ledger and the releases hold. Disk does not grow for ever.

`STRESS_NIGHTS` sets how many nights represent the two years: each one day by default, 24 days with 30. What is kept is set
to the time that the last 90 days took. The curve of the disk is printed, and written as CSV to the folder STRESS_FIGURES if it is
set.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.stress import nights, two_years
from tests.stress.small import SmallHome, copy_of_the_code, write_figures
from warehouse.disclosure.states.planned_figures import GRAIN

NIGHTS = int(os.environ.get("STRESS_NIGHTS", str(two_years.DAYS)))
FIGURES = os.environ.get("STRESS_FIGURES")
# What LEVELGROUND_KEEP_DELIVERIES and LEVELGROUND_KEEP_RUNS keep by default, as a share of the nights.
KEPT = 90 / two_years.DAYS
KEPT_RELEASES = 5
NIGHTS_BETWEEN_DELIVERIES = 3
FOLDERS = ("deliveries", "releases", "runs", "dagster", "dbt", "logs", "tmp")
SHOWN = ("numerator", "denominator", "value", "publication_status")


def used(home: Path) -> dict[str, float]:
    """Megabytes on the disk by folder, a file with several names once; `warehouse` with what was moved aside."""
    inodes: set[int] = set()
    sizes = dict.fromkeys((*FOLDERS, "warehouse", "other"), 0)
    for path in (found for found in sorted(home.rglob("*")) if found.is_file()):
        status = path.stat()
        if status.st_ino in inodes:
            continue
        inodes.add(status.st_ino)
        top = path.relative_to(home).parts[0]
        name = top if top in FOLDERS else "releases" if top == "published" else "warehouse" if "warehouse" in top else "other"
        sizes[name] += status.st_blocks * 512
    return {name: size / 1e6 for name, size in sizes.items()}


def curve(totals: list[float], height: int = 8, width: int = 60) -> str:
    """A curve in characters, from the first night to the last, from 0 to the highest."""
    top = max(totals)
    picked = [totals[number * (len(totals) - 1) // (width - 1)] for number in range(width)]
    rows = ["".join("█" if value >= top * (level - 0.5) / height else " " for value in picked) for level in range(height, 0, -1)]
    return "\n".join(f"{top * level / height:6.0f} MB |{row}" for level, row in zip(range(height, 0, -1), rows, strict=True))


def published(home: Path) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The figures that readers see now: by grain, what is shown of each."""
    names = ", ".join((*GRAIN, *SHOWN))
    with duckdb.connect(str(home / "published" / "levelground_public.duckdb"), read_only=True) as connection:
        rows = connection.execute(f"select {names} from published.equity_measures").fetchall()
    return {row[: len(GRAIN)]: row[len(GRAIN) :] for row in rows}


def in_ledger(home: Path, release_id: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The figures of persons as the ledger has them of a release: of each row the state that was out then."""
    names = ", ".join((*GRAIN, *SHOWN))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select {names} from read_parquet(?) where release_id <= ? "
            f"qualify row_number() over (partition by {', '.join(GRAIN)} order by published_at desc, release_id desc) = 1",
            [str(home / "disclosure" / "ledger.parquet"), release_id],
        ).fetchall()
    return {row[: len(GRAIN)]: row[len(GRAIN) :] for row in rows}


def snapshots_of(figures: dict[tuple[Any, ...], tuple[Any, ...]]) -> set[tuple[str, Any]]:
    """The measures and dates of the snapshots that are out."""
    at = [GRAIN.index(name) for name in ("measure_id", "period_type", "period_start")]
    return {(key[at[0]], key[at[2]]) for key in figures if key[at[1]] == "snapshot"}


@pytest.mark.timeout(10 * 3600)
def test_two_years_of_an_office(
    tmp_path: Path, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    home, city = tmp_path / "home", tmp_path / "city"
    two_years.write_office(city)
    code = copy_of_the_code(tmp_path / "code")
    office = two_years.Office(city, code)
    events = office.events()
    rows: list[tuple[object, ...]] = []
    totals: list[float] = []
    began: list[float] = []
    published_figures: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    out: set[tuple[str, Any]] = set()
    happened: list[str] = []

    with nights.Office(code) as process:
        for night in range(NIGHTS):
            began.append(time.monotonic())
            day = two_years.FIRST_NIGHT + timedelta(days=round(night * two_years.DAYS / NIGHTS))
            office.held_back = None
            if night and night % NIGHTS_BETWEEN_DELIVERIES == 0:
                office.every_few_nights(night, day.date())
            while events and events[0][0] <= night / NIGHTS and office.held_back is None:
                _, event = events.pop(0)
                event(day.date())
                happened.append(f"{day:%Y-%m-%d} {event.__name__}")
            if office.is_code_changed:
                process.again()
                office.is_code_changed = False
            first_kept = night - round(NIGHTS * KEPT)
            kept_days = (began[-1] - began[first_kept]) / 86_400 if first_kept >= 0 else 90.0
            environment = {
                "LEVELGROUND_HOME": str(home),
                "LEVELGROUND_KEEP_RUNS": f"{kept_days:.6f}",
                "LEVELGROUND_KEEP_DELIVERIES": f"{kept_days:.6f}",
                "LEVELGROUND_KEEP_RELEASES": str(KEPT_RELEASES),
            }
            command = ["levelground", "run", "--deliveries", str(city), "--as-of", day.isoformat()]
            code_of_run, output = process.run(command, environment)
            assert code_of_run in (0, 4), f"{happened}\n{output}"  # undelivered sources become stale
            small = SmallHome(home, city, code)
            run = small.last()
            held_back = {name for name, source in run["sources"].items() if source["verdict"] == "held_back"}
            assert held_back == ({office.held_back} if office.held_back else set()), f"{happened}\n{output}"
            if run["outcome"] == "released":
                figures = published(home)
                published_figures[run["release_id"]] = figures
                now_out = snapshots_of(figures)
                assert out <= now_out, "a snapshot that was out is gone"
                out = now_out
                quarters = [(measure, start.year, (start.month - 1) // 3) for measure, start in out]
                assert len(quarters) == len(set(quarters)), "two snapshots of one quarter are out"
            sizes = used(home)
            totals.append(sum(sizes.values()))
            rows.append((night + 1, run["outcome"], *(round(size, 2) for size in sizes.values()), round(totals[-1], 2)))
            if FIGURES:
                write_figures(Path(FIGURES) / "disk.csv", ("night", "outcome", *sizes, "total"), rows)
        assert not events, f"these did not happen in {NIGHTS} nights: {[event.__name__ for _, event in events]}"
        content = small.content()
        the_state_is_what_was_delivered(home, office)
        every_published_figure_is_remembered(home, published_figures)

        rebuilt = tmp_path / "rebuilt"
        for entry in ("deliveries", "disclosure", "home.json"):
            copy = shutil.copytree if (home / entry).is_dir() else shutil.copy
            copy(home / entry, (rebuilt.mkdir(exist_ok=True), rebuilt / entry)[1])
        process.again()
        code_of_run, output = process.run(command, environment | {"LEVELGROUND_HOME": str(rebuilt)})
        assert code_of_run in (0, 4), output
        assert SmallHome(rebuilt, city, code).content() == content, "a rebuild from the kept deliveries differs"

    with capsys.disabled():
        print(f"\n{curve(totals)}\n           1 to {NIGHTS} nights")
    half = NIGHTS // 2
    record_property("nights", f"{NIGHTS}, released {len(published_figures)}; {len(happened)} events: {', '.join(happened)}")
    days_out = {start for _, start in out}
    record_property("snapshots published", f"{len(days_out)} of {len(office.snapshots)} that were delivered")
    record_property("seconds", f"{time.monotonic() - began[0]:.0f}")
    record_property(
        "MB after the first night, at most in the first half, at most in the second",
        f"{totals[0]:.0f}, {max(totals[:half]):.0f}, {max(totals[half:]):.0f}",
    )
    # each kept delivery of the growing stock and each release with it is a little larger
    assert max(totals[half:]) <= max(totals[:half]) * 1.25
    assert len([path for path in (home / "releases").iterdir() if path.is_dir()]) <= KEPT_RELEASES


def the_state_is_what_was_delivered(home: Path, office: two_years.Office) -> None:
    """The warehouse holds every snapshot with its own rows, no withdrawn row, and the words of today."""
    with duckdb.connect(str(home / "published" / "levelground.duckdb"), read_only=True) as connection:
        staff = connection.execute(
            "select occurred_on::varchar, count(*), bool_and(is_latest_snapshot) from marts.fct_employees group by 1 order by 1"
        ).fetchall()
        assert {day: count for day, count, _ in staff} == office.snapshots
        assert [latest for _, _, latest in staff] == [False] * (len(staff) - 1) + [True]
        measured = connection.execute(
            "select distinct period_start::varchar from marts.fct_equity_measures where measure_id = 'workforce_composition'"
        ).fetchall()
        assert {day for (day,) in measured} == set(office.snapshots)
        unpaid = connection.execute("select count(*) from marts.fct_employees where annual_pay_usd is null").fetchone()
        assert unpaid == (0,), "the pay of the new system did not get in"
        unmapped = connection.execute(
            "select count(*) filter (race_ethnicity_code = 'not_mapped'), "
            "count(*) filter (race_ethnicity_reported = ?) > 0 from marts.fct_police_stops",
            [two_years.NEW_LABEL],
        ).fetchone()
        assert unmapped == (0, True)
        renamed = connection.execute(
            "select count(*) > 0 from marts.fct_payments where spending_department_name = ?", [two_years.RENAMED]
        ).fetchone()
        assert renamed == (True,)
        verdict = connection.execute(
            "select verdict from quality.source_status where source = ?", [two_years.PAYMENTS]
        ).fetchone()
        assert verdict is not None and verdict[0] in ("stale", "not_delivered")
        landed = home / "warehouse.duckdb"
    with duckdb.connect(str(landed), read_only=True) as connection:
        found = connection.execute(
            f"select metric, dimension, group_label, district, school, school_year from landing.{two_years.SCHOOLS}"
        ).fetchall()
    assert office.withdrawn and not office.withdrawn & set(found), "a row that the state has withdrawn is still there"


def every_published_figure_is_remembered(
    home: Path, published_figures: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]
) -> None:
    """Of each release the ledger has the figures of persons that it showed, and the releases that are kept show them still."""
    compared = 0
    for release_id, figures in published_figures.items():
        remembered = in_ledger(home, release_id)
        of_persons = {key: figure for key, figure in figures.items() if key in remembered}
        assert of_persons == {key: remembered[key] for key in of_persons}, f"the ledger has other figures than {release_id}"
        compared += len(of_persons)
        # the ledger has every figure of persons that was published
        measures = {key[0] for key in remembered}
        assert not [key for key in figures if key[0] in measures and key not in remembered], release_id
        folder = home / "releases" / release_id
        if folder.is_dir():
            assert json.loads((folder / "manifest.json").read_text())["release_id"] == release_id
            names = ", ".join((*GRAIN, *SHOWN))
            with duckdb.connect(str(folder / "levelground_public.duckdb"), read_only=True) as connection:
                current = connection.execute(f"select {names} from published.equity_measures").fetchall()
            assert {row[: len(GRAIN)]: row[len(GRAIN) :] for row in current} == figures
    assert compared > 0
