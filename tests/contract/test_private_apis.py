"""Private APIs of a library are used in one module, which names the version that it was tested with.

Add a row to `USES` when another library's private API is needed.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import dagster._cli.dev
import dagster_webserver.cli
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.results import NodeResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.nodes import GenericTestNode
from dbt.events.core_types_pb2 import NodeFinished, NodeInfo, RunResultMsg
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.expectations.expectation import BatchExpectation

from orchestration.settings import PROJECT
from orchestration.transform.dbt_runner import PARTIAL_PARSE

PRELOADS = "orchestration/cities/batch.py"
DBT_RUNNER = "orchestration/transform/dbt_runner.py"
DBT_VERSIONS = {"dbt-core": "1.11.16", "dbt-duckdb": "1.11.1"}
DBT_REMEDY = (
    "run tests/unit/orchestration/transform/test_dbt_runner.py, tests/integration/test_one_instance.py and a sample run with the "
    "new version, compare dbt's results and events with _invoke and _node_result of the module, then name the version in both"
)
PACKAGES = ("orchestration", "expectations", "ingest", "warehouse")


class Use(NamedTuple):
    """The one module that uses a library's private modules, the version it was tested with, what to do if it breaks."""

    module: str
    version: str
    remedy: str


# One module per purpose.
USES = {
    "dagster": (
        Use(
            "orchestration/defs/streaming.py",
            "1.13.27",
            "run tests/unit/orchestration/defs/test_streaming.py with the new version. If it fails, compare "
            "_log_materialization_or_observation_events_for_asset with the module; without the key, each mart has two "
            "materializations per build",
        ),
        Use(
            "orchestration/instance/dagster_runs.py",
            "1.13.27",
            "run tests/unit/orchestration/instance/test_code_location.py with the new version. If it fails, compare "
            "execute_in_process, create_run_for_job and TickData with the module; without it, Timeline and Jobs leave out runs "
            "of the command line",
        ),
        Use(
            "orchestration/instance/event_log_storage.py",
            "1.13.27",
            "run tests/unit/orchestration/instance/test_event_log_storage.py with the new version. If it fails, delete the block "
            "event_log_storage of dagster.yaml: Dagster's own storage uses the same files",
        ),
        Use(
            "orchestration/instance/dagster_runs.py",
            "1.13.27",
            "run tests/unit/orchestration/instance/test_log_copies.py with the new version. If it fails, compare "
            "dagster/_core/execution/compute_logs.py and the module; without it, Ctrl-C prints tracebacks of Dagster's watchers",
        ),
        Use(
            "orchestration/instance/web/webserver.py",
            "1.13.27",
            "run tests/e2e/test_ui.py with the new version. If it fails, compare dagster/_cli/dev.py, dagster_webserver/cli.py "
            "and the module: without it, any web page can start runs",
        ),
    ),
}


# Libraries whose classes the module extends, with private methods of theirs, by the name of the distribution.
EXTENDED = {
    "great-expectations": Use(
        "expectations/engine/custom_expectations.py",
        "1.24.1",
        "run tests/unit/expectations/engine and tests/integration/test_gates.py with the new version. If they fail, delete the "
        "overrides _get_domain_kwargs, _get_success_kwargs, _get_success_kwarg and replace_column_types: they only save time",
    ),
    "duckdb-sqlalchemy": Use(
        "warehouse/dialect.py",
        "1.5.6.5",
        "run tests/unit/warehouse/test_dialect.py with the new version. If _buffer_pending_result is gone, fetch the pending "
        "result into the cursor in do_rollback; if the plain dialect no longer loses late results, delete the override",
    ),
}


def private_imports(code: str) -> Iterator[str]:
    """Yield each imported module or name that is private, as its library marks it by a leading underscore."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if any(part[:1] == "_" and part[:2] != "__" for part in name.split(".")[1:]))


class Module(NamedTuple):
    """The private imports of a module, the names it imports by the library's module, and the bases of its classes."""

    private: list[str]
    imported: list[tuple[str, str]]
    bases: list[str]


@cache
def modules() -> dict[str, Module]:
    """Each module of the packages, parsed once for all libraries."""
    found = {}
    for path in (path for package in PACKAGES for path in (PROJECT / package).rglob("*.py")):
        code = path.read_text()
        nodes = list(ast.walk(ast.parse(code)))
        froms = (node for node in nodes if isinstance(node, ast.ImportFrom))
        classes = (node for node in nodes if isinstance(node, ast.ClassDef))
        found[str(path.relative_to(PROJECT))] = Module(
            list(private_imports(code)),
            [(f"{node.module}.", alias.asname or alias.name) for node in froms for alias in node.names],
            [ast.unparse(base) for node in classes for base in node.bases],
        )
    return found


def found(library: str) -> dict[str, list[str]]:
    uses = {name: [used for used in module.private if used.startswith(f"{library}.")] for name, module in modules().items()}
    return {module: names for module, names in uses.items() if names}


@pytest.mark.parametrize("code", ["import dagster._daemon", "from dagster._core.x import Y", "from dagster import _private"])
def test_a_private_import_is_found(code: str) -> None:
    assert list(private_imports(f"def late():\n    {code}\n"))


@pytest.mark.parametrize("library", ["dagster", "great_expectations", "dlt", "dbt", "duckdb_sqlalchemy"])
def test_a_private_module_is_imported_in_named_places(library: str) -> None:
    expected = {use.module for use in USES.get(library, ())}
    assert set(found(library)) == expected, f"keep the private API of {library} in one module per purpose: {found(library)}"


