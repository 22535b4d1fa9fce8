"""Read one table of a delivery as a task of an engine: in another process, into a Parquet file.

The task contains the contract, the paths of the files and no cell. Tables with direct identifiers to hash, and sources from which
records were erased, are read by the run itself, because both need the home's key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ingest.connectors import DeliveredTable, open_table
from ingest.contract import Contract
from ingest.contract.vocabularies.vocabulary import RaceVocabulary, Vocabulary, load_vocabulary
from ingest.delivery.batch_file import open_batch_file
from ingest.delivery.reading.header_match import Conformer
from ingest.delivery.reading.read_table import TableFacts, read_table
from ingest.delivery.removals import SourceRemovals
from ingest.delivery.row_filter import new_row_filter
from ingest.delivery.write_batch import ReadTable
from ingest.errors import DeliveryError
from ingest.readers.files import local_file
from warehouse.processes.worker import Resources, Task


class TableRequest(BaseModel, frozen=True):
    """A table to read. `files`: the name and path of each file of the delivery. `output`: the Parquet file to write.

    `file`, `name`, `mark`: see `DeliveredTable`. `today`: the day that decides which rows are past `agreement.keep_for`.
    """

    contract: dict[str, Any]
    vocabulary: dict[str, Any]
    files: dict[str, str]
    file: str
    name: str
    mark: str
    output: str
    city_zone: str
    today: dt.date


def table_tasks(contract: Contract, tables: Sequence[DeliveredTable], folder: Path, city_zone: str, today: dt.date) -> list[Task]:
    """A task per table of local files; their rows are written to `folder`."""
    files = {table.file.name: str(table.file.path) for table in tables if table.file is not None}
    known = contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
    vocabulary = asdict(load_vocabulary())
    tasks = []
    for number, table in enumerate(tables):
        assert table.file is not None
        request = TableRequest(
            contract=known,
            vocabulary=vocabulary,
            files=files,
            file=table.file.name,
            name=table.name,
            mark=table.mark,
            output=str(folder / f"table-{number}.parquet"),
            city_zone=city_zone,
            today=today,
        )
        tasks.append(Task.calling(run, request.model_dump(mode="json"), f"the rows of {contract.source}"))
    return tasks


def run(arguments: Mapping[str, Any], _resources: Resources) -> Mapping[str, Any]:
    """Read a table. `facts`: of a `TableFacts`. `refused`: the parts of a `DeliveryError`; another attempt would not help."""
    request = TableRequest.model_validate(arguments)
    race = {name: RaceVocabulary(**facts) for name, facts in request.vocabulary["race"].items()}
    vocabulary = Vocabulary({name: tuple(words) for name, words in request.vocabulary["words"].items()}, race)
    contract = Contract.model_validate(request.contract, context=vocabulary)
    files = {name: local_file(Path(path), name) for name, path in request.files.items()}
    conformer = Conformer(contract, None)
    try:
        table = open_table(contract, tuple(files.values()), files[request.file], request.name, request.mark)
        with open_batch_file(Path(request.output), conformer.schema, compression="lz4") as write:
            facts = read_table(
                conformer,
                table,
                write,
                row_filter=new_row_filter(contract, SourceRemovals(), None, request.city_zone, request.today),
                fetched_on=None,
                progress=lambda _rows: None,
            )
    except DeliveryError as error:
        return {"refused": [error.source, error.file, error.problem, error.remedy]}
    return {"facts": facts.model_dump(mode="json")}


def table_result(task: Task, result: Mapping[str, Any]) -> ReadTable | DeliveryError:
    """The table that a task has read, or why it cannot be read."""
    if "refused" in result:
        return DeliveryError(*result["refused"])
    return ReadTable(Path(task.arguments["output"]), TableFacts.model_validate(result["facts"]))
