"""A run has nothing to ingest only if the last one ingested the same files, and nothing else asks for its sources."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.pipeline import detect_changes
from orchestration.pipeline.detect_changes import note_ingested, nothing_to_ingest
from orchestration.pipeline.lifecycle import open_run
from orchestration.runs.context import RunOptions
from orchestration.runs.delivery_location import resolve_delivery_location
from orchestration.runs.record import BLOCKED, FAILED, UNCHANGED, RunStore, new_status
from orchestration.settings import Settings

REQUESTS, WHOLE = "ucc__service_requests", RunOptions(trigger="cli", as_of="2025-12-01T00:00:00", wait_seconds=0)
KEY = "a long random text of forty characters !"


class Office:
    """A home that has read a folder with one file, on 2025-12-01; the data of requests end on 2025-11-30."""

    def __init__(self, folder: Path) -> None:
        self.deliveries, self.file = folder / "deliveries", folder / "deliveries" / REQUESTS / "requests.csv"
        self.file.parent.mkdir(parents=True)
        self.file.write_text("a,b\n1,2\n")
        (self.deliveries / "city.yml").write_text('city: new_ulm\nplace_geoid: "2746042"\n')
        paths = {"LEVELGROUND_HOME": str(folder / "home"), "LEVELGROUND_DELIVERIES": str(self.deliveries)}
        self.settings = Settings.from_environment(paths | {"LEVELGROUND_HASH_KEY": KEY})
        self.run("first")

    def run(self, run_id: str, options: RunOptions = WHOLE, *, outcome: str = UNCHANGED, read_all: bool = True) -> None:
        with open_run(self.settings, options, run_id) as run:
            for contract in run.location.registry:
                run.record.sources[contract.source] = new_status(contract, run_id)
            requests = run.record.sources[REQUESTS]
            run.record.sources[REQUESTS] = requests.updated(verdict="fresh", data_as_of="2025-11-30T00:00:00")
            note_ingested(run, read_all=read_all)
            run.end(outcome)

    def is_quiet(self, options: RunOptions = WHOLE) -> bool:
        return nothing_to_ingest(self.settings, options, resolve_delivery_location(self.settings))

    def change_last(self, **changes: object) -> None:
        store = RunStore(self.settings.home.runs)
        store.save(store.all()[-1].model_copy(update=changes))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_the_same_files_are_not_read_again(office: Office) -> None:
    assert office.is_quiet()
    office.run("second")
    assert office.is_quiet()


def change_content(office: Office) -> None:
    """Other bytes of the same size, and the earlier times of the file."""
    before = office.file.stat()
    office.file.write_text("a,b\n1,3\n")
    os.utime(office.file, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_file(office: Office) -> None:
    office.file.with_name("more.csv").write_text("a,b\n3,4\n")


def first_file_of_another_source(office: Office) -> None:
    other = office.deliveries / "mmc__court_cases" / "cases.csv"
    other.parent.mkdir()
    other.write_text("a\n1\n")


def lose_warehouse(office: Office) -> None:
    office.settings.home.warehouse.unlink()


def hold_back(office: Office) -> None:
    sources = RunStore(office.settings.home.runs).all()[-1].sources
    office.change_last(sources=sources | {REQUESTS: sources[REQUESTS].held_back("a column is missing")})


def lose_batch(office: Office) -> None:
    """The record names a load whose batch is not among the kept deliveries."""
    sources = RunStore(office.settings.home.runs).all()[-1].sources
    office.change_last(sources=sources | {REQUESTS: sources[REQUESTS].updated(load_id="0" * 16)})


def block(office: Office) -> None:
    office.change_last(outcome=BLOCKED)


def fail(office: Office) -> None:
    office.change_last(outcome=FAILED)


def need_build(office: Office) -> None:
    office.change_last(next_build_at="2025-11-30T00:00:00")


def read_a_part(office: Office) -> None:
    add_file(office)
    office.run("part", read_all=False)


def choose_a_source(office: Office) -> None:
    add_file(office)
    office.run("chosen", replace(WHOLE, sources=("mmc__court_cases",)))


@pytest.mark.parametrize(
    "happens",
    [
        change_content, add_file, first_file_of_another_source, lose_warehouse, lose_batch, hold_back, block, fail, need_build,
        read_a_part, choose_a_source,
    ],
)  # fmt: skip
def test_what_happened_since_is_read(office: Office, happens: Callable[[Office], None]) -> None:
    happens(office)
    assert not office.is_quiet()


@pytest.mark.parametrize(
    "options",
    [
        replace(WHOLE, full_refresh=True),
        replace(WHOLE, period="2025-11"),
        replace(WHOLE, sources=(REQUESTS,)),
        replace(WHOLE, as_of="2026-12-01T00:00:00"),
    ],
    ids=["full", "period", "source", "stale by then"],
)
def test_what_is_asked_for_is_read(office: Office, options: RunOptions) -> None:
    assert not office.is_quiet(options)


def test_a_run_of_chosen_sources_keeps_what_an_earlier_one_has_read(office: Office) -> None:
    office.run("chosen", replace(WHOLE, sources=(REQUESTS,)), read_all=False)
    assert office.is_quiet()


def test_a_removed_source_is_asked_for_when_it_is_resumed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = type("Removals", (), {"is_removed": True})
    monkeypatch.setattr(detect_changes, "sources_with_removals", lambda _folder: {REQUESTS: removed})
    assert not office.is_quiet()
