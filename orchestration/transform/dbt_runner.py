"""dbt in this process: parse, and build a selection, with plain results.

Here: calling dbt and saying what became of each model, seed and test. Not here: what dbt is told (`dbt_inputs`), which
Dagster assets that makes (`assets`).

In process, dbt joins the DuckDB instance that the run holds: no lock changes hands, and imports are paid once.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.runs.errors import DbtError
from orchestration.runs.results import NodeResult
from orchestration.settings import DBT_PROJECT
from warehouse.connection import attach, database_path, detach, scratch
from warehouse.fingerprint import chunks_sha256
from warehouse.paths import RELEASE_FILES, Home
from warehouse.sql import without_values

QUALITY, PUBLISHED = "path:models/quality", "path:models/published"
# dbt's own logs are off: its messages and DuckDB's can quote cells. What is passed on is short and without them.
MESSAGE_CHARACTERS = 500
_PROJECTS: dict[tuple[str, str], Any] = {}


def _nobody(_name: str) -> None:
    return None


def project_fingerprint(sources: Path) -> str:
    """A hash over everything in the dbt project that decides what it builds."""
    folders = ("models", "macros", "seeds", "tests")
    files = [path for folder in folders for path in (DBT_PROJECT / folder).rglob("*") if path.is_file()]
    ordered = sorted({*files, sources, DBT_PROJECT / "dbt_project.yml", DBT_PROJECT / "profiles.yml"})
    return chunks_sha256(str(path.relative_to(DBT_PROJECT)).encode() + b"\x00" + path.read_bytes() for path in ordered)


def manifest(home: Home) -> dict[str, Any]:
    """dbt's manifest of the project as it is now; parsed again only when the project changed, or lies elsewhere."""
    kept, mark = home.dbt / "manifest.json", home.dbt / "manifest.fingerprint"
    fingerprint = _fingerprint()
    said = f"{fingerprint} {DBT_PROJECT}"
    if not (kept.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == said):
        home.ensure()
        if not (mark.is_file() and mark.read_text(encoding="utf-8").endswith(f" {DBT_PROJECT}")):
            # dbt reads seeds where they lay when it parsed them, which an upgrade may have moved
            (home.dbt / "partial_parse.msgpack").unlink(missing_ok=True)
        _PROJECTS.clear()
        _PROJECTS[str(home.root), fingerprint] = _invoke(home, ["parse"])
        gc.collect()  # a run looks for no garbage (`cli.program`), and a whole parse leaves hundreds of MB behind
        mark.write_text(said, encoding="utf-8")
    parsed: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return parsed


def _parsed(home: Home) -> Any:
    """The parsed project, kept from one build of a run to the next: reading it again takes a second each time."""
    key = (str(home.root), _fingerprint())
    if key not in _PROJECTS:
        _PROJECTS.clear()
        _PROJECTS[key] = _invoke(home, ["parse", "--no-write-json"])
    return _PROJECTS[key]


def _fingerprint() -> str:
    return project_fingerprint(DBT_PROJECT / "models" / "_sources.yml")


def build(
    home: Home,
    *,
    select: Sequence[str],
    whole: bool = False,
    on_node: Callable[[str], None] = _nobody,
) -> list[NodeResult]:
    """Build a selection; the run has the working warehouse open, and the candidate attached as `release` and `public`.

    `whole`: with all tests of what is selected; else the selection names the tests that it wants.

    `DbtError` names the models that could not be built. Failed tests are results, not errors.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--indirect-selection", "eager" if whole else "empty", "--select", *select]
    # nobody reads the artifacts of a build, and writing them takes a second
    outcome = _invoke(home, [*arguments, "--no-write-json"], on_node, _parsed(home))
    results = [_node(result) for result in outcome.results]
    broken = [result for result in results if not result.good and result.kind != "test" and result.status != "skipped"]
    if broken:
        said = "; ".join(f"{result.kind} {result.name}: {result.message}" for result in broken)
        raise DbtError(f"dbt could not build {said}. The last release stays as it is; mend the model and run again")
    return results


def close_dbt_connections() -> None:
    """Close the connection that dbt keeps until its process ends: whoever gets the run lock next opens the warehouse sooner."""
    loaded = sys.modules.get("dbt.adapters.duckdb.connections")  # a run without a build has not imported it
    if loaded is not None:
        loaded.DuckDBConnectionManager.close_all_connections()


def documented(home: Home, release_id: str | None, folder: Path) -> str:
    """dbt's documentation as one page, with the columns of a release; without one there are only models and their SQL.

    dbt asks a database of that name for its columns: a throw-away one, in `folder`, to which the release is attached read-only.
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
        arguments = ["docs", "generate", "--static", "--no-compile", *([] if release_id else ["--empty-catalog"])]
        try:
            _invoke(home, arguments, parsed=_parsed(home), target=target, warehouse=file)
        finally:
            for alias in attached:
                # dbt keeps a connection of its own, and with it all that is attached, until the process ends
                detach(connection, alias)
        return (target / "static_index.html").read_text(encoding="utf-8")


def _invoke(
    home: Home,
    arguments: list[str],
    on_node: Callable[[str], None] = _nobody,
    parsed: Any = None,
    target: Path | None = None,
    warehouse: Path | None = None,
) -> Any:
    """The result of one command; `parsed` is a manifest that an earlier parse returned, which saves reading the project again."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - a second to import, needed by runs only

    def told(event: Any) -> None:
        if event.info.name == "NodeFinished" and event.data.node_info.resource_type != "test":
            on_node(str(event.data.node_info.node_name))

    where = [
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(target or home.dbt),
        "--log-path",
        str(home.logs),
    ]
    with _environment(warehouse or home.warehouse):
        outcome = dbtRunner(manifest=parsed, callbacks=[told]).invoke(
            ["--quiet", "--no-use-colors", "--log-level", "none", "--log-level-file", "none", *arguments, *where]
        )
    if outcome.result is None:
        # parsing sees files of ours only, and quotes their names; whatever runs may quote a cell
        said = str(outcome.exception) if arguments[0] == "parse" else without_values(outcome.exception)
        said = " ".join(said.split())[:MESSAGE_CHARACTERS]
        raise DbtError(
            f"dbt stopped: {said}. The last release stays as it is; mend the model or restore the missing file, and run again"
        )
    return outcome.result


@contextmanager
def _environment(warehouse: Path) -> Iterator[None]:
    """The variables that profiles.yml reads. They are the same for a parse and a build, else dbt would parse again."""
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


def _node(result: Any) -> NodeResult:
    node = result.node
    tested = tuple(unique_id for unique_id in getattr(node.depends_on, "nodes", ()) if unique_id.startswith(("model.", "seed.")))
    attached = getattr(node, "attached_node", None)
    message = without_values(" ".join(str(result.message or "").split()))[:MESSAGE_CHARACTERS]
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(result.status),
        seconds=round(result.execution_time or 0.0, 3),
        failures=int(result.failures or 0),
        message=message,
        tested=(attached,) if attached else tested,
        relation=str(getattr(node, "relation_name", None) or "").replace('"', ""),
    )
