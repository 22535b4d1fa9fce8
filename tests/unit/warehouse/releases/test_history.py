"""Which releases stay, and going back to one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from tests.support.published_files import sealed
from warehouse.paths import Home
from warehouse.releases import (
    LabelTaken,
    Manifest,
    PinsDamaged,
    ReleaseCorrupt,
    ReleaseDiscloses,
    UnknownRelease,
    current,
    find,
    known_releases,
    list_releases,
    pin,
    pins,
    prune,
    rollback,
    swap,
    unpinned_quarters,
    verify,
)

MakeRelease = Callable[[int], Manifest]


def test_releases_are_listed_newest_first_with_what_is_current_and_pinned(home: Home, make_release: MakeRelease) -> None:
    assert list_releases(home) == []
    one, two, three = make_release(1), make_release(2), make_release(3)
    swap(home, two.release_id)
    pin(home, one.release_id, "before the 2026 budget")
    pin(home, two.release_id)
    releases = [(listed.manifest, listed.is_current, listed.pin) for listed in list_releases(home)]
    assert releases == [(three, False, None), (two, True, ""), (one, False, "before the 2026 budget")]


def test_damage_does_not_hide_the_list(home: Home, make_release: MakeRelease) -> None:
    one, two = make_release(1), make_release(2)
    swap(home, two.release_id)
    (home.release(one.release_id) / "manifest.json").write_text("")
    home.current_json.write_text("")
    listed = [(listed.release_id, listed.manifest, listed.is_current) for listed in list_releases(home)]
    assert listed == [(two.release_id, two, False), (one.release_id, None, False)]


def test_rollback_publishes_an_earlier_release_and_forward_again(home: Home, make_release: MakeRelease) -> None:
    one, two = make_release(1), make_release(2)
    swap(home, two.release_id)
    assert rollback(home, one.release_id).release_id == one.release_id
    assert home.published_analyst.samefile(home.release(one.release_id) / "levelground.duckdb")
    assert rollback(home, two.release_id) == current(home)
    with pytest.raises(UnknownRelease, match=f"known: {one.release_id}, {two.release_id}"):
        rollback(home, "latest")


def test_a_release_with_exact_medians_of_persons_is_not_published_again(home: Home) -> None:
    """A bin of 1,000 USD: 54,123 is one employee's pay, 54,000 is not."""
    grids = "create table release.reference.order_statistics as select 'pay_median' as measure_id, 1000.0 as grid"
    figures = (
        "create table public.published.equity_measures as select 'pay_median' as measure_id, {} as value, null as {}, null as {}"
    )
    exact, rounded = (
        sealed(home, rows, f"create schema release.reference; {grids}; {figures.format(pay, 'ci_low', 'ci_high')}")
        for rows, pay in ((1, 54_123.0), (2, 54_000.0))
    )
    swap(home, rounded.release_id)
    with pytest.raises(ReleaseDiscloses, match=r"medians of pay_median are exact .* `levelground run` makes a new release"):
        rollback(home, exact.release_id)
    published = current(home)
    assert published is not None
    assert published.release_id == rounded.release_id
    assert rollback(home, rounded.release_id).release_id == rounded.release_id


def test_a_pin_is_of_a_known_release_that_is_whole(home: Home, make_release: MakeRelease) -> None:
    one, two = make_release(1), make_release(2)
    assert one.release_id not in pins(home)
    pin(home, one.release_id, " council, 2025-12-01 ")
    assert one.release_id in pins(home)
    assert pins(home) == {one.release_id: "council, 2025-12-01"}
    with pytest.raises(UnknownRelease):
        pin(home, "20240101T000000Z-00000000")
    (home.release(two.release_id) / "levelground.duckdb").unlink()
    with pytest.raises(ReleaseCorrupt):
        pin(home, two.release_id, "2025Q4")
    assert two.release_id not in pins(home)


def test_a_label_belongs_to_one_release_for_ever(home: Home, make_release: MakeRelease) -> None:
    one, two = make_release(1), make_release(2)
    pin(home, one.release_id)
    pin(home, one.release_id, "2025Q3")
    pin(home, one.release_id, "2025Q3")
    pin(home, one.release_id)
    assert pins(home) == {one.release_id: "2025Q3"}
    with pytest.raises(LabelTaken, match=f"belongs to release {one.release_id}"):
        pin(home, two.release_id, "2025q3")
    with pytest.raises(LabelTaken, match="has the label '2025Q3'"):
        pin(home, one.release_id, "2025Q4")
    assert pins(home) == {one.release_id: "2025Q3"}


