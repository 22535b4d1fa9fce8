"""Figures stay as they were reported, corrections wait for a quarter and are accepted only where they identify no person."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping, Sequence

import duckdb
import pytest

from warehouse.disclosure import publish_ledger, restore_ledger, suppress, write_ledger
from warehouse.disclosure.states.reported_figures import REPORTED, Urgent
from warehouse.paths import Home

JANUARY, FEBRUARY, WHOLE = ("month", "2024-01-01"), ("month", "2024-02-01"), ("quarter", "2024-01-01")
Cells = Mapping[tuple[str, str], Mapping[str, int]]
FIRST: Cells = {
    JANUARY: {"black": 60, "white": 80, "asian": 4, "hispanic": 30},
    FEBRUARY: {"black": 50, "white": 70, "hispanic": 40},
}


def _night(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    cells: Cells,
    as_of: str,
    is_published: bool = True,
    kept_from: Mapping[str, dt.date] | None = None,
    urgent: Sequence[Urgent] = (),
) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """One run over what is counted; by period and race: the count that is out, whether it waits, why it is hidden.

    One that is not published has come as far as its candidate.
    """
    con.execute("delete from intermediate.int_disclosure__planned")
    for (period_type, start), races in cells.items():
        total = sum(races.values())
        months = {"month": 1, "quarter": 3}[period_type]
        for race, number in (*races.items(), ("all", total)):
            con.execute(
                f"""
                insert into intermediate.int_disclosure__planned
                select 'stops', 1, ?, ?, ?::date + interval {months} months - interval 1 day, 'city', 'current', '5553000',
                    'spd15_2024', ?, 'exclusive', 'individual', 'all', 'all', 'computed', 'reliable', ?, ?, 100.0 * ? / ?, 11,
                    false, 'composition', 20, 'stops', 'stops', null, ?, ?, null, null, true, null, null, null
                """,
                [period_type, start, start, race, number, total, number, total, total, total],
            )
    suppress(con, home.reported, dt.datetime.fromisoformat(as_of), ledger=home.ledger, kept_from=kept_from, urgent=urgent)
    con.execute(
        f"create or replace table public.published.equity_measures as select * exclude (hidden_because, reported_at, is_settled) "
        f"replace (case when hidden_because is null then numerator end as numerator) from {REPORTED}"
    )
    moment = dt.datetime.fromisoformat(as_of)
    folder = home.release(f"{moment:%Y%m%dT%H%M%SZ}-00000000")
    folder.mkdir()
    write_ledger(con, home, folder, release_id=folder.name, published_at=moment)
    if is_published:
        publish_ledger(home, folder.name)
    else:
        shutil.rmtree(folder)
    rows = con.execute(
        "select period_type, period_start::varchar, race_ethnicity_code, numerator, is_revision_pending, hidden_because "
        f"from {REPORTED} order by all"
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


def _with(period: tuple[str, str], **races: int) -> Cells:
    return {**FIRST, period: {**FIRST[period], **races}}


def test_a_night_without_news_reports_the_same(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    first = _night(con, home, FIRST, "2024-04-05")
    ledger = home.ledger.read_bytes()
    assert first[*JANUARY, "asian"] == (4.0, False, "primary")
    assert first[*JANUARY, "hispanic"] == (30.0, False, "secondary")
    assert _night(con, home, FIRST, "2024-04-06") == first
    rows = duckdb.sql(f"select count(*), count(distinct release_id) from read_parquet('{home.ledger}')").fetchone()
    assert rows == (len(first), 1)
    assert ledger[:4] == b"PAR1"
    assert {file.stat().st_mode & 0o777 for file in home.disclosure.iterdir()} == {0o600}


def test_published_shares_of_unknown_race_are_published_again(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    reported = []
    for as_of in ("2024-04-05", "2024-04-06"):
        _night(con, home, {JANUARY: {"asian": 80, "black": 60, "hispanic": 30, "white": 4}}, as_of)
        reported.append(con.execute(f"select race_ethnicity_code, shows_unknown from {REPORTED} order by all").fetchall())
    assert ("all", True) in reported[0]
    assert ("white", False) in reported[0]
    assert reported[1] == reported[0]


def test_a_correction_waits_and_is_marked_as_pending(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _night(con, home, FIRST, "2024-04-05")
    later = _night(con, home, _with(JANUARY, black=63), "2024-04-20")
    assert later[*JANUARY, "black"] == (60.0, True, None)
    assert later[*JANUARY, "all"] == (174.0, True, None)
    assert later[*JANUARY, "white"][:2] == (80.0, True)  # its share is of all
    assert later[*FEBRUARY, "black"] == (50.0, False, None)


@pytest.mark.parametrize(("is_frozen", "bounds_now"), [("true", (1.5, 2.5, "unknown_race")), ("null", (None, None, None))])
def test_bounds_of_an_earlier_version_are_left_empty_where_a_slice_waits(
    con: duckdb.DuckDBPyConnection, home: Home, is_frozen: str, bounds_now: tuple[object, ...]
) -> None:
    """It may have computed them by another formula, which the audit would find to contradict the counts."""
    _night(con, home, FIRST, "2024-04-05")
    columns = {name for name, *_ in con.execute(f"describe {REPORTED}").fetchall()}
    published = {"bound_low": "1.5", "bound_high": "2.5", "bound_source": "'unknown_race'"}
    without = f"exclude ({', '.join(columns & published.keys())})" if columns & published.keys() else ""
    bounds = ", ".join(f"{value} as {name}" for name, value in published.items())
    frozen = f"replace ({is_frozen}::boolean as is_frozen)"
    con.execute(f"create table with_bounds as select * {without} {frozen}, {bounds} from '{home.reported}'")
    con.execute(f"copy with_bounds to '{home.reported}' (format parquet)")
    _night(con, home, _with(JANUARY, black=61), "2024-04-06")
    found = con.execute(
        f"select distinct bound_low, bound_high, bound_source from {REPORTED} where period_start = '{JANUARY[1]}'"
    )
    assert found.fetchall() == [bounds_now]


def test_what_a_killed_run_never_published_is_not_frozen(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Neither on the first night of all, nor a month that was new that night."""
    _night(con, home, _with(JANUARY, black=90), "2024-04-04", is_published=False)
    assert _night(con, home, FIRST, "2024-04-05")[*JANUARY, "black"] == (60.0, False, None)
    ledger = home.ledger.read_bytes()
    march = ("month", "2024-03-01")
    _night(con, home, {**FIRST, march: {"black": 70, "white": 75}}, "2024-05-05", is_published=False)
    assert home.ledger.read_bytes() == ledger
    assert _night(con, home, {**FIRST, march: {"black": 55, "white": 75}}, "2024-05-06")[*march, "black"] == (55.0, False, None)


