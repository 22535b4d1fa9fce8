"""Of several files in one delivery the newest release of each partition is taken, whatever the files are called."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract import Contract
from ingest.landing import ensure_tables, find_rival_files
from ingest.landing.releases import rank_files
from tests.support.fuzzing import number_of_examples

MakeContract = Callable[..., Contract]
NewWarehouse = Callable[[], AbstractContextManager[Any]]
ZONE = "America/Chicago"
COLUMNS = [
    {"name": "year", "type": "integer", "required": True},
    {"name": "school", "required": True},
    {"name": "released_on", "type": "date"},
    {"name": "students", "type": "integer"},
]
LOAD: dict[str, Any] = {"mode": "replace_partition", "partition_by": ["year"], "key": ["school"], "duplicates": "drop_exact"}
DATED = {"release": {"file_name": r"released_(\d{4})-(\d{1,2})"}}


def csv_of(*records: str) -> str:
    return "\n".join(["year,school,released_on,students", *records, ""])


FIRST = csv_of("2024,A,,10", "2024,B,,20", "2025,A,,11", "2025,B,,21")
# of 2025 the publisher withdraws B and corrects A
SECOND = csv_of("2025,A,,12")
NEWEST = [("2024", "A", "10"), ("2024", "B", "20"), ("2025", "A", "12")]


@pytest.fixture
def contract_of(make_contract: MakeContract) -> Callable[..., Contract]:
    return lambda **load: make_contract(columns=COLUMNS, load=LOAD | load)


def landed(warehouse: Any) -> list[Any]:
    rows: list[Any] = warehouse.rows("year, school, students")
    return rows


def test_a_withdrawn_row_goes_and_other_partitions_stay(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    warehouse.take(contract_of(), {"f.csv": FIRST})
    warehouse.take(contract_of(), {"f.csv": SECOND})
    assert landed(warehouse) == NEWEST


@pytest.mark.parametrize("names", [*itertools.permutations(["a.csv", "b.csv"])])
def test_an_older_release_beside_the_newer_one_changes_nothing(
    warehouse: Any, contract_of: Callable[..., Contract], names: tuple[str, str]
) -> None:
    first = warehouse.take(contract_of(), {"f.csv": FIRST})
    assert first.rows_in_landing == 4
    warehouse.take(contract_of(), {names[0]: FIRST, names[1]: SECOND})
    assert landed(warehouse) == NEWEST
    load_id = warehouse.store.records()[-1].load_id
    counts = warehouse.counts(contract_of(), load_id)
    assert (counts.delivered, counts.staged, counts.superseded, counts.duplicate, counts.blank) == (5, 3, 2, 0, 0)


@pytest.mark.parametrize("names", [*itertools.permutations(["a.csv", "b.csv", "c.csv"])])
def test_a_file_that_is_delivered_twice_changes_nothing(
    warehouse: Any, contract_of: Callable[..., Contract], names: tuple[str, str, str]
) -> None:
    contract = contract_of(duplicates="keep", key=None)
    warehouse.take(contract, {"f.csv": FIRST})
    warehouse.take(contract, {names[0]: SECOND, names[1]: FIRST, names[2]: SECOND})
    assert landed(warehouse) == NEWEST
    counts = warehouse.counts(contract, warehouse.store.records()[-1].load_id)
    assert (counts.delivered, counts.staged, counts.superseded, counts.duplicate) == (6, 3, 2, 1)


def test_files_of_one_release_are_one(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    warehouse.take(contract_of(), {"a.csv": csv_of("2024,A,,10"), "b.csv": csv_of("2024,B,,20"), "c.csv": csv_of("2025,A,,11")})
    assert landed(warehouse) == [("2024", "A", "10"), ("2024", "B", "20"), ("2025", "A", "11")]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_release_in_the_names_of_all_files_decides(
    warehouse: Any, contract_of: Callable[..., Contract], swapped: bool
) -> None:
    """Months as numbers: the tenth comes after the ninth. The older release may even be delivered later."""
    contract = contract_of(**DATED)
    older, newer = (
        ("z_released_2026-9.csv", "a_released_2026-10.csv") if swapped else ("released_2026-9.csv", "released_2026-10.csv")
    )
    warehouse.take(contract, {newer: SECOND})
    warehouse.take(contract, {older: FIRST, newer: SECOND})
    assert landed(warehouse) == NEWEST


def test_a_file_without_a_release_in_its_name_is_as_new_as_its_first_load(
    warehouse: Any, contract_of: Callable[..., Contract]
) -> None:
    contract = contract_of(**DATED)
    warehouse.take(contract, {"released_2026-10.csv": FIRST})
    warehouse.take(contract, {"released_2026-10.csv": FIRST, "corrected.csv": SECOND})
    assert landed(warehouse) == NEWEST


@pytest.mark.parametrize("turned", [False, True])
def test_a_release_column_decides_within_each_partition(
    warehouse: Any, contract_of: Callable[..., Contract], turned: bool
) -> None:
    contract = contract_of(release={"column": "released_on"})
    rows = ["2024,A,2026-01-01,10", "2025,A,2026-01-01,11", "2025,B,2026-01-01,21", "2025,C,,31", "2025,A,2026-02-01,12"]
    warehouse.take(contract, {"f.csv": csv_of(*(reversed(rows) if turned else rows))})
    assert landed(warehouse) == [("2024", "A", "10"), ("2025", "A", "12")]


def test_files_of_removed_deliveries_are_still_known(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of()
    old = warehouse.deliver(contract, {"f.csv": FIRST})
    warehouse.promote(contract, old)
    warehouse.take(contract, {"f.csv": SECOND})
    warehouse.store.save_first_sequences()
    (warehouse.store.folder / old.load_id / "receipt.json").unlink()
    receipt = warehouse.deliver(contract, {"a.csv": SECOND, "b.csv": FIRST})
    assert rank_files(contract, receipt) == {"a.csv": 1, "b.csv": 0}


def test_landing_is_made_again_with_the_same_releases(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of()
    for files in ({"f.csv": FIRST}, {"z.csv": FIRST, "a.csv": SECOND}, {"f.csv": csv_of("2024,A,,9")}):
        warehouse.take(contract, files)
    before = landed(warehouse), warehouse.con.execute("select * from intake.loads order by sequence").fetchall()
    warehouse.con.execute("drop table landing.dpt__visits cascade; delete from intake.loads; delete from intake.marks")
    ensure_tables(warehouse.con, contract, ZONE)
    assert warehouse.landing(contract).restore() == 3
    assert (landed(warehouse), warehouse.con.execute("select * from intake.loads order by sequence").fetchall()) == before


RIVALS = [
    ({"a.csv": FIRST, "b.csv": SECOND}, ("a.csv", "b.csv")),
    ({"a.csv": FIRST, "b.csv": FIRST}, ()),
    ({"a.csv": csv_of("2024,A,,1"), "b.csv": csv_of("2025,A,,1"), "c.csv": csv_of("2025,B,,1")}, ()),
    ({"a.csv": csv_of("2024,A,,1"), "b.csv": csv_of("2024,A,,1", "2024,B,,2"), "c.csv": csv_of("2025,B,,1")}, ("a.csv", "b.csv")),
    ({"a.csv": csv_of("2024,,,1"), "b.csv": csv_of("2024,,,2", "2025,A,,1")}, ()),
]


@pytest.mark.parametrize(("files", "rivals"), RIVALS)
def test_files_of_one_release_with_the_same_record_are_rivals(
    warehouse: Any, contract_of: Callable[..., Contract], files: dict[str, str | bytes], rivals: tuple[str, ...]
) -> None:
    receipt = warehouse.deliver(contract_of(), files)
    assert find_rival_files(warehouse.batch(contract_of(), receipt)) == rivals
    dated = contract_of(release={"file_name": r"^(.)"})
    assert find_rival_files(warehouse.batch(dated, receipt)) == ()


def test_a_file_that_an_earlier_load_contained_is_no_rival(warehouse: Any, contract_of: Callable[..., Contract]) -> None:
    contract = contract_of()
    warehouse.take(contract, {"f.csv": FIRST})
    receipt = warehouse.deliver(contract, {"a.csv": FIRST, "b.csv": SECOND})
    assert find_rival_files(warehouse.batch(contract, receipt)) == ()


RELEASE = st.dictionaries(st.tuples(st.integers(2023, 2025), st.sampled_from("ABC")), st.integers(0, 99), min_size=1, max_size=6)


def test_the_newest_state_whatever_the_order_of_names(contract_of: Callable[..., Contract], new_warehouse: NewWarehouse) -> None:
    """Releases come one after another, and earlier ones may stay in the folder, under any names and in any number of copies."""
    contract = contract_of()

    @given(
        data=st.data(), releases=st.lists(RELEASE, min_size=1, max_size=4, unique_by=lambda cells: tuple(sorted(cells.items())))
    )
    @settings(max_examples=number_of_examples(30), deadline=None)
    def holds(data: st.DataObject, releases: list[dict[tuple[int, str], int]]) -> None:
        texts = [csv_of(*(f"{year},{school},,{count}" for (year, school), count in cells.items())) for cells in releases]
        expected: dict[tuple[int, str], int] = {}
        with new_warehouse() as warehouse:
            for newest, cells in enumerate(releases):
                expected = {key: count for key, count in expected.items() if key[0] not in {year for year, _ in cells}} | cells
                others = data.draw(st.lists(st.integers(0, newest), max_size=4))
                names = data.draw(st.permutations([f"{letter}.csv" for letter in "abcde"[: len(others) + 1]]))
                warehouse.take(contract, dict(zip(names, (texts[at] for at in [newest, *others]), strict=True)))
                found = warehouse.rows("cast(year as integer), school, cast(students as integer)")
                assert found == sorted((*key, count) for key, count in expected.items())

    holds()
