"""Check the engine of `LEVELGROUND_ENGINE`: its package, its nodes, and what each has installed."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from orchestration.doctor.check_result import CheckResult, error, ok
from orchestration.doctor.installation import Installation
from orchestration.doctor.packages import version_of


def engine(installation: Installation) -> Iterator[CheckResult]:
    """Check that the engine can start tasks; nothing is started if no engine is set."""
    settings = installation.settings
    if settings.engine is None:
        yield ok("LEVELGROUND_ENGINE", "is not set; the run's process builds everything")
        return
    from orchestration.engines import EngineUnavailable, start_engine  # noqa: PLC0415 - only where one is set

    yield from _package(settings.engine)
    where = f"{settings.engine} {settings.engine_address or 'on this machine'}"
    with tempfile.TemporaryDirectory() as folder:
        engine = start_engine(settings, settings.threads or 1, memory_limit="1 GiB", spill=Path(folder))
        try:
            nodes = engine.nodes()
        except EngineUnavailable as refused:
            yield error(where, refused.what, refused.remedy)
            return
    for node in nodes:
        if node.problem:
            yield error(f"{where}, node {node.name}", node.problem)
    if not any(node.problem for node in nodes):
        yield ok(where, f"{len(nodes)} node(s) with {sum(node.cpus for node in nodes)} CPUs, installed as here")


def _package(extra: str) -> Iterator[CheckResult]:
    """Compare the packages of the engine's extra with what is installed; the engine itself reports a missing one."""
    for requirement in map(Requirement, importlib.metadata.requires("levelground") or ()):
        if requirement.marker is None or not requirement.marker.evaluate({"extra": extra}) or requirement.marker.evaluate():
            continue
        version, tested = version_of(requirement.name), requirement.specifier
        if version is not None and not tested.contains(version, prereleases=True):
            remedy = f"install it: `uv pip install '{requirement.name}{tested}'`"
            yield error(f"the extra {extra}", f"{requirement.name} {version}, tested with {tested}", remedy)
