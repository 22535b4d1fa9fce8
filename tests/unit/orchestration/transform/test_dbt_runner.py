"""Messages of failed dbt tests, and when dbt parses the project."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from orchestration.runs.progress import NodeResult, failed_tests
from orchestration.transform import dbt_runner
from tests.support.shared import copy_parse
from warehouse.paths import Home


def _result(name: str, kind: str, status: str, failures: int = 0) -> NodeResult:
    return NodeResult(f"{kind}.levelground.{name}", name, kind, status, 0.1, failures, "", ())


def test_a_failed_test_has_a_message_and_a_skipped_test_has_none() -> None:
    results = [
        _result("fct_population", "model", "success"),
        _result("fct_population__groups_sum_to_everybody", "test", "fail", 9),
        _result("fct_population__is_filled", "test", "pass"),
        _result("fct_population__is_odd", "test", "warn", 2),
        _result("fct_goal_progress__is_filled", "test", "skipped"),
        _result("bridge_geography__cannot_be_read", "test", "error"),
    ]
    assert [result.found for result in failed_tests(results)] == [
        "dbt test fct_population__groups_sum_to_everybody found 9 rows",
        "dbt test bridge_geography__cannot_be_read found 0 rows",
    ]


@pytest.mark.parametrize(
    ("exception", "message"), [(MemoryError(), "dbt stopped: MemoryError."), (ValueError("no\n model"), "dbt stopped: no model.")]
)
def test_a_stopped_command_names_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exception: BaseException, message: str
) -> None:
    stopped = dbtRunnerResult(success=False, exception=exception)
    monkeypatch.setattr("dbt.cli.main.dbtRunner.invoke", lambda *_, **__: stopped)
    with pytest.raises(dbt_runner.DbtError, match=message):
        dbt_runner._invoke(Home(tmp_path), ["build"])


def test_a_moved_project_is_parsed_without_the_partial_parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, parsed = Home(tmp_path), []

    def parse(home: Home, arguments: list[str], warehouse: Path) -> SimpleNamespace:
        parsed.append((home.dbt / "partial_parse.msgpack.zst").exists())
        (home.dbt / "manifest.json").write_text("{}")
        (home.dbt / "partial_parse.msgpack").touch()
        return SimpleNamespace(nodes={})

    monkeypatch.setattr(dbt_runner, "_invoke", parse)
    monkeypatch.setattr(dbt_runner, "project_fingerprint", lambda _home, **_: "same")
    for project in ("/before", "/before", "/after", "/after"):
        monkeypatch.setattr(dbt_runner, "DBT_PROJECT", Path(project))
        dbt_runner.manifest(home)
    assert parsed == [False, False]  # once for each place, and never with what the other left


def test_the_parse_of_one_home_serves_another(parsed_dbt_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that was moved or copied parses nothing: dbt does so again when a variable of its profile differs."""
    home, events = Home(tmp_path / "home"), []

    class Observed(dbtRunner):
        def __init__(self, manifest: Any, callbacks: list[Any]) -> None:
            super().__init__(manifest, [*callbacks, lambda event: events.append(event.info.name)])

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Observed)
    monkeypatch.setattr(dbt_runner, "_PARSED", {})
    copy_parse(parsed_dbt_folder, home)
    dbt_runner.parsed_project(home)
    assert "PartialParsingSkipParsing" in events
    assert "UnableToPartialParse" not in events


def test_a_build_selects_its_nodes_by_a_tag_that_it_takes_away_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = {name: SimpleNamespace(tags=["own"]) for name in ("model.levelground.a", "model.levelground.b", "test.levelground.c")}
    selections: list[tuple[list[str], list[str]]] = []

    def invoke(_home: Home, arguments: list[str], _on_node: object, parsed: Any) -> Any:
        selections.append((arguments, [name for name, node in parsed.nodes.items() if dbt_runner.SELECTED in node.tags]))
        raise KeyboardInterrupt

    monkeypatch.setattr(dbt_runner, "_invoke", invoke)
    monkeypatch.setattr(dbt_runner, "parsed_project", lambda _home: SimpleNamespace(nodes=nodes))
    chosen = {"model.levelground.a", "test.levelground.c"}
    with pytest.raises(KeyboardInterrupt):
        dbt_runner.build_nodes(Home(tmp_path), chosen)
    ((arguments, tagged),) = selections
    assert arguments[arguments.index("--select") + 1 :][:1] == [f"tag:{dbt_runner.SELECTED}"]
    assert arguments[arguments.index("--indirect-selection") + 1] == "empty"
    assert set(tagged) == chosen
    assert {tuple(node.tags) for node in nodes.values()} == {("own",)}


SMALL_PROJECT = {
    "dbt_project.yml": "{name: x, version: '1.0', config-version: 2, profile: x, model-paths: [models]}",
    "profiles.yml": "x: {target: x, outputs: {x: {type: duckdb, path: \"{{ env_var('LEVELGROUND_WAREHOUSE_FILE') }}\"}}}",
    "seeds/places.csv": "place\n53000\n",
    "models/calls.sql": "{{ config(materialized='ephemeral') }} select 1 as n",
    "models/calls__counts.sql": "{{ config(materialized='ephemeral') }} select n + 1 as n from {{ ref('calls') }}",
    "models/measures.sql": "{{ config(materialized='table') }} select * from {{ ref('calls__counts') }}",
}


@pytest.fixture
def small_project(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.ensure()
    for name, text in SMALL_PROJECT.items():
        file = home.dbt_project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return home


def test_a_build_follows_a_command_that_compiles_seeds(small_project: Home) -> None:
    """dbt marks a seed as compiled although it has no SQL, and the mark cannot be taken off."""
    parsed = dbt_runner._parse(small_project)
    dbt_runner._invoke(small_project, ["compile", "--no-write-json"], parsed=parsed)
    built = dbt_runner._invoke(small_project, ["build", "--no-write-json"], parsed=parsed).results
    assert {result.node.name: result.status for result in built} == {"places": "success", "measures": "success"}


def test_a_model_over_an_ephemeral_one_is_built_by_each_run_of_a_process(small_project: Home) -> None:
    """dbt marks the nodes of a parse as compiled; the second build of a process found no `__dbt__cte__calls__counts`."""
    home = small_project
    parsed, figures = dbt_runner._parse(home), []
    for added in ("1", "41"):
        parsed.nodes["model.x.calls"].raw_code = f"{{{{ config(materialized='ephemeral') }}}} select {added} as n"
        outcome = dbt_runner._invoke(home, ["build", "--no-write-json", "--select", "measures"], parsed=parsed)
        assert [result.status for result in outcome.results] == ["success"], outcome.results[0].message
        dbt_runner.close_dbt_connections()
        with duckdb.connect(str(home.warehouse), read_only=True) as con:
            figures += con.execute("select n from measures").fetchall()
    assert figures == [(2,), (42,)]