@pytest.mark.parametrize(("library", "use"), [(library, use) for library, uses in USES.items() for use in uses])
def test_the_installed_version_is_the_tested_one(library: str, use: Use) -> None:
    assert version(library) == use.version, f"{library} was upgraded: {use.remedy}; then name the version here and in the module"
    assert use.version in (PROJECT / use.module).read_text(), f"{use.module} names another version than this test"


def test_dagsters_storage_has_what_ours_overrides() -> None:
    used = {
        "_connect",
        "_initdb",
        "path_for_shard",
        "conn_string_for_shard",
        "index_connection",
        "delete_events",
        "wipe",
        "watch",
    }
    _, _, storage, *_ = USES["dagster"]
    assert used <= set(dir(SqliteEventLogStorage)), storage.remedy
    source = Path(inspect.getfile(SqliteEventLogStorage)).read_text()
    fields = ("_db_lock", "_initialized_dbs", "_watchers", "_obs", "_base_dir")
    assert [name for name in fields if f"self.{name}" not in source] == [], storage.remedy


def test_dagster_starts_its_web_server_by_what_is_replaced() -> None:
    """A server that is started in another way would have no rules in front of it."""
    *_, webserver = USES["dagster"]
    assert version("dagster-webserver") == webserver.version, webserver.remedy
    serving = inspect.getsource(dagster_webserver.cli.host_dagster_ui_with_workspace_process_context)
    assert "app = create_app_from_workspace_process_context(" in serving, webserver.remedy
    starting = inspect.getsource(dagster._cli.dev.dev_command_impl)
    assert re.search(r'open_ipc_subprocess\(\s*\[sys.executable, "-m", "dagster_webserver"\]', starting), webserver.remedy
    assert starting.count("open_ipc_subprocess(") == 2, webserver.remedy


@pytest.mark.parametrize("library", list(DBT_VERSIONS))
def test_dbt_is_the_tested_version(library: str) -> None:
    assert version(library) == DBT_VERSIONS[library], f"{library} was upgraded: {DBT_REMEDY}"
    assert f"{library} {DBT_VERSIONS[library]}" in (PROJECT / DBT_RUNNER).read_text(), f"{DBT_RUNNER} names another {library}"


def test_dbt_is_called_in_one_module() -> None:
    """An import of dbt, or the name of one of its modules for `sys.modules`; a worker of cities imports two beforehand."""
    calls = re.compile(r"^\s*(?:from|import) dbt[.\s]|[\"']dbt\.", re.MULTILINE)
    files = (path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
    assert {str(path.relative_to(PROJECT)) for path in files if calls.search(path.read_text())} == {DBT_RUNNER, PRELOADS}


def test_dbt_has_what_its_runner_uses() -> None:
    assert {"manifest", "callbacks"} <= set(inspect.signature(dbtRunner).parameters), DBT_REMEDY
    assert {"success", "exception", "result"} <= set(dbtRunnerResult.__dataclass_fields__), DBT_REMEDY
    assert {"node", "status", "execution_time", "failures", "message"} <= set(NodeResult.__dataclass_fields__), DBT_REMEDY
    assert {"depends_on", "relation_name", "attached_node"} <= set(GenericTestNode.__dataclass_fields__), DBT_REMEDY
    assert {"unique_id", "node_status", "node_name"} <= {field.name for field in NodeInfo.DESCRIPTOR.fields}, DBT_REMEDY
    assert {"node_info", "run_result"} <= {field.name for field in NodeFinished.DESCRIPTOR.fields}, DBT_REMEDY
    assert {"execution_time", "num_failures"} <= {field.name for field in RunResultMsg.DESCRIPTOR.fields}, DBT_REMEDY
    assert PARTIAL_PARSE == PARTIAL_PARSE_FILE_NAME, DBT_REMEDY
    assert callable(DuckDBConnectionManager.close_all_connections), DBT_REMEDY


@pytest.mark.parametrize("library", list(EXTENDED))
def test_an_extended_library_has_the_tested_version(library: str) -> None:
    use = EXTENDED[library]
    assert version(library) == use.version, f"{library} was upgraded: {use.remedy}; then name the version here and in the module"
    assert f"{library} {use.version}" in (PROJECT / use.module).read_text(), f"{use.module} names another version than this test"


def extending(library: str) -> set[str]:
    """The modules with a class whose base they import from the library."""
    extended = set()
    for name, module in modules().items():
        names = {imported for source, imported in module.imported if source.startswith(f"{library}.")} | {library}
        if any(base.partition(".")[0] in names for base in module.bases):
            extended.add(name)
    return extended


@pytest.mark.parametrize("library", list(EXTENDED))
def test_a_library_is_extended_in_one_module(library: str) -> None:
    assert extending(library.replace("-", "_")) == {EXTENDED[library].module}


def test_extended_classes_have_the_private_methods_that_are_used() -> None:
    overridden = {"_validate", "_get_domain_kwargs", "_get_success_kwargs", "_get_success_kwarg"}
    assert overridden <= set(dir(BatchExpectation)), EXTENDED["great-expectations"].remedy
    assert callable(getattr(ConnectionWrapper, "_buffer_pending_result", None)), EXTENDED["duckdb-sqlalchemy"].remedy
