"""A source of files in a folder, and the runs of a home that reads them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.delivery import DeliveryStore
from orchestration.pipeline.ingest_source import ingest_source
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunOptions
from orchestration.runs.record import SourceStatus
from orchestration.settings import Settings
from orchestration.stewardship.check_delivery import check_delivery
from tests.support.visits import CONTRACT

SOURCE = "dpt__visits"
COLUMNS = [
    {"name": "k", "required": True},
    {"name": "on_day", "type": "date", "required": True},
    {"name": "n", "type": "integer", "required": True},
]
Columns = Sequence[dict[str, Any]]
BY_YEAR = {"mode": "replace_period", "period_column": "on_day", "period": "year"}
UNREADABLE = "k,on_day,n\n7,2023-05-05\n8,2023-05-06,1,1\n"
INVALID = "k,on_day,n\n7,2023-05-05,seven\n8,2023-05-06,eight\n"


def records(year: int, *keys: int) -> str:
    return "k,on_day,n\n" + "".join(f"{key},{year}-0{1 + key % 9}-03,1\n" for key in keys)


class Department:
    """Files in a folder, and the runs of a home that reads them."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, load: dict[str, Any], columns: Columns = (), **keys: Any
    ) -> None:
        self.folder, self.runs = folder / "in" / SOURCE, 0
        self.folder.mkdir(parents=True)
        (self.folder.parent / "city.yml").write_text("city: milwaukee\n")
        (folder / "sources").mkdir()
        contract = CONTRACT | {"columns": [*columns, *COLUMNS], "load": load} | keys
        (folder / "sources" / f"{SOURCE}.yml").write_text(yaml.safe_dump(contract))
        monkeypatch.setenv("LEVELGROUND_SOURCES", str(folder / "sources"))
        monkeypatch.setenv("LEVELGROUND_DELIVERIES", str(self.folder.parent))
        self.settings = Settings.from_environment(os.environ)
        self.store = DeliveryStore(self.settings.home.deliveries, SOURCE)

    def delivers(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.csv").write_text(text)

    def run(self, *, accept_older: bool = False) -> tuple[SourceStatus, list[str]]:
        """One run: the status of the source, and the landed keys."""
        self.runs += 1
        options = RunOptions(as_of="2025-12-01", accept_older=accept_older)
        with open_run(self.settings, options, f"run{self.runs}") as run:
            status, _ = ingest_source(run, run.location.registry[SOURCE])
            run.end("unchanged")
            self.loads = run.con.execute(
                "select load_id, sequence, rows_delivered from intake.loads order by sequence"
            ).fetchall()
            return status, [row[0] for row in run.con.execute(f"select k from typed.{SOURCE} order by k").fetchall()]

    def check(self) -> str:
        return check_delivery(self.settings, SOURCE, None).result
