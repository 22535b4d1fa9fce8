"""The sample year: no event where the clock has none, ascending arrivals, a row on the last day."""

from __future__ import annotations

import numpy as np

from ingest.sample.text import DAYS, MISSING_HOUR, arrivals, clock_words, day_words, rows_by_day, year_rhythm


def test_quiet_hours_have_no_event_and_others_have() -> None:
    many = 2_000_000
    hours = arrivals(np.random.default_rng(1), year_rhythm([MISSING_HOUR]), 0, many, many) // 3_600
    counts = np.bincount(hours, minlength=DAYS * 24)
    assert counts[MISSING_HOUR] == 0
    assert (np.delete(counts, MISSING_HOUR) > 0).all()
    assert len(counts) == DAYS * 24


def test_arrivals_ascend_also_from_one_call_to_the_next() -> None:
    rng, rhythm = np.random.default_rng(1), year_rhythm()
    seconds = np.concatenate([arrivals(rng, rhythm, start, start + 1_000, 10_000) for start in range(0, 10_000, 1_000)])
    assert (np.diff(seconds) >= 0).all()
    assert seconds[0] < 86_400
    assert seconds[-1] >= (DAYS - 1) * 86_400


def test_the_clock_reads_as_people_write_it() -> None:
    twelve, twenty_four = clock_words("%I:%M:%S %p ,").to_pylist(), clock_words("%H:%M:%S").to_pylist()
    noon = 12 * 3_600
    assert [twelve[at] for at in (0, 59, 3_600, noon, noon + 3_661, 86_399)] == [
        "12:00:00 AM ,", "12:00:59 AM ,", "01:00:00 AM ,", "12:00:00 PM ,", "01:01:01 PM ,", "11:59:59 PM ,",
    ]  # fmt: skip
    assert [twenty_four[at] for at in (0, noon + 3_661, 86_399)] == ["00:00:00", "13:01:01", "23:59:59"]
    assert len(set(twelve)) == len(set(twenty_four)) == 86_400


def test_days_are_those_of_the_year() -> None:
    days = day_words("%Y-%m-%d").to_pylist()
    assert (days[0], days[-1], len(days)) == ("2025-01-01", "2025-12-31", 365)


def test_rows_are_shared_out_to_the_last_one_and_the_last_day_has_one() -> None:
    weights = np.array([5.0, 3.0, 2.0, 0.001])
    for total in (1, 7, 1_000):
        counts = rows_by_day(total, weights)
        assert counts.sum() == total
        assert counts[-1] == 1
        assert (counts >= 0).all()
