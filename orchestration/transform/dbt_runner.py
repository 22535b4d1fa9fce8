"""Run dbt in this process: parse, build a selection, write its documentation. The only module that calls dbt.

dbt joins the DuckDB instance that the run has open, so the database lock is not handed over and dbt is imported once. Beyond the
command line, this uses what dbt does not promise to keep: the results and events of `dbtRunner`, what it writes into nodes, the
names of files in its target folder, and the connection manager of dbt-duckdb. Tested with dbt-core 1.11.16 and dbt-duckdb 1.11.1;
`tests/contract/test_private_apis.py` fails with any other version and names what to check.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.runs.errors import DbtError
from orchestration.runs.progress import NodeResult, OnNode, current_reporter
from orchestration.settings import DBT_PROJECT
from orchestration.transform.dbt_project import project_fingerprint
from warehouse.connection import attach, database_path, detach, scratch
from warehouse.packed import pack, packed, read_packed, unpack
from warehouse.paths import RELEASE_FILES, Home
from warehouse.sql import without_values

QUALITY, PUBLISHED = "path:models/quality", "path:models/published"
# the tag of the nodes of a build, in the parsed project of this process only
SELECTED = "levelground_selected"
# dbt's own logs are off, because its messages and DuckDB's can quote cells. Messages that are passed on are cut and quote none.
MESSAGE_CHARACTERS = 500
# Both are compressed in a home: 20 MB become 1.7.
MANIFEST, PARTIAL_PARSE = "manifest.json", "partial_parse.msgpack"
# what dbt's page has in place of manifest and catalog
INLINE_DATA = ('"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"')
# A parse names the warehouse and does not open it. One name for all homes keeps a parse valid in a home that was moved or copied.
PARSED_WAREHOUSE = Path("warehouse.duckdb")
# fingerprint of the parse → the parsed project
_PARSED: dict[str, Any] = {}


def _ignore(_result: NodeResult) -> None:
    return None


def manifest(home: Home) -> dict[str, Any]:
    """dbt's manifest of the current project; dbt parses again only if more than rows of seeds changed, or it was moved."""
    file, mark = home.dbt / MANIFEST, home.dbt / "manifest.fingerprint"
    fingerprint = project_fingerprint(home, with_rows=False)
    expected = f"{fingerprint} {DBT_PROJECT}"
    if not (packed(file).is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == expected):
        home.ensure()
        if not (mark.is_file() and mark.read_text(encoding="utf-8").endswith(f" {DBT_PROJECT}")):
            # A partial parse holds absolute paths of seeds, which an upgrade may have moved.
            packed(home.dbt / PARTIAL_PARSE).unlink(missing_ok=True)
            (home.dbt / PARTIAL_PARSE).unlink(missing_ok=True)
        _PARSED.clear()
        _PARSED[fingerprint] = _parse(home)
        pack(file)
        gc.collect()  # Python's garbage collector is paused during a run, and a whole parse leaves hundreds of MB behind.
        mark.write_text(expected, encoding="utf-8")
    parsed: dict[str, Any] = json.loads(read_packed(file))
    return parsed


def parsed_project(home: Home) -> Any:
    """The parsed project, cached between the builds of a run: reading it again takes a second each time."""
    fingerprint = project_fingerprint(home, with_rows=False)
    if fingerprint not in _PARSED:
        _PARSED.clear()
        _PARSED[fingerprint] = _parse(home, "--no-write-json")
    project = _PARSED[fingerprint]
    for node in project.nodes.values():
        if hasattr(node, "root_path"):  # a seed: dbt-duckdb reads its file here, and another home may have been parsed
            node.root_path = str(home.dbt_project)
    return project


def _parse(home: Home, *options: str) -> Any:
    unpack(home.dbt / PARTIAL_PARSE)
    try:
        return _invoke(home, ["parse", *options], warehouse=PARSED_WAREHOUSE)
    finally:
        pack(home.dbt / PARTIAL_PARSE)