def test_a_group_that_is_new_in_a_reported_month_waits_too(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _night(con, home, FIRST, "2024-04-05")
    later = _night(con, home, _with(FEBRUARY, asian=2), "2024-04-20")
    assert (*FEBRUARY, "asian") not in later
    assert later[*FEBRUARY, "all"] == (160.0, True, None)


@pytest.mark.parametrize(("more", "taken_over"), [(3, False), (40, True)])
def test_a_new_quarter_accepts_corrections_that_reveal_no_small_count(
    con: duckdb.DuckDBPyConnection, home: Home, more: int, taken_over: bool
) -> None:
    _night(con, home, FIRST, "2024-04-05")
    corrected = _with(JANUARY, black=60 + more)
    assert _night(con, home, corrected, "2024-06-30")[*JANUARY, "black"][:2] == (60.0, True)
    revised = _night(con, home, corrected, "2024-07-01")
    assert revised[*JANUARY, "black"][:2] == ((60.0 + more, False) if taken_over else (60.0, True))
    assert revised[*JANUARY, "asian"][2] == "primary"


@pytest.mark.parametrize(("third", "figure"), [(225, 236.0), (223, 236.0), (224, 224.0), (247, 247.0), (213, 213.0)])
def test_a_correction_is_compared_with_every_published_state(
    con: duckdb.DuckDBPyConnection, home: Home, third: int, figure: float
) -> None:
    """224, then 236: both corrections of 11 or more. 225 would be 11 less than the last figure, and one more than the first."""
    first = {JANUARY: {"black": 224, "white": 80, "hispanic": 30}}
    _night(con, home, first, "2024-04-05")
    assert _night(con, home, _corrected(first, 236), "2024-07-01")[*JANUARY, "black"][:2] == (236.0, False)
    last = _night(con, home, _corrected(first, third), "2024-10-01")
    assert last[*JANUARY, "black"][:2] == (figure, figure != third)


def _corrected(cells: Cells, black: int) -> Cells:
    return {JANUARY: {**cells[JANUARY], "black": black}}


def test_a_quarter_that_would_reveal_a_correction_is_not_published(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    march = {("month", "2024-03-01"): {"black": 55, "white": 75, "hispanic": 45}}
    _night(con, home, {**FIRST, **march}, "2024-05-05")
    corrected = {**_with(JANUARY, black=63), **march}
    whole = {race: sum(cells.get(race, 0) for cells in corrected.values()) for race in ("black", "white", "asian", "hispanic")}
    later = _night(con, home, {**corrected, WHOLE: whole}, "2024-05-20")
    assert not any(period == WHOLE[0] for period, _, _ in later)


def test_a_ledger_with_other_columns_is_continued(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    first = _night(con, home, FIRST, "2024-04-05")
    con.execute(f"create table older as select * exclude (reliability, kind), 1 as dropped from read_parquet('{home.ledger}')")
    con.execute(f"copy older to '{home.ledger}' (format parquet)")
    assert _night(con, home, FIRST, "2024-04-06") == first
    columns = [name for name, *_ in duckdb.sql(f"describe from read_parquet('{home.ledger}')").fetchall()]
    assert {"reliability", "kind", "dropped"} <= set(columns)


def test_what_is_lost_comes_back_from_the_newest_release(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    first = _night(con, home, FIRST, "2024-04-05")
    home.ledger.unlink()
    home.reported.write_bytes(b"cut off")
    assert len(restore_ledger(home)) == 2
    assert home.reported.stat().st_mode & 0o777 == 0o600
    assert _night(con, home, _with(JANUARY, black=63), "2024-04-20")[*JANUARY, "black"] == (60.0, True, None)
    assert restore_ledger(home) == []
    assert first[*JANUARY, "asian"][0] == 4.0


def test_a_period_whose_records_may_not_be_kept_stays_as_reported(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """All records of January are gone, and later all of the source: neither is a correction, whatever the quarter."""
    first = _night(con, home, FIRST, "2024-04-05")
    kept_from = {"police": dt.date(2024, 2, 1)}
    later = _night(con, home, {FEBRUARY: FIRST[FEBRUARY]}, "2024-08-05", kept_from=kept_from)
    none_left = _night(con, home, {}, "2024-12-05", kept_from={"police": dt.date(2024, 3, 1)})
    for figures, frozen in ((later, (JANUARY,)), (none_left, (JANUARY, FEBRUARY))):
        assert figures.keys() == first.keys()
        for key, (count, awaits_revision, why) in figures.items():
            assert (count, why) == (first[key][0], first[key][2])
            assert awaits_revision == (key[:2] in frozen)


ASKED = (Urgent("police", 2024, dt.datetime(2024, 4, 6)),)


@pytest.mark.parametrize(
    ("urgent", "black", "reported"),
    [
        ((), 72, 60.0),
        (ASKED, 72, 72.0),  # 12 persons more: at least the threshold of 11
        (ASKED, 63, 60.0),  # 3 persons more would be found by subtraction
        ((Urgent("police", 2023, dt.datetime(2024, 4, 6)),), 72, 60.0),
        ((Urgent("fire", 2024, dt.datetime(2024, 4, 6)),), 72, 60.0),
        # asked for before the figures were reported: they are not those that were wrong
        ((Urgent("police", 2024, dt.datetime(2024, 4, 4)),), 72, 60.0),
    ],
    ids=["not asked for", "asked for", "small", "another year", "another source", "before the report"],
)
def test_an_urgent_correction_does_not_wait_for_the_quarter(
    con: duckdb.DuckDBPyConnection, home: Home, urgent: Sequence[Urgent], black: int, reported: float
) -> None:
    _night(con, home, FIRST, "2024-04-05")
    night = _night(con, home, _with(JANUARY, black=black), "2024-04-07", urgent=urgent)
    assert night[*JANUARY, "black"][:2] == (reported, reported == 60.0)


def test_an_urgent_correction_without_right_records_is_asked_for_in_vain(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    _night(con, home, FIRST, "2024-04-05")
    night = dt.datetime(2024, 4, 7)
    assert suppress(con, home.reported, night, ledger=home.ledger, urgent=ASKED).idle_revisions == ASKED
    con.execute(
        "update intermediate.int_disclosure__planned set numerator = numerator + 12 where period_start = '2024-01-01' "
        "and race_ethnicity_code in ('all', 'black')"
    )
    assert suppress(con, home.reported, night, ledger=home.ledger, urgent=ASKED).idle_revisions == ()


def test_an_urgent_correction_is_compared_with_every_published_state(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """60, 72, then 61: 11 from the last state, and one person from the first. 60 again is no difference to anyone."""
    _night(con, home, FIRST, "2024-04-05")
    assert _night(con, home, _with(JANUARY, black=72), "2024-04-07", urgent=ASKED)[*JANUARY, "black"][0] == 72.0
    again = (Urgent("police", 2024, dt.datetime(2024, 4, 7)),)
    assert _night(con, home, _with(JANUARY, black=61), "2024-04-08", urgent=again)[*JANUARY, "black"][0] == 72.0
    assert _night(con, home, FIRST, "2024-04-09", urgent=again)[*JANUARY, "black"][0] == 60.0
    # once replaced, it is not asked for any more
    assert _night(con, home, _with(JANUARY, black=72), "2024-04-10", urgent=again)[*JANUARY, "black"][0] == 60.0


QUARTER = [("month", f"2024-0{month}-01") for month in (1, 2, 3)]


def _quarter_of(*months: Mapping[str, int]) -> Cells:
    whole = {race: sum(month[race] for month in months) for race in months[0]}
    return dict(zip(QUARTER, months, strict=True)) | {WHOLE: whole}


def test_a_revision_does_not_show_what_an_earlier_pattern_protects_with(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Readers have the months that stay as they are: a pattern that hides another month instead would give the small count away.

    The 4 of January are the quarter less February and March.
    """
    months = [
        {"black": 60, "white": 80, "asian": 4, "hispanic": 30},
        {"black": 65, "white": 85, "asian": 20, "hispanic": 35},
        {"black": 70, "white": 90, "asian": 26, "hispanic": 38},
    ]
    first = _night(con, home, _quarter_of(*months), "2024-05-05")
    asked = [Urgent("police", 2024, dt.datetime(2024, 5, 5))]
    corrected = [months[0], months[1] | {"asian": 520, "hispanic": 935}, months[2]]
    later = _night(con, home, _quarter_of(*corrected), "2024-05-06", urgent=asked)
    assert later[*QUARTER[1], "black"][:2] == (65.0, False) and later[*QUARTER[1], "all"][:2] == (1605.0, False)
    for race in ("asian", "hispanic"):
        known = {
            period: later[*period, race][2] is None or (period == QUARTER[2] and first[*period, race][2] is None)
            for period in (*QUARTER, WHOLE)
        }
        assert not known[QUARTER[0]], "January is hidden"
        assert not all(known[period] for period in (*QUARTER[1:], WHOLE)), f"{race}: January can be computed"
