"""What is installed: Python, the packages of the lock file, DuckDB's extensions.

Here: comparing the environment with what was locked and tested. Not here: what the packages do.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from orchestration.doctor.findings import Finding, Installation, ok, warning, wrong
from orchestration.settings import PROJECT
from warehouse.connection import WarehouseError, extension_loads

EXTENSIONS = ("spatial",)
INSTALL = "run `make run`, or `uv pip sync --require-hashes requirements.lock`, in the project"
_LOCKED = re.compile(r"^[A-Za-z0-9][^#\\\n]*", re.MULTILINE)
SHOWN = 8


def python(_: Installation) -> Iterator[Finding]:
    """Whether this is a Python that is tested."""
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    version = platform.python_version()
    if SpecifierSet(wanted).contains(version, prereleases=True):
        yield ok("python", "this environment", f"Python {version}")
    else:
        remedy = "make the environment again with a Python that is: `make clean run PYTHON=python3.12`"
        what = f"Python {version}, and {wanted} is supported"
        yield wrong("python", "this environment", what, "nothing is tested on it", remedy)


def packages(installation: Installation) -> Iterator[Finding]:
    """Whether each package of the lock file is there in its version."""
    file = installation.lock_file
    if not file.is_file():
        why = "versions that were never tried together may be installed"
        yield warning("packages", file, "there is no lock file", why, "check the project out again")
        return
    wanted = [Requirement(line) for line in _LOCKED.findall(file.read_text(encoding="utf-8"))]
    meant = [requirement for requirement in wanted if requirement.marker is None or requirement.marker.evaluate()]
    missing, other = [], []
    for requirement in meant:
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            other.append(f"{requirement.name} {version}, locked{requirement.specifier}")
    if missing:
        yield wrong("packages", file, f"not installed: {_few(missing)}", "commands that need them fail", INSTALL)
    if other:
        yield wrong("packages", file, f"other versions than locked: {_few(other)}", "they were not tried together", INSTALL)
    if not missing and not other:
        yield ok("packages", file, f"{len(meant)} packages as locked")


def extensions(_: Installation) -> Iterator[Finding]:
    """Whether DuckDB's extensions load from their packages: nothing is downloaded at run time."""
    for name in EXTENSIONS:
        try:
            extension_loads(name)
        except (WarehouseError, ModuleNotFoundError) as error:
            why = "every run needs it, and it is never downloaded"
            yield wrong("extensions", f"duckdb-extension-{name}", f"does not load: {error}", why, INSTALL)
        else:
            yield ok("extensions", f"duckdb-extension-{name}", "loads, without a network")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
