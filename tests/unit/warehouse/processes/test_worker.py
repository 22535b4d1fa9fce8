"""A task is a call of a function of this code, and its answer contains no cell of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from warehouse.processes.worker import Resources, Task, WorkerRefused, call, installation

ERRORS = {
    "cell": lambda: duckdb.sql("select cast('Jane Q. Canary' as integer)").fetchall(),
    "refused": lambda: (_ for _ in ()).throw(WorkerRefused("install the same requirements.lock")),
}


def doubled(arguments: Mapping[str, Any], resources: Resources) -> Mapping[str, Any]:
    return {"doubled": arguments["number"] * 2, "threads": resources.threads}


def fails(arguments: Mapping[str, Any], resources: Resources) -> Mapping[str, Any]:
    ERRORS[arguments["how"]]()
    return {"threads": resources.threads}


@pytest.fixture(autouse=True)
def _allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.processes.worker.PACKAGES", (__name__.partition(".")[0],))


def test_a_task_calls_its_function_with_its_arguments() -> None:
    task = Task.calling(doubled, {"number": 21}, "a number")
    answer = call(task, Resources(threads=1))
    assert answer["result"] == {"doubled": 42, "threads": 1}
    assert 0 <= answer["seconds"] < 60
    assert 0 <= answer["cpu_seconds"] < 60


def test_an_error_contains_no_cell() -> None:
    answer = call(Task.calling(fails, {"how": "cell"}, "a number"), Resources())
    assert answer["error"].startswith("ConversionException")
    assert "Canary" not in answer["error"]


def test_the_reason_of_a_refusal_is_reported() -> None:
    assert "requirements.lock" in call(Task.calling(fails, {"how": "refused"}, "a number"), Resources())["error"]


def test_only_functions_of_this_code_are_called() -> None:
    assert "no function of this code" in call(Task("os:getcwd", {}, "a folder"), Resources())["error"]


def test_a_worker_with_another_installation_refuses_the_task() -> None:
    task, own = Task.calling(doubled, {"number": 21}, "a number"), installation()
    assert call(task, Resources(), own)["result"]["doubled"] == 42
    answer = call(task, Resources(), replace(own, duckdb="0.1.0", code="other"))
    assert f"DuckDB {own.duckdb} instead of 0.1.0, the code of Levelground {own.code} instead of other" in answer["error"]
    assert "install the same wheel" in answer["error"]
