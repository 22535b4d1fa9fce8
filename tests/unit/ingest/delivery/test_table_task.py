"""A table that a task has read is written to the batch as if the run had read it, and refused with the same words."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.connectors import DeliveredTable, open_folder
from ingest.contract import Contract
from ingest.contract.registry import load_registry
from ingest.contract.vocabularies import CROSSWALK, RaceVocabulary, load_vocabulary
from ingest.delivery import DeliveryOptions, DeliveryRecord, DeliveryStore, ReadTable, deliver, table_result, table_tasks
from ingest.delivery.removals import SourceRemovals, new_row_filter
from ingest.errors import DeliveryError
from ingest.layers import text_of
from ingest.readers import delivered_files
from tests.support.visits import CITY_ZONE, CONTRACT, NOON
from warehouse.processes.worker import Resources, Task, call

MakeContract = Callable[..., Contract]
COLUMNS = [
    {"name": "phone", "from": "PHONE", "privacy": "direct_identifier"},
    {"name": "a", "from": "A"},
    {"name": "seen", "from": "SEEN", "type": "date", "formats": ["%Y-%m-%d"], "role": "event_time"},
]
CSV = "PHONE,A,SEEN,OTHER\n414-CANARY,1,2025-11-30,x\n,2,2019-01-01,\n,3,,y\n"
KEPT = {"agreement": CONTRACT["agreement"] | {"keep_for": "3 years"}}


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as members:
        members.writestr("visits-3.csv", CSV)
        members.writestr("visits-4.csv", CSV.replace("3,,", "30,,"))
    return buffer.getvalue()


def folder_of(tmp_path: Path, files: Mapping[str, str | bytes]) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def delivered(contract: Contract, folder: Path, store: Path, tasks: list[Task] | None = None) -> tuple[DeliveryRecord, Path]:
    """The record and the batch of a delivery, by the run itself, or by tasks that are added to `tasks`."""

    def read_tables(tables: Sequence[DeliveredTable], into: Path) -> Mapping[str, ReadTable | DeliveryError]:
        made = table_tasks(contract, tables, into, CITY_ZONE, dt.date(2025, 12, 1))
        if tasks is not None:
            tasks.extend(made)
        # an engine sends tasks and results as JSON
        sent = [Task(**json.loads(json.dumps(vars(task)))) for task in made]
        results = [json.loads(json.dumps(call(task, Resources())))["result"] for task in sent]
        return {table.name: table_result(task, result) for table, task, result in zip(tables, made, results, strict=True)}

    stored = DeliveryStore(store, contract.source)
    row_filter = new_row_filter(contract, SourceRemovals(), None, CITY_ZONE, dt.date(2025, 12, 1))
    origin = open_folder(contract, delivered_files(folder), folder)
    options = DeliveryOptions(row_filter=row_filter, read_tables=None if tasks is None else read_tables)
    record = deliver(contract, origin, stored, None, NOON, options)
    return record, stored.batch(record.load_id)


@pytest.mark.parametrize("changes", [{}, KEPT], ids=["all rows", "rows past keep_for"])
def test_the_batch_is_the_one_that_the_run_writes(make_contract: MakeContract, tmp_path: Path, changes: dict[str, Any]) -> None:
    contract = make_contract(columns=COLUMNS, **changes)
    folder = folder_of(tmp_path, {"visits-1.csv": CSV, "visits-2.csv": CSV.replace("A,SEEN", "SEEN,B"), "more.zip": archive()})
    expected, batch = delivered(contract, folder, tmp_path / "by-run")
    tasks: list[Task] = []
    record, own_batch = delivered(contract, folder, tmp_path / "by-tasks", tasks)
    assert len(tasks) == 4
    assert record == expected
    assert own_batch.read_bytes() == batch.read_bytes()
    assert pq.read_table(batch).num_rows == (12 if not changes else 9)
    assert (record.rows_past_keeping, record.columns_missing) == (0 if not changes else 3, ("A",))
    assert [path.name for path in own_batch.parent.iterdir() if path.suffix == ".parquet"] == ["batch.parquet"]
    assert not any("CANARY" in json.dumps(vars(task)) for task in tasks)


def test_a_file_that_cannot_be_read_is_refused_with_the_same_words(make_contract: MakeContract, tmp_path: Path) -> None:
    contract = make_contract(columns=COLUMNS)
    folder = folder_of(tmp_path, {"visits-1.csv": CSV, "visits-2.csv": CSV + "414-CANARY,one too many,,,\n"})
    with pytest.raises(DeliveryError) as expected:
        delivered(contract, folder, tmp_path / "by-run")
    with pytest.raises(DeliveryError) as refused:
        delivered(contract, folder, tmp_path / "by-tasks", [])
    assert str(refused.value) == str(expected.value)
    assert "CANARY" not in str(refused.value)
    assert [path.name for path in (tmp_path / "by-tasks").rglob("*.parquet")] == []


def test_a_file_that_changes_before_a_task_reads_it_is_refused(make_contract: MakeContract, tmp_path: Path) -> None:
    contract = make_contract(columns=COLUMNS)
    folder = folder_of(tmp_path, {"visits-1.csv": CSV})
    tables = open_folder(contract, delivered_files(folder), folder).tables
    (task,) = table_tasks(contract, tables, tmp_path, CITY_ZONE, dt.date(2025, 12, 1))
    (folder / "visits-1.csv").write_text(CSV + ",4,,\n", encoding="utf-8")
    refused = table_result(task, call(task, Resources())["result"])
    assert isinstance(refused, DeliveryError)
    assert "it changed while it was read" in str(refused)


def test_every_contract_can_be_sent_to_a_worker() -> None:
    for contract in load_registry():
        sent = json.loads(json.dumps(contract.model_dump(mode="json", by_alias=True, exclude_unset=True)))
        assert Contract.model_validate(sent, context=load_vocabulary()) == contract, contract.source


def test_a_task_knows_the_vocabulary_of_a_layer(tmp_path: Path) -> None:
    """A worker knew the shared words only, so that a large source of a city with words of its own failed on an engine."""
    labels = text_of(CROSSWALK) + "city_intake,Noir,black,black,,1900-01-01,9999-12-31,\n"
    words = load_vocabulary().of_layer([RaceVocabulary("city_intake", "Own", "omb_1997", "single", open=False)], labels.encode())
    race = {"name": "race", "from": "OTHER", "role": "race", "vocabulary": "city_intake"}
    contract = Contract.model_validate(CONTRACT | {"columns": [*COLUMNS, race]}, context=words)
    folder = folder_of(tmp_path, {"visits-1.csv": CSV})
    expected, batch = delivered(contract, folder, tmp_path / "by-run")
    record, own_batch = delivered(contract, folder, tmp_path / "by-tasks", [])
    assert (record, own_batch.read_bytes()) == (expected, batch.read_bytes())
    assert record.rows == 3
