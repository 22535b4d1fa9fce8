"""Check the engine of `LEVELGROUND_ENGINE`: its package, its nodes, and what each has installed."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from orchestration.doctor.check_result import CheckResult, error, ok
from orchestration.doctor.installation import Installation
from warehouse.worker import SAME_INSTALLATION

SETTING = "LEVELGROUND_ENGINE"
REFUSED = "the runs that start tasks fail, and the last release stays"


def engine(installation: Installation) -> Iterator[CheckResult]:
    """Check that the engine can start tasks; nothing is started if no engine is set."""
    settings = installation.settings
    if settings.engine is None:
        yield ok("engine", SETTING, "is not set; the run's process builds everything")
        return
    from orchestration.engines import EngineUnavailable, start_engine  # noqa: PLC0415 - only where one is set

    yield from _package(settings.engine)
    where = f"{settings.engine} {settings.engine_address or 'on this machine'}"
    with tempfile.TemporaryDirectory() as folder:
        engine = start_engine(settings, settings.threads or 1, memory_limit="1 GiB", spill=Path(folder))
        try:
            nodes = engine.nodes()
        except EngineUnavailable as refused:
            yield error("engine", where, refused.what, REFUSED, refused.remedy)
            return
    for node in nodes:
        if node.problem:
            yield error("engine", f"{where}, node {node.name}", node.problem, "it refuses every task", SAME_INSTALLATION)
    if not any(node.problem for node in nodes):
        yield ok("engine", where, f"{len(nodes)} node(s) with {sum(node.cpus for node in nodes)} CPUs, installed as here")


def _package(extra: str) -> Iterator[CheckResult]:
    """Compare the packages of the engine's extra with what is installed; the engine itself reports a missing one."""
    for requirement in map(Requirement, importlib.metadata.requires("levelground") or ()):
        if requirement.marker is None or not requirement.marker.evaluate({"extra": extra}) or requirement.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            remedy = f"install it: `uv pip install '{requirement.name}{requirement.specifier}'`"
            what = f"{requirement.name} {version}, tested with {requirement.specifier}"
            yield error("engine", f"the extra {extra}", what, "no test has run tasks with it", remedy)
