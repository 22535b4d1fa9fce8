"""Wrong figures of persons are replaced before the quarter turns, or the run says why not and what to do."""

from __future__ import annotations

from datetime import date

import pytest

from tests.stress import three_years
from tests.stress.test_three_years import Years, years

__all__ = ["years"]
FIRST, LATE, FEW = date(2025, 1, 1), 30, 3
WHY = "Stops were entered late."
SAID = "Three stops of the first quarter are missing."


@pytest.mark.timeout(2 * 3600)
def test_stops_that_were_entered_late_are_counted_before_the_quarter_turns(years: Years) -> None:
    office = years.office
    years.run("2026-02-10")
    black, everyone = (years.counted("stops_by_race", "quarter", race)[FIRST] for race in ("black", "all"))
    others = {period: number for period, number in years.counted("stops_by_race", "quarter", "black").items() if period != FIRST}
    years.edition("2025Q4")

    # they wait for the quarter, unless the office asks
    office.more_stops("Black", LATE, "2025-02-10")
    years.run("2026-02-20")
    assert years.counted("stops_by_race", "quarter", "black")[FIRST] == black
    years.command("corrections", "urgent", three_years.STOPS, "--year", "2025", "--why", WHY)
    years.run("2026-02-21")
    assert years.last_notes() == [], "the audit has nothing against it"
    assert years.counted("stops_by_race", "quarter", "black") == others | {FIRST: black + LATE}
    assert years.counted("stops_by_race", "quarter")[FIRST] == everyone + LATE
    [(printed, now)] = years.query(
        "select edition_value, value from published.as_reported_editions where edition = '2025Q4' and period_start = ? and "
        "measure_id = 'stops_by_race' and period_type = 'quarter' and race_ethnicity_code = 'black' and stratum_type = 'all'",
        FIRST,
    )
    assert (printed, now) == pytest.approx((100 * black / everyone, 100 * (black + LATE) / (everyone + LATE)))

    # three more would be found by subtraction: the figures stay, and the office can say what is wrong
    office.more_stops("Black", FEW, "2025-03-10")
    years.command("corrections", "urgent", three_years.STOPS, "--year", "2025", "--why", WHY)
    years.run("2026-02-23")
    assert years.counted("stops_by_race", "quarter", "black")[FIRST] == black + LATE
    (note,) = years.last_notes()
    assert "would change a count by fewer persons than its threshold" in note and "`levelground corrections add" in note
    words = ("--edition", "2025Q4", "--measure", "stops_by_race", "--severity", "minor", "--text", SAID)
    years.command("corrections", "add", *words)
    years.run("2026-02-24")
    assert years.query("select what from published.corrections where said_by_office") == [(SAID,)]
    assert SAID in years.page("measures/stops_by_race.html") and SAID in years.page("corrections.html")

    # nor does the quarter take three persons over: with nine more it does
    assert "has the same content" in years.try_run("2026-04-03", 0, 4)
    assert years.counted("stops_by_race", "quarter", "black")[FIRST] == black + LATE
    office.more_stops("Black", 9, "2025-03-11")
    years.run("2026-04-04")
    assert years.counted("stops_by_race", "quarter", "black")[FIRST] == black + LATE + FEW + 9
    assert years.counted("stops_by_race", "quarter")[FIRST] == everyone + LATE + FEW + 9
