"""A new home begins as a copy of the blank home of this version, which one process makes and others wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from orchestration.pipeline import blank_home
from orchestration.pipeline.blank_home import PARSED, UNFINISHED, start_from_blank
from orchestration.settings import Settings
from warehouse.paths import ANALYST_FILE, Home

At = Callable[..., Settings]


def make(blank: Home) -> None:
    """The files of a blank home, without a run."""
    unfinished = Home(blank.root.with_name(f"{UNFINISHED}1"))
    for folder in (unfinished.blank, unfinished.dbt / "compiled"):
        folder.mkdir(parents=True)
    for file in (unfinished.blank_conditions, unfinished.blank / ANALYST_FILE, *(unfinished.dbt / name for name in PARSED[:3])):
        file.write_text(f"{file.name} of {blank.root.name}")
    unfinished.warehouse.write_text("warehouse")
    unfinished.root.rename(blank.root)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> At:
    monkeypatch.setattr(blank_home, "_make", make)

    def settings(home: str, cache: str | None = None, **variables: str) -> Settings:
        where = {"LEVELGROUND_HOME": str(tmp_path / home), "LEVELGROUND_CACHE": cache or str(tmp_path / "cache")}
        return Settings.from_environment(where | {f"LEVELGROUND_{name}": value for name, value in variables.items()})

    return settings


def cached(at: At) -> list[str]:
    cache: Any = at("one").cache
    return sorted(path.name for path in cache.iterdir() if path.is_dir())


def test_a_home_is_a_copy_without_ledger_history_release_and_secret(at: At) -> None:
    assert not start_from_blank(at("one")), "nothing is made for a single home"
    assert not at("one").home.warehouse.exists()
    assert start_from_blank(at("one"), make=True)
    assert start_from_blank(at("two")), "the cache has one now"
    (name,) = cached(at)
    for home in (at("one").home, at("two").home):
        assert home.warehouse.read_text() == "warehouse"
        assert (home.blank / ANALYST_FILE).read_text() == f"{ANALYST_FILE} of {name}"
        assert all((home.dbt / name).exists() for name in PARSED)
        assert not {home.ledger, home.history, home.current_json, home.record_key_secret, home.home_json} & {
            *home.root.rglob("*")
        }


def test_a_home_that_has_run_and_homes_of_a_lake_are_left_alone(at: At, tmp_path: Path) -> None:
    old = at("old")
    old.home.ensure()
    old.home.warehouse.write_text("own")
    assert not start_from_blank(old, make=True)
    assert old.home.warehouse.read_text() == "own"
    assert not start_from_blank(at("lake", LAKE=str(tmp_path / "lake"), ENGINE="local"), make=True)
    assert not start_from_blank(at("none", cache="none"), make=True)
    assert not (tmp_path / "cache").exists()


def test_one_process_makes_the_blank_home_and_others_wait(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    made, begun, go_on = [], threading.Event(), threading.Event()

    def make_slowly(blank: Home) -> None:
        made.append(blank)
        begun.set()
        assert go_on.wait(30)
        make(blank)

    monkeypatch.setattr(blank_home, "_make", make_slowly)
    monkeypatch.setattr(blank_home, "private_files", nullcontext)  # the mask of new files is one for all threads
    threads = [threading.Thread(target=start_from_blank, args=(at(name),), kwargs={"make": True}) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    assert not at("one").home.warehouse.exists()
    assert not at("two").home.warehouse.exists()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert len(made) == 1
    assert at("one").home.warehouse.is_file()
    assert at("two").home.warehouse.is_file()


def test_what_a_kill_left_is_made_again_and_deleted(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(blank: Home) -> None:
        (blank.root.with_name(f"{UNFINISHED}0") / "dbt").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(blank_home, "_make", killed)
    with pytest.raises(KeyboardInterrupt):
        start_from_blank(at("one"), make=True)
    assert cached(at) == [f"{UNFINISHED}0"]
    assert not at("one").home.warehouse.exists()
    monkeypatch.setattr(blank_home, "_make", make)
    assert start_from_blank(at("one"), make=True)
    assert len(cached(at)) == 1
    assert not cached(at)[0].startswith(UNFINISHED)


def test_a_home_that_was_copied_in_part_is_copied_again(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    start_from_blank(at("one"), make=True)
    copy, copied = blank_home.shutil.copyfile, []

    def killed(source: Path, target: Path, **options: Any) -> None:
        copied.append(target)
        if Path(source).name == "warehouse.duckdb":
            raise KeyboardInterrupt
        copy(source, target, **options)

    with monkeypatch.context() as context:
        context.setattr(blank_home.shutil, "copyfile", killed)
        with pytest.raises(KeyboardInterrupt):
            start_from_blank(at("two"))
    assert copied
    assert not at("two").home.warehouse.exists()
    assert start_from_blank(at("two"))
    assert at("two").home.warehouse.is_file()


def test_blank_homes_of_older_versions_are_deleted(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for version in "abcd":
        monkeypatch.setattr(blank_home, "_version", lambda version=version: version)
        start_from_blank(at(version), make=True)
        names += [name for name in cached(at) if name not in names]
    assert len(names) == 4
    assert cached(at) == sorted(names[1:]), "this version, and the two that were used last"


def test_the_project_of_a_blank_home_is_parsed_once_for_all_forks(
    at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[Path] = []
    monkeypatch.setattr(blank_home, "parsed_project", lambda home: parsed.append(home.dbt_project))
    city = {"LEVELGROUND_HOME": str(tmp_path / "two"), "LEVELGROUND_CACHE": str(tmp_path / "cache")}
    blank_home.parse_blank_project(city)
    assert not parsed, "no blank home yet"
    start_from_blank(at("one"), make=True)
    with monkeypatch.context() as context:
        context.setattr(blank_home, "_copy_parsed", lambda blank, _home: (blank.root / "deleted").read_bytes())
        blank_home.parse_blank_project(city)
    assert not parsed, "another process deleted it meanwhile"
    for variables in (city, city, city | {"LEVELGROUND_CACHE": "none"}, city | {"LEVELGROUND_THREADS": "many"}):
        blank_home.parse_blank_project(variables)
    assert len(parsed) == 1
    assert not parsed[0].exists()