def build(home: Home, *, select: Sequence[str], all_tests: bool = False, on_node: OnNode = _ignore) -> list[NodeResult]:
    """Build a selection; the run has the working warehouse open, and the candidate attached as `release` and `public`.

    With `all_tests`, dbt runs every test of what is selected; otherwise only the tests that are selected themselves. `DbtError`
    names the models that could not be built. Failed tests are results, not errors.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--indirect-selection", "eager" if all_tests else "empty", "--select", *select]
    # Nothing reads the artifacts of a build, and writing them takes a second.
    outcome = _invoke(home, [*arguments, "--no-write-json"], on_node, parsed_project(home))
    for unread in (home.dbt / "run", *(home.dbt / "compiled").rglob("*.yml")):  # what ran is compiled/; results quote their tests
        shutil.rmtree(unread, ignore_errors=True)
    (home.dbt / "graph_summary.json").unlink(missing_ok=True)
    results = [_node_result(result) for result in outcome.results]
    broken = [result for result in results if not result.succeeded and result.kind != "test" and result.status != "skipped"]
    if broken:
        failures = "; ".join(f"{result.kind} {result.name}: {result.message}" for result in broken)
        raise DbtError(f"dbt could not build {failures}. The last release stays public; fix the model and run again")
    return results


def run_unit_tests(home: Home, models: Collection[str]) -> list[NodeResult]:
    """Run the unit tests of these models (names): their fixtures take the columns of the tables that exist."""
    tested = [test["name"] for test in manifest(home)["unit_tests"].values() if test["model"] in set(models)]
    if not tested:
        return []
    outcome = _invoke(home, ["test", "--no-write-json", "--select", *tested], parsed=parsed_project(home))
    return [_node_result(result) for result in outcome.results]


def build_nodes(home: Home, nodes: Collection[str], on_node: OnNode = _ignore) -> list[NodeResult]:
    """Build the models and seeds, and run the tests, that have these ids; see `build`."""
    with _tagged(home, nodes) as tag:
        return build(home, select=[tag], on_node=on_node)


def compile_models(home: Home, models: Collection[str]) -> dict[str, str]:
    """The SQL of models by id, as dbt runs it to build them from the beginning. What they read must exist."""
    with _tagged(home, models) as tag:
        outcome = _invoke(home, ["compile", "--full-refresh", "--no-write-json", "--select", tag], parsed=parsed_project(home))
    return {result.node.unique_id: str(result.node.compiled_code) for result in outcome.results}


@contextmanager
def replaced_sql(home: Home, selects: Mapping[str, str], *, as_views: bool = False) -> Iterator[None]:
    """Build models (by id) from other code, as views or as configured; their columns, descriptions and tests stay."""
    nodes = {unique_id: parsed_project(home).nodes[unique_id] for unique_id in selects}
    before = {unique_id: (node.raw_code, node.config.materialized) for unique_id, node in nodes.items()}
    for unique_id, node in nodes.items():
        node.raw_code = selects[unique_id]
        if as_views:
            node.config.materialized = "view"
    try:
        yield
    finally:
        for unique_id, node in nodes.items():
            node.raw_code, node.config.materialized = before[unique_id]


@contextmanager
def _tagged(home: Home, nodes: Collection[str]) -> Iterator[str]:
    """A selection of these nodes. dbt compares every name of a selection with every node, but a tag only once per node."""
    chosen = [node for unique_id, node in parsed_project(home).nodes.items() if unique_id in nodes]
    for node in chosen:
        node.tags = [*node.tags, SELECTED]
    try:
        yield f"tag:{SELECTED}"
    finally:
        for node in chosen:
            node.tags = [tag for tag in node.tags if tag != SELECTED]


def tests_by_model(home: Home, tests: Collection[str]) -> dict[str, set[str]]:
    """The model or seed → those of the tests that test it."""
    found: dict[str, set[str]] = {}
    for unique_id, node in parsed_project(home).nodes.items():
        if unique_id in tests:
            for tested in _tested(node):
                found.setdefault(tested, set()).add(unique_id)
    return found


def close_dbt_connections() -> None:
    """Close the connection that dbt keeps until its process ends, so that the next process can open the warehouse at once."""
    connections = sys.modules.get("dbt.adapters.duckdb.connections")  # not imported if the run built nothing
    if connections is not None:
        connections.DuckDBConnectionManager.close_all_connections()


def documentation(home: Home, release_id: str | None, folder: Path) -> tuple[str, dict[str, str]]:
    """dbt's page of documentation, and the JSON by the text of the page that it replaces.

    The catalog contains the columns of a release; without a release it is empty. dbt's option `--static` would put the JSON in
    place without escaping it, so that a description could end the page's script.

    dbt reads the columns from a database of the profile's name: a temporary one in `folder`, to which the release is attached
    read-only.
    """
    project = manifest(home)
    with scratch(folder, "warehouse") as connection:
        attached = ("release", "public") if release_id is not None else ()
        for alias, name in zip(attached, RELEASE_FILES, strict=False):
            attach(connection, home.release(str(release_id)) / name, alias, read_only=True)
        file = database_path(connection)
        target = file.parent / "target"
        target.mkdir()
        (target / "manifest.json").write_text(json.dumps(project), encoding="utf-8")
        arguments = ["docs", "generate", "--no-compile", *([] if release_id else ["--empty-catalog"])]
        try:
            _invoke(home, arguments, parsed=parsed_project(home), target=target, warehouse=file)
        finally:
            for alias in attached:
                # dbt keeps a connection of its own until the process ends, and with it every attached database.
                detach(connection, alias)
        page, *data = ((target / name).read_text(encoding="utf-8") for name in ("index.html", "manifest.json", "catalog.json"))
        return page, dict(zip(INLINE_DATA, data, strict=True))


def _invoke(
    home: Home,
    arguments: list[str],
    on_node: OnNode = _ignore,
    parsed: Any = None,
    target: Path | None = None,
    warehouse: Path | None = None,
) -> Any:
    """The result of one dbt command. With `parsed`, the manifest of an earlier parse, dbt does not read the project again."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - a second to import, needed by runs only

    nodes = {} if parsed is None else parsed.nodes
    _forget_compiled(nodes.values())

    def on_event(event: Any) -> None:
        if event.info.name == "LogStartLine":
            current_reporter().item(str(event.data.node_info.node_name), event.data.index, event.data.total)
        if event.info.name == "NodeFinished" and event.data.node_info.unique_id in nodes:
            # without its message, which the result of the command has
            node, ran = nodes[event.data.node_info.unique_id], event.data.run_result
            on_node(_result(node, event.data.node_info.node_status, ran.execution_time, ran.num_failures))

    folders = {"project-dir": home.dbt_project, "profiles-dir": home.dbt_project, "target-path": target or home.dbt}
    where = [f"--{option}={folder}" for option, folder in (folders | {"log-path": home.logs}).items()]
    with _environment(warehouse or home.warehouse):
        outcome = dbtRunner(manifest=parsed, callbacks=[on_event]).invoke(
            ["--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none", *arguments, *where]
        )
    if outcome.exception is not None and not isinstance(outcome.exception, Exception):
        raise outcome.exception  # an interrupt, which is not dbt's
    if outcome.result is None:
        # A parse reads only our own files, and quotes their names; other commands may quote a cell.
        error = str(outcome.exception) if arguments[0] == "parse" else without_values(outcome.exception)
        # An exception without a text (MemoryError) is reported by its name.
        error = " ".join(error.split())[:MESSAGE_CHARACTERS] or type(outcome.exception).__name__
        raise DbtError(
            f"dbt stopped: {error}. The last release stays public; fix the model or restore the missing file, and run again"
        )
    return outcome.result


