"""Each dependency of pyproject.toml has a reason in ADR 2, an upper bound, and nothing else is listed there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SECTIONS = {
    "Installed with Levelground": PROJECT["project"]["dependencies"],
    "Extras": [line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra],
    "Build": [*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"]],
    "Development": PROJECT["dependency-groups"]["dev"],
}


def _named(section: str) -> set[str]:
    """The packages in the first cells of a section's table."""
    page = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
    table = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_dependency_has_a_reason(section: str) -> None:
    required = {Requirement(line).name for line in SECTIONS[section]}
    assert required == _named(section), f"docs/adr/0002-dependencies.md, {section}: add or remove rows to match pyproject.toml"


@pytest.mark.parametrize("section", ["Installed with Levelground", "Extras"])
def test_every_runtime_dependency_has_an_upper_bound(section: str) -> None:
    bounded = {"<", "==", "~="}
    unbounded = [line for line in SECTIONS[section] if not bounded & {part.operator for part in Requirement(line).specifier}]
    assert not unbounded, f"add an upper bound in pyproject.toml: {unbounded}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locked_versions_are_within_the_bounds(lock: str) -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
    wanted = [Requirement(line) for line in SECTIONS["Installed with Levelground"]]
    outside = [str(line) for line in wanted if not line.specifier.contains(locked.get(line.name, "0"), prereleases=True)]
    assert not outside, f"run `make lock`: {lock} has other versions than pyproject.toml allows: {outside}"


def test_uv_is_installed_by_its_hash() -> None:
    """It installs everything else, so that an exchanged uv would exchange everything."""
    lock = (ROOT / "requirements-uv.lock").read_text(encoding="utf-8")
    assert re.fullmatch(r"uv==[0-9.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", lock), "run `make lock`"
    for name in ("Makefile", "docs/deploy/Containerfile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        installs = re.findall(r"pip install (.*)", text)
        by_pip = [options for options in installs if "--disable-pip-version-check" in options]
        assert by_pip, name
        assert all("--require-hashes -r requirements-uv.lock" in options for options in by_pip), name
        assert not [options for options in installs if '"uv' in options], name


def test_mypy_skips_only_what_no_module_of_ours_imports() -> None:
    """A skipped library has no types: a module of ours that imports it would be checked against nothing."""
    skipped = {
        module.partition(".")[0]
        for override in PROJECT["tool"]["mypy"]["overrides"]
        if override.get("follow_imports") == "skip"
        for module in override["module"]
    }
    files = [path for package in PROJECT["tool"]["mypy"]["packages"] for path in (ROOT / package).rglob("*.py")]
    imported = {
        name
        for path in files
        for name in re.findall(r"^\s*(?:from|import)\s+(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert skipped
    assert not skipped & imported, f"take these out of [[tool.mypy.overrides]] in pyproject.toml: {sorted(skipped & imported)}"
