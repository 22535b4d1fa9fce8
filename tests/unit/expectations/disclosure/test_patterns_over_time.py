"""What readers learn from several releases: earlier figures, corrections and rollbacks.

See `test_patterns` for what one release reveals.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.forbidden_disclosures import forbidden_disclosures
from expectations.disclosure.inputs.audit_inputs import Row
from expectations.disclosure.release_differencing import small_changes
from tests.unit.expectations.disclosure.world import (
    attack,
    leaking,
    measure,
    month,
    publish,
    published_rows,
    quarter,
    slice_rows,
    where,
)

STOPS = measure("composition", "stops")
SEARCHED = measure("proportion", "searched")


def what_is_refused(published: tuple[Row, ...], **also: object) -> set[str]:
    return {disclosure.what for disclosure in forbidden_disclosures(replace(published_rows(published), **also))}


def test_two_nights_that_hide_different_cells_hide_none() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0)})
    first = publish(truth, [where("black"), where("asian")])
    second = publish(truth, [where("black"), where("white")])
    assert not attack(first, truth).leaks
    assert not attack(second, truth).leaks
    assert leaking(attack(second, truth, ledger=first)) == {("stops.numerator", where("black"))}
    assert not attack(first, truth, ledger=first).leaks


def test_a_correction_by_few_persons_reveals_them() -> None:
    before = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0)})
    after = slice_rows(STOPS, where(), {"black": (53, 0), "white": (100, 0)})
    many = slice_rows(STOPS, where(), {"black": (65, 0), "white": (100, 0)})

    def changed(now: list[Row]) -> set[str]:
        published = published_rows(publish(now), ledger=publish(before))
        return {at.race for _, at in small_changes(build_attacker_model(published, now), published)}

    assert changed(after) >= {"all", "black"}
    assert "black" not in changed(before)
    assert "black" not in changed(many)


def _black(count: int) -> list[Row]:
    return slice_rows(STOPS, where(), {"black": (count, 0), "white": (500, 0)})


def _changed(states: list[int], now: int) -> set[str]:
    ledger = [row._replace(release=str(night)) for night, count in enumerate(states) for row in publish(_black(count))]
    published = published_rows(publish(_black(now)), ledger=ledger)
    return {at.race for _, at in small_changes(build_attacker_model(published, _black(now)), published)}


def test_two_large_corrections_reveal_the_small_difference_between_the_first_and_the_last() -> None:
    """224, then 236, then 225: each correction is of 11 or more, and the first and the last figure differ by one."""
    assert _changed([224, 236], 225) >= {"black", "all"}
    assert not _changed([224, 236], 236)
    assert not _changed([224, 236], 224)
    assert not _changed([224, 236], 247)


def test_what_the_last_release_revealed_blocks_no_later_one() -> None:
    assert not _changed([224, 236, 225], 225)
    assert "black" in _changed([224, 236, 225], 235)


def test_a_correction_in_a_hidden_cell_is_the_whole_change_less_those_shown() -> None:
    before = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "asian": (30, 0)})
    after = slice_rows(STOPS, where(), {"black": (50, 0), "white": (120, 0), "asian": (34, 0)})
    hidden = [where("black"), where("asian")]
    published = published_rows(
        publish(after, hidden, unknown_hidden=[where()]), ledger=publish(before, hidden, unknown_hidden=[where()])
    )
    # the two hidden groups are known to have grown by four together (all but white), neither alone
    assert {at.race for _, at in small_changes(build_attacker_model(published, after), published)} == {"white"}
    published = published_rows(publish(after, [where("asian")]), ledger=publish(before, [where("asian")]))
    assert ("stops.numerator", where("asian")) in set(small_changes(build_attacker_model(published, after), published))


def test_an_earlier_figure_that_has_changed_reveals_nothing_about_today() -> None:
    before = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "asian": (30, 0)})
    after = slice_rows(STOPS, where(), {"black": (8, 0), "white": (100, 0), "asian": (30, 0)})
    hidden = [where("black"), where("asian")]
    found = attack(publish(after, hidden), after, ledger=publish(before))
    # white and asian are what they were, and asian was out: what is left is black
    assert leaking(found) == {("stops.numerator", where("black"))}
    moved = slice_rows(STOPS, where(), {"black": (8, 0), "white": (140, 0), "asian": (60, 0)})
    assert not attack(publish(moved, hidden), moved, ledger=publish(before)).leaks


def test_what_a_rollback_takes_back_is_still_known() -> None:
    truth = slice_rows(STOPS, where(), {"black": (5, 0), "white": (100, 0), "asian": (30, 0)})
    first = publish(truth, [where("black"), where("asian")])
    taken_back = publish(truth, [where("black"), where("white")])
    found = attack(first, truth, ledger=(*first, *taken_back))
    # both files are published, so no later release makes it worse or better
    assert not found.leaks
    assert {leak.where.race for leak in found.leaked_before} == {"black"}


def test_a_threshold_that_was_raised_does_not_block_for_ever() -> None:
    strict = replace(STOPS, threshold=30)
    truth = slice_rows(strict, where(), {"black": (25, 0), "white": (100, 0), "asian": (60, 0)})
    published = publish(truth)
    assert {leak.where.race for leak in attack(published, truth).leaks} == {"black"}
    found = attack(published, truth, ledger=published)
    assert not found.leaks
    assert {leak.where.race for leak in found.leaked_before} == {"black"}


def test_a_period_that_is_not_out_may_hold_anything() -> None:
    slices = {month(1): {"black": (30, 0), "white": (50, 0)}, month(2): {"black": (40, 0), "white": (50, 0)}}
    slices[quarter(1)] = {"black": (77, 0), "white": (300, 0)}
    truth = [row for at, counts in slices.items() for row in slice_rows(STOPS, at, counts)]
    found = attack(publish(truth), truth)
    assert {at.period_type for _, at in leaking(found)} == {"(months of the quarter that are not published)"}


def test_a_day_without_a_published_figure_is_not_a_leak() -> None:
    """Where the table is wide open, nothing is found: no rule here fires on everything."""
    truth = slice_rows(SEARCHED, where(), {"black": (60, 200), "white": (50, 300), "declined": (20, 40)}, reference="white")
    found = attack(publish(truth), truth, ledger=publish(truth))
    assert (found.leaks, found.leaked_before, found.contradictions, found.fractions) == ((), (), (), ())
    assert not what_is_refused(publish(truth))
    assert isinstance(where().period_start, dt.date)


def test_figures_of_an_earlier_day_are_held_against_the_known_races_of_that_day() -> None:
    """A correction waits; a race that is never out has no figure of then, and today's is another one."""
    earlier = slice_rows(STOPS, where(), {"black": (50, 0), "white": (100, 0), "asian": (40, 0), "declined": (30, 0)})
    out = [row for row in publish(earlier) if row.where.race != "asian"]
    mixed = [row if row.where.race != "asian" else row._replace(figures=row.figures | {"numerator": 43.0}) for row in earlier]
    assert build_attacker_model(published_rows(out), mixed).contradictions
    assert not build_attacker_model(published_rows(out), mixed, {(STOPS.numerator, where()): 190.0}).contradictions
