"""Check the installed Python, packages, DuckDB extensions and engine against the versions that were locked and tested."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from orchestration.doctor.installation import CheckResult, Installation, error, ok, warning
from orchestration.settings import IS_CHECKOUT
from warehouse.connection import WarehouseError, check_extension
from warehouse.printable import first_names

EXTENSIONS = ("spatial",)
INSTALL = (
    "run `make run`, or `uv pip sync --require-hashes requirements.lock`, in the project"
    if IS_CHECKOUT
    else "install the wheel again with the locked versions: `uv tool install --force --constraints requirements.lock WHEEL`"
)
_LOCKED = re.compile(r"^[A-Za-z0-9][^#\\\n]*", re.MULTILINE)
NAMES_LISTED = 8


def python(_: Installation) -> Iterator[CheckResult]:
    """Check that this Python version is supported."""
    wanted, version = importlib.metadata.metadata("levelground")["Requires-Python"], platform.python_version()
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        yield error("this environment", f"Python {version}; supported is {wanted}")


def packages(installation: Installation) -> Iterator[CheckResult]:
    """Check that each package of the lock file is installed in the locked version."""
    file = installation.lock_file
    if not file.is_file():
        yield warning(file, "this lock file does not exist", "packages/missing file")
        return
    wanted = [Requirement(line) for line in _LOCKED.findall(file.read_text(encoding="utf-8"))]
    applicable = {each: version_of(each.name) for each in wanted if each.marker is None or each.marker.evaluate()}
    if not IS_CHECKOUT:  # the lock file also names what builds the wheel, and an installed wheel does not need it
        needed = {canonicalize_name(Requirement(line).name) for line in importlib.metadata.requires("levelground") or ()}
        applicable = {each: version for each, version in applicable.items() if version or canonicalize_name(each.name) in needed}
    missing = [each.name for each, version in applicable.items() if version is None]
    other = [
        f"{each.name} {version}, locked{each.specifier}"
        for each, version in applicable.items()
        if version is not None and not each.specifier.contains(version, prereleases=True)
    ]
    if missing:
        yield error(file, f"not installed: {first_names(missing, NAMES_LISTED)}")
    if other:
        yield error(file, f"other versions than locked: {first_names(other, NAMES_LISTED)}")
    if not missing and not other:
        yield ok(file, f"{len(applicable)} packages as locked")


def extensions(_: Installation) -> Iterator[CheckResult]:
    """Check that DuckDB's extensions load from their packages: nothing is downloaded at run time."""
    for name in EXTENSIONS:
        try:
            check_extension(name)
        except (WarehouseError, ModuleNotFoundError) as refused:
            yield error(f"duckdb-extension-{name}", f"does not load: {refused}")


def version_of(package: str) -> str | None:
    """The installed version of a package; None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


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
            yield error(where, refused.what, "engine/unavailable", remedy=refused.remedy)
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
            what, named = f"{requirement.name} {version}, tested with {tested}", f"{requirement.name}{tested}"
            yield error(f"the extra {extra}", what, "engine/package", requirement=named)
