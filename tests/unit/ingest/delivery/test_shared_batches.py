"""Homes of several cities share the batch of a national delivery; each may remove its link, and a damaged one is read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.connectors import open_folder
from ingest.contract import Contract
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, deliver, share
from ingest.delivery.store import BATCH, RECORD
from ingest.delivery.write_batch import _BatchWriter

MakeContract = Callable[..., Contract]
NOON = dt.datetime(2025, 12, 1, 12)
RESULT = "verdict.json"


class Homes:
    """Two homes and what they share."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        self.folder, self.contract = folder, contract
        self.shared = DeliveryStore(folder / "shared", contract.source)
        self.stores = {name: DeliveryStore(folder / name, contract.source) for name in ("one", "two")}

    def deliver(self, home: str, text: str, now: dt.datetime = NOON) -> DeliveryRecord:
        sent = self.folder / f"sent-{home}"
        sent.mkdir(exist_ok=True)
        (sent / "a.csv").write_text(text)
        origin = open_folder(self.contract, (sent / "a.csv",), sent)
        return deliver(self.contract, origin, self.stores[home], None, now, DeliveryOptions(shared=self.shared))

    def share(self, home: str, load_id: str) -> None:
        (self.stores[home].folder / load_id / RESULT).write_text('{"basis": "b"}')
        share(self.stores[home], self.shared, load_id, RESULT)

    def links(self, store: DeliveryStore, load_id: str) -> int:
        return store.batch(load_id).stat().st_nlink


@pytest.fixture
def homes(tmp_path: Path, make_contract: MakeContract) -> Homes:
    return Homes(tmp_path, make_contract())


def test_a_second_home_links_to_what_the_first_has_read(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    before = homes.deliver("two", "A,B\n9,9\n")
    first = homes.deliver("one", "A,B\n1,2\n")
    homes.share("one", first.load_id)
    monkeypatch.setattr(_BatchWriter, "write", lambda *_: pytest.fail("the delivery was read again"))
    later = NOON + dt.timedelta(days=1)
    second = homes.deliver("two", "A,B\n1,2\n", later)
    assert (second.load_id, second.rows, second.batch_sha256) == (first.load_id, 1, first.batch_sha256)
    assert (before.sequence, second.sequence, second.files[0].first_sequence, second.delivered_at) == (1, 2, 2, later)
    assert homes.links(homes.stores["two"], first.load_id) == 3
    assert (homes.stores["two"].folder / first.load_id / RESULT).read_text() == '{"basis": "b"}'
    assert homes.stores["two"].records() == (before, second)
    assert pq.read_table(homes.stores["two"].batch(first.load_id)).to_pylist()[0]["_load_id"] == first.load_id


def test_a_home_that_removes_its_batch_leaves_it_to_the_others(homes: Homes) -> None:
    load_id = homes.deliver("one", "A,B\n1,2\n").load_id
    homes.share("one", load_id)
    homes.deliver("two", "A,B\n1,2\n")
    own = homes.stores["one"].batch(load_id)
    rewritten = own.with_suffix(".next")
    rewritten.write_bytes(b"without the rows that were erased")
    rewritten.replace(own)
    (homes.stores["two"].folder / load_id / BATCH).unlink()
    assert pq.read_table(homes.shared.batch(load_id)).num_rows == 1


@pytest.mark.parametrize("damaged", [BATCH, RECORD])
def test_a_damaged_shared_load_is_read_and_shared_again(homes: Homes, damaged: str) -> None:
    load_id = homes.deliver("one", "A,B\n1,2\n").load_id
    homes.share("one", load_id)
    file = homes.shared.folder / load_id / damaged
    file.unlink()
    file.write_bytes(b"{")
    assert homes.deliver("two", "A,B\n1,2\n").load_id == load_id
    assert homes.links(homes.stores["two"], load_id) == 1
    homes.share("two", load_id)
    assert homes.links(homes.stores["two"], load_id) == 2
    assert homes.shared.record(load_id) is not None


def test_a_shared_load_stays_while_a_home_links_to_it(homes: Homes) -> None:
    old = homes.deliver("one", "A,B\n1,2\n").load_id
    homes.share("one", old)
    homes.share("one", homes.deliver("one", "A,B\n1,2\n3,4\n").load_id)
    assert len(homes.shared.records()) == 2
    homes.stores["one"].batch(old).unlink()
    new = homes.deliver("one", "A,B\n5,6\n").load_id
    homes.share("one", new)
    assert old not in {record.load_id for record in homes.shared.records()}
    assert {path.name for path in homes.shared.folder.iterdir()} == {record.load_id for record in homes.shared.records()}


def test_another_contract_does_not_take_the_batch(homes: Homes, make_contract: MakeContract) -> None:
    homes.share("one", homes.deliver("one", "A,B\n1,2\n").load_id)
    kwargs: dict[str, Any] = {"load": {"mode": "replace", "duplicates": "drop_exact"}}
    other = Homes(homes.folder, make_contract(**kwargs))
    load_id = other.deliver("two", "A,B\n1,2\n").load_id
    assert other.links(other.stores["two"], load_id) == 1