def _forget_compiled(nodes: Iterable[Any]) -> None:
    """Let dbt compile every node again. It injects ephemeral parents only into the first SQL of a node, and keeps theirs."""
    for node in nodes:
        if getattr(node, "compiled", False) and node.resource_type != "seed":  # a seed has no SQL, and dbt marks it all the same
            node.compiled, node.compiled_code, node._pre_injected_sql = False, None, None
            node.extra_ctes, node.extra_ctes_injected = [], False


@contextmanager
def _environment(warehouse: Path) -> Iterator[None]:
    """Set the variables that profiles.yml reads. dbt parses again if they differ between two parses."""
    wanted = {"LEVELGROUND_WAREHOUSE_FILE": str(warehouse), "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _node_result(result: Any) -> NodeResult:
    message = without_values(" ".join(str(result.message or "").split()))[:MESSAGE_CHARACTERS]
    query = str(getattr(result.node, "compiled_code", None) or "") if result.failures else ""
    return _result(result.node, result.status, result.execution_time or 0.0, result.failures or 0, message, query)


def _result(node: Any, status: Any, seconds: float, failures: int, message: str = "", query: str = "") -> NodeResult:
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(status),
        seconds=round(seconds, 3),
        failures=int(failures),
        message=message,
        tested=_tested(node),
        relation=str(getattr(node, "relation_name", None) or "").replace('"', ""),
        query=query,
        is_view=node.config.materialized == "view",
        column=str(getattr(node, "column_name", None) or ""),
    )


def _tested(node: Any) -> tuple[str, ...]:
    """The model that a test is attached to, else all that it reads."""
    attached = getattr(node, "attached_node", None)
    parents = (unique_id for unique_id in getattr(node.depends_on, "nodes", ()) if unique_id.startswith(("model.", "seed.")))
    return (attached,) if attached else tuple(parents)
