"""Check the installed Python, packages and DuckDB extensions against the versions that were locked and tested."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from orchestration.doctor.check_result import CheckResult, error, ok, warning
from orchestration.doctor.installation import Installation
from orchestration.settings import IS_CHECKOUT
from warehouse.connection import WarehouseError, check_extension

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
    wanted = importlib.metadata.metadata("levelground")["Requires-Python"]
    version = platform.python_version()
    if SpecifierSet(wanted).contains(version, prereleases=True):
        yield ok("python", "this environment", f"Python {version}")
    else:
        remedy = "create the environment again with a supported Python: `make clean run PYTHON=python3.12`"
        what = f"Python {version}; supported is {wanted}"
        yield error("python", "this environment", what, "Levelground is not tested on it", remedy)


def packages(installation: Installation) -> Iterator[CheckResult]:
    """Check that each package of the lock file is installed in the locked version."""
    file = installation.lock_file
    if not file.is_file():
        why = "versions that were never tested together may be installed"
        yield warning("packages", file, "this lock file does not exist", why, "check the project out again")
        return
    wanted = [Requirement(line) for line in _LOCKED.findall(file.read_text(encoding="utf-8"))]
    applicable = [requirement for requirement in wanted if requirement.marker is None or requirement.marker.evaluate()]
    if not IS_CHECKOUT:  # the lock file also names what builds the wheel, and an installed wheel does not need it
        needed = {canonicalize_name(Requirement(line).name) for line in importlib.metadata.requires("levelground") or ()}
        applicable = [each for each in applicable if canonicalize_name(each.name) in needed or _is_installed(each.name)]
    missing, other = [], []
    for requirement in applicable:
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            other.append(f"{requirement.name} {version}, locked{requirement.specifier}")
    if missing:
        yield error("packages", file, f"not installed: {_first_names(missing)}", "commands that need them fail", INSTALL)
    if other:
        yield error(
            "packages", file, f"other versions than locked: {_first_names(other)}", "they were not tested together", INSTALL
        )
    if not missing and not other:
        yield ok("packages", file, f"{len(applicable)} packages as locked")


def extensions(_: Installation) -> Iterator[CheckResult]:
    """Check that DuckDB's extensions load from their packages: nothing is downloaded at run time."""
    for name in EXTENSIONS:
        try:
            check_extension(name)
        except (WarehouseError, ModuleNotFoundError) as refused:
            why = "every run needs it, and it is never downloaded"
            yield error("extensions", f"duckdb-extension-{name}", f"does not load: {refused}", why, INSTALL)
        else:
            yield ok("extensions", f"duckdb-extension-{name}", "loads without a network")


def _is_installed(name: str) -> bool:
    return next(iter(importlib.metadata.distributions(name=name)), None) is not None


def _first_names(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_LISTED} more" if len(names) > NAMES_LISTED else ""
    return ", ".join(names[:NAMES_LISTED]) + more
