"""What a reader of two snapshots knows of a stock, and of pooled periods: the attack's side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest

from expectations.disclosure.forbidden_disclosures import forbidden_disclosures
from expectations.disclosure.inputs.audit_inputs import CellKey, Row
from tests.unit.expectations.disclosure.world import (
    attack,
    leaked_bounds,
    leaking,
    measure,
    publish,
    published_rows,
    slice_rows,
    snapshot,
    where,
)

STAFF = measure("composition", "staff")
STOCKS = ("staff.numerator",)
FIRST = {"black": (400, 0), "white": (600, 0), "asian": (5, 0), "hispanic": (14, 0)}


def _at(quarter: int, *races: str) -> set[CellKey]:
    return {snapshot(quarter, race) for race in races}


def _rows(second: dict[str, tuple[int, int]], first: dict[str, tuple[int, int]] = FIRST) -> list[Row]:
    return [*slice_rows(STAFF, snapshot(1), first), *slice_rows(STAFF, snapshot(2), second)]


def _attack(truth: list[Row], hidden: Iterable[CellKey], **also: object):  # type: ignore[no-untyped-def]
    return attack(publish(truth, hidden), truth, stocks=STOCKS, **also)  # type: ignore[arg-type]


def test_a_group_shown_in_the_next_snapshot_reveals_the_one_before() -> None:
    truth = _rows(FIRST | {"asian": (40, 0), "hispanic": (15, 0)})
    hidden = _at(1, "asian", "hispanic")
    found = _attack(truth, hidden)
    assert leaked_bounds(found) == [("asian", 5.0, 5.0)]
    assert not attack(publish(truth, hidden), truth).leaks  # as persons that are others each time
    assert not _attack(truth, hidden | _at(2, "asian", "hispanic")).leaks


def test_a_group_that_changed_by_the_threshold_reveals_nothing() -> None:
    truth = _rows(FIRST | {"asian": (40, 0), "hispanic": (25, 0)})
    assert not _attack(truth, _at(1, "asian", "hispanic")).leaks


def test_what_the_others_leave_over_counts_as_shown() -> None:
    truth = _rows(FIRST | {"asian": (40, 0), "hispanic": (15, 0)})
    assert leaking(_attack(truth, _at(1, "asian", "hispanic") | _at(2, "hispanic"))) == {
        ("staff.numerator", snapshot(1, "asian"))
    }


def test_an_earlier_snapshot_reveals_nothing_about_a_later_one() -> None:
    """That a group was eleven lets everybody expect ten: no release can take that back."""
    first = FIRST | {"asian": (11, 0), "hispanic": (30, 0)}
    truth = _rows(first | {"asian": (10, 0)}, first)
    assert not _attack(truth, _at(2, "asian", "hispanic")).leaks


def test_a_later_zero_reveals_nothing() -> None:
    truth = _rows({"black": (400, 0), "white": (600, 0), "asian": (0, 0), "hispanic": (60, 0)})
    assert not _attack(truth, _at(1, "asian", "hispanic")).leaks


def test_a_count_that_earlier_files_reveal_is_no_leak_of_today() -> None:
    truth = _rows(FIRST | {"asian": (13, 0), "hispanic": (90, 0)})
    out = publish(truth, _at(1, "asian", "hispanic"))
    before = [row for row in out if row.where.period_start == snapshot(2).period_start]
    found = _attack(truth, _at(1, "asian", "hispanic"), ledger=before)
    assert not found.leaks
    assert leaked_bounds(found, before=True) == [("asian", 5.0, 5.0)]


def test_a_second_snapshot_within_weeks_is_refused() -> None:
    early = snapshot(1)._replace(period_start=dt.date(2025, 2, 1))
    truth = [*slice_rows(STAFF, early, FIRST), *slice_rows(STAFF, snapshot(1), FIRST)]
    hidden = {at._replace(race=race) for at in (early, snapshot(1)) for race in ("asian", "hispanic")}
    out = publish(truth, hidden)
    assert {disclosure.what for disclosure in forbidden_disclosures(published_rows(out, stocks=STOCKS))} == {
        "a snapshot too near to another"
    }
    assert not list(forbidden_disclosures(published_rows(out)))
    late = [
        *slice_rows(STAFF, snapshot(1), FIRST),
        *slice_rows(STAFF, snapshot(2)._replace(period_start=dt.date(2025, 5, 1)), FIRST),
    ]
    assert {disclosure.what for disclosure in forbidden_disclosures(published_rows(publish(late), stocks=STOCKS))} == {
        "a snapshot too near to another"
    }
    # what is out already stays out
    assert not list(forbidden_disclosures(published_rows(out, ledger=out, stocks=STOCKS)))
    assert not list(
        forbidden_disclosures(published_rows(publish(_rows(FIRST), hidden | _at(2, "asian", "hispanic")), stocks=STOCKS))
    )


def _year(year: int, period_type: str = "year") -> CellKey:
    return where(period_type=period_type, period_start=dt.date(year, 1, 1))


LEAD = measure("proportion", "lead")


@pytest.mark.parametrize(("pool", "is_leaking"), [("3_year", True), ("multi_year", False)])
def test_a_pooled_period_is_the_sum_of_its_years(pool: str, is_leaking: bool) -> None:
    counts = [
        {"black": (30, 100), "white": (40, 300)},
        {"black": (20, 100), "white": (4, 300)},
        {"black": (25, 100), "white": (50, 300)},
    ]
    total = {race: tuple(map(sum, zip(*(one[race] for one in counts), strict=True))) for race in ("black", "white")}
    truth = [row for step, one in enumerate(counts) for row in slice_rows(LEAD, _year(2020 + step), one)]
    truth += slice_rows(LEAD, _year(2020, pool), total)  # type: ignore[arg-type]
    hidden = {_year(2021)._replace(race=race) for race in ("white", "black", "all")}
    found = attack(publish(truth, hidden), truth)
    assert (("lead.numerator", _year(2021)._replace(race="white")) in leaking(found)) is is_leaking


def test_pools_of_two_lengths_are_refused() -> None:
    counts = {"black": (300, 1000), "white": (400, 3000)}
    rows = [row for pool in ("3_year", "5_year") for row in slice_rows(LEAD, _year(2020, pool), counts)]
    assert {disclosure.what for disclosure in forbidden_disclosures(published_rows(publish(rows)))} == {
        "pooled periods that overlap"
    }
    assert not list(forbidden_disclosures(published_rows(publish(rows[: len(rows) // 2]))))
