"""Conservation: whatever is delivered, in whatever order and however often, no row is lost and none is there twice.

Random histories of deliveries are promoted and compared, row by row and count by count, with the plain-Python model below. An
incremental fact next to it only appends each load's rows, and deletes the recorded superseded rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract import Contract
from ingest.landing import superseded
from tests.support.fuzzing import number_of_examples

MakeContract = Callable[..., Contract]
NewWarehouse = Callable[[], AbstractContextManager[Any]]
Cells = tuple[str, str, str]
Files = tuple[tuple[Cells, ...], ...]
LOADS: dict[str, dict[str, Any]] = {
    "replace": {"mode": "replace"},
    "replace with key": {"mode": "replace", "key": ["k"]},
    "merge": {"mode": "merge", "key": ["k"]},
    "merge by day": {"mode": "merge", "key": ["k", "d"]},
    "replace_period": {"mode": "replace_period", "period_column": "d", "period": "month"},
    "replace_period with key": {"mode": "replace_period", "period_column": "d", "period": "month", "key": ["k"]},
    "replace_partition": {"mode": "replace_partition", "partition_by": ["d"]},
    "replace_partition with key": {"mode": "replace_partition", "partition_by": ["d"], "key": ["k"]},
    "append": {"mode": "append"},
    "append with key": {"mode": "append", "key": ["k"]},
}
# sources of these modes may have a fact that grows
GROWN = ("merge", "replace_period", "replace_partition")
MONTHS = {f"2025-{month:02d}-{day:02d}": month for month in range(1, 6) for day in (1, 15)}
CELLS = st.tuples(
    st.sampled_from(["1", "1.0", "2", "3", "", "x"]),
    st.sampled_from([*MONTHS, "", "soon"]),
    st.sampled_from(["a", "b", " "]),
) | st.just(("", "", ""))  # fmt: skip
FILE = st.lists(CELLS, max_size=4).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Files]]:
    """Deliveries of one to three files out of a few, so that states and files repeat; each under one of two contracts."""
    files = draw(st.lists(FILE, min_size=1, max_size=4))
    delivery = st.lists(st.sampled_from(files), min_size=1, max_size=3).map(tuple)
    return draw(st.lists(st.tuples(st.integers(0, 1), delivery), min_size=1, max_size=6))


@dataclasses.dataclass(frozen=True)
class Row:
    """A delivered row: its load (contract and files), its file among them, its place in it, its cells."""

    load: tuple[int, Files]
    file: int
    number: int
    cells: Cells

    @property
    def content(self) -> tuple[Cells, ...]:
        return self.load[1][self.file]


@dataclasses.dataclass
class Model:
    """What landing must hold after each delivery."""

    load: dict[str, Any]
    drop_exact: bool
    landing: list[Row] = dataclasses.field(default_factory=list)
    first: dict[tuple[Cells, ...], int] = dataclasses.field(default_factory=dict)
    sequences: dict[tuple[int, Files], int] = dataclasses.field(default_factory=dict)
    taken: dict[tuple[Cells, ...], tuple[int, Files]] = dataclasses.field(default_factory=dict)
    counted: dict[tuple[int, Files], tuple[int, int, int]] = dataclasses.field(default_factory=dict)

    def take(self, load: tuple[int, Files]) -> None:
        newest = max(self.sequences, key=lambda known: self.sequences[known], default=None)
        if load == newest:
            return
        is_known = load in self.sequences
        self.sequences[load] = max(self.sequences.values(), default=0) + 1
        self.first |= {content: self.sequences[load] for content in load[1] if content not in self.first}
        if not is_known:
            self.apply(load)
            return
        # an earlier delivery that is sent again moves to the end, and landing is made again
        self.landing, self.taken = [], {}
        for known in sorted(self.sequences, key=lambda known: self.sequences[known]):
            self.apply(known)

    def apply(self, load: tuple[int, Files]) -> None:
        contract, files = load
        batch = [Row(load, f, n, cells) for f, file in enumerate(files) for n, cells in enumerate(file, 1)]
        delivered = len(batch)
        batch = [row for row in batch if any(cell.strip() for cell in row.cells)]
        blank = delivered - len(batch)
        earlier = 0
        if self.load["mode"] == "replace_partition":
            # a second copy of a file changes nothing, and of each day the file that came last decides
            batch = [row for row in batch if row.file == files.index(row.content)]
            once = len(batch)
            batch = self.newest_of_each_day(batch, files, load)
            earlier = once - len(batch)
        if self.drop_exact:
            batch = self.last(batch, lambda row: row.cells)
        if self.load["mode"] == "append":
            batch = self.untaken(batch, contract, files, load)
        duplicate = delivered - blank - earlier - len(batch)
        batch = [row for row in batch if None not in (self.key(row), self.month(row), self.day(row))]
        self.counted[load] = (blank, duplicate, delivered - blank - earlier - duplicate - len(batch))
        if "key" in self.load:
            batch = self.newest_states(batch, files, load)
            batch = self.last(sorted(batch, key=lambda row: self.first[row.content]), self.key)
        self.make_room(batch)
        self.landing += batch

    def newest_of_each_day(self, batch: list[Row], files: Files, load: tuple[int, Files]) -> list[Row]:
        good = [(self.first[row.content], self.day(row)) for row in batch if None not in (self.key(row), self.day(row))]
        if len({self.first[content] == self.sequences[load] for content in files}) == 2:
            # what stayed in the folder does not undo what later loads brought
            good += [(self.sequences[row.load], self.day(row)) for row in self.landing if row.content not in files]
        newest = {day: max(first for first, other in good if other == day) for _, day in good}
        return [row for row in batch if newest.get(self.day(row)) in (None, self.first[row.content]) or self.key(row) is None]

    def newest_states(self, batch: list[Row], files: Files, load: tuple[int, Files]) -> list[Row]:
        if self.load["mode"] != "merge":
            return batch
        good = [(self.first[row.content], self.key(row)) for row in batch]
        if len({self.first[content] == self.sequences[load] for content in files}) == 2:
            good += [(self.sequences[row.load], self.key(row)) for row in self.landing if row.content not in files]
        newest = {key: max(first for first, other in good if other == key) for _, key in good}
        return [row for row in batch if newest[self.key(row)] == self.first[row.content]]

    def untaken(self, batch: list[Row], contract: int, files: Files, load: tuple[int, Files]) -> list[Row]:
        self.landing = [row for row in self.landing if row.load[0] == contract or row.content not in files]
        self.taken = {
            content: by for content, by in self.taken.items() if by != load and (by[0] == contract or content not in files)
        }
        first = {content: min(row.file for row in batch if row.content == content) for content in {row.content for row in batch}}
        remaining = [row for row in batch if row.content not in self.taken and row.file == first[row.content]]
        self.taken |= {content: load for content in files if content not in self.taken}
        return remaining

    def make_room(self, batch: list[Row]) -> None:
        mode = self.load["mode"]
        if mode == "replace":
            self.landing = []
        if mode == "replace_period" and batch:
            months = [self.month(row) for row in batch]
            self.landing = [row for row in self.landing if not min(months) <= self.month(row) <= max(months)]
        if mode == "replace_partition":
            days = {self.day(row) for row in batch}
            self.landing = [row for row in self.landing if self.day(row) not in days]
        if "key" in self.load and mode in ("merge", "replace_period"):
            keys = {self.key(row) for row in batch}
            self.landing = [row for row in self.landing if self.key(row) not in keys]

    def key(self, row: Row) -> Any:
        number = {"1": 1, "1.0": 1, "2": 2, "3": 3}.get(row.cells[0])
        day = row.cells[1] if row.cells[1] in MONTHS else None
        parts = {"k": number, "d": day}
        # a key names a record within its partition
        found = tuple(parts[name] for name in (*self.load.get("key", ()), *self.load.get("partition_by", ())))
        return None if None in found else found

    def day(self, row: Row) -> Any:
        return (row.cells[1] if row.cells[1] in MONTHS else None) if "partition_by" in self.load else 0

    def month(self, row: Row) -> Any:
        return MONTHS.get(row.cells[1]) if "period_column" in self.load else 0

    @staticmethod
    def last(batch: list[Row], same: Callable[[Row], Any]) -> list[Row]:
        latest = {same(row): row for row in batch}
        return [row for row in batch if latest[same(row)] is row]


@pytest.mark.parametrize("duplicates", ["keep", "drop_exact"])
@pytest.mark.parametrize("mode", LOADS)
def test_no_row_is_lost_and_none_is_there_twice(
    make_contract: MakeContract, new_warehouse: NewWarehouse, mode: str, duplicates: str
) -> None:
    # the second contract types v, which changes nothing of these cells but makes every file and row another contract's
    contracts = [
        make_contract(
            columns=[
                {"name": "k", "type": "integer"},
                {"name": "d", "type": "date", "required": LOADS[mode]["mode"] == "replace_partition"},
                {"name": "v", "null_tokens": tokens},
            ],
            load=LOADS[mode] | {"duplicates": duplicates},
        )
        for tokens in ({}, {"-": "declined"})
    ]

    @given(history=histories())
    @settings(max_examples=number_of_examples(8), deadline=None)
    def holds(history: list[tuple[int, Files]]) -> None:
        model = Model(LOADS[mode], duplicates == "drop_exact")
        with new_warehouse() as warehouse:
            loads: dict[str, tuple[int, Files]] = {}
            present: set[tuple[str, str, int]] = set()
            for at, files in history:
                texts = {f"{n}.csv": "\n".join(["k,d,v", *map(",".join, file), ""]) for n, file in enumerate(files)}
                receipt = warehouse.deliver(contracts[at], texts)
                warehouse.promote(contracts[at], receipt)
                loads[receipt.load_id] = (at, files)
                model.take((at, files))
                landed = warehouse.rows("_load_id, _source_file, _source_row, k, d, v")
                assert sorted((loads[row[0]], row[1], row[2], *row[3:]) for row in landed) == sorted(
                    (row.load, f"{row.file}.csv", row.number, *row.cells) for row in model.landing
                )
                identities = {row[:3] for row in landed}
                if LOADS[mode]["mode"] in GROWN and receipt.sequence >= superseded.recorded_since(warehouse.con)[receipt.source]:
                    query = "select load_id, source_file, source_row from intake.superseded_rows where sequence = ?"
                    remaining = present - set(warehouse.con.execute(query, [receipt.sequence]).fetchall())
                    present = {row for row in remaining if row[0] != receipt.load_id} | {
                        row for row in identities if row[0] == receipt.load_id
                    }
                    assert present == identities
                present = identities
            for load_id, load in loads.items():
                found = warehouse.counts(contracts[load[0]], load_id)
                staged = sum(row.load == load for row in model.landing)
                blank, duplicate, rejected = model.counted[load]
                assert (found.staged, found.blank, found.duplicate, found.rejected) == (staged, blank, duplicate, rejected)
                assert found.delivered == sum(map(len, load[1]))
                assert found.delivered == found.staged + found.blank + found.duplicate + found.rejected + found.superseded
                assert found.superseded >= 0

    holds()