@pytest.mark.parametrize("label", ["x" * 61, "two\nlines", "20250930T000000Z-1a2b3c4d", "current"])
def test_a_text_with_another_meaning_is_no_label(home: Home, make_release: MakeRelease, label: str) -> None:
    one = make_release(1)
    with pytest.raises(ValueError, match="is no label"):
        pin(home, one.release_id, label)
    assert pins(home) == {}


def test_a_release_is_found_by_its_id_its_label_and_as_the_current_one(home: Home, make_release: MakeRelease) -> None:
    one, two = make_release(1), make_release(2)
    pin(home, one.release_id, "2025Q3")
    swap(home, two.release_id)
    assert find(home, one.release_id) == find(home, "2025Q3") == find(home, "2025q3") == one.release_id
    assert find(home, "current") == two.release_id
    with pytest.raises(UnknownRelease, match="2025Q3"):
        find(home, "2025Q4")
    with pytest.raises(UnknownRelease):
        find(home, "")


def test_a_pinned_release_stays_as_it_was_whatever_comes_after(home: Home, make_release: MakeRelease) -> None:
    def bytes_of(release_id: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in home.release(release_id).rglob("*") if path.is_file()}

    reported = make_release(1)
    swap(home, reported.release_id)
    pin(home, reported.release_id, "2025Q3")
    before = bytes_of(reported.release_id)
    for rows in range(2, 6):
        swap(home, make_release(rows).release_id)
        prune(home, keep=1)
    assert len(known_releases(home)) == 2
    assert bytes_of(reported.release_id) == before
    assert verify(home, find(home, "2025Q3")) == reported
    rollback(home, reported.release_id)
    assert bytes_of(reported.release_id) == before


def test_prune_keeps_the_newest_the_pinned_and_the_published(home: Home, make_release: MakeRelease) -> None:
    release_ids = [make_release(rows).release_id for rows in range(1, 7)]
    pin(home, release_ids[0])
    swap(home, release_ids[2])
    assert prune(home, keep=2) == [release_ids[1], release_ids[3]]
    assert known_releases(home) == [release_ids[0], release_ids[2], release_ids[4], release_ids[5]]
    assert prune(home, keep=2) == []
    assert [path.name for path in home.releases.iterdir() if path.name.startswith(".")] == []


def test_prune_refuses_to_keep_nothing_and_to_guess_what_is_published(home: Home, make_release: MakeRelease) -> None:
    one, two = make_release(1), make_release(2)
    swap(home, one.release_id)
    with pytest.raises(ValueError, match="at least one"):
        prune(home, keep=0)
    home.current_json.write_text("")
    with pytest.raises(ReleaseCorrupt):
        prune(home, keep=1)
    assert known_releases(home) == [one.release_id, two.release_id]


@pytest.mark.parametrize("damage", [b"", b'{"2025', b"no JSON", b"[]", b"42", b"\xff\x00"])
def test_a_damaged_list_of_pins_deletes_nothing_and_names_itself(home: Home, make_release: MakeRelease, damage: bytes) -> None:
    release_ids = [make_release(day).release_id for day in range(1, 4)]
    swap(home, release_ids[-1])
    pin(home, release_ids[0], "report")
    home.pins.write_bytes(damage)
    assert prune(home, 1) == []
    assert known_releases(home) == release_ids
    for action in (lambda: list_releases(home), lambda: pin(home, release_ids[1]), lambda: find(home, "report")):
        with pytest.raises(PinsDamaged, match=f"{home.pins} cannot be read.*pin the releases again"):
            action()
    assert find(home, release_ids[0]) == release_ids[0]
    home.pins.unlink()
    pin(home, release_ids[0], "report")
    assert prune(home, 1) == [release_ids[1]]


def test_a_past_quarter_without_a_pin_is_named_with_the_releases_that_are_left(home: Home) -> None:
    """Of 2026 Q1 one release is pinned, Q2 has a label of a later release; Q3 has two releases, and 14 are kept."""
    ids = [f"{day}T040000Z-0000000{n}" for n, day in enumerate(("20260210", "20260520", "20260701", "20260930", "20261002"))]
    for release_id in ids:
        home.release(release_id).mkdir(parents=True)
    home.pins.write_text(json.dumps({ids[0]: "", ids[4]: "Report of 2026-Q2"}))
    now = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    (found,) = unpinned_quarters(home, 14, now)
    assert (found.quarter, found.release_id, found.releases_left) == ("2026Q3", ids[3], 13)
    assert f"`levelground releases pin {ids[3]} --label 2026Q3`" in found.sentence
    assert unpinned_quarters(home, 2, now)[0].sentence.startswith("2026Q3 has no pinned release, and the next release deletes")
    assert unpinned_quarters(home, 14, dt.datetime(2026, 9, 30, tzinfo=dt.UTC)) == [], "the quarter is not over"
