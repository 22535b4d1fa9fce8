"""The files for contributors name what exists: make targets, packages, tools of .venv, Dagster's entry point."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z]+)(?![\w./])", "\n".join(_code(page.read_text(encoding="utf-8")))))
    assert named <= TARGETS, f"{page.name} names no target of the Makefile: {sorted(named - TARGETS)}"


def _code(text: str) -> list[str]:
    return re.findall(r"`make [^`]*`|^(?:[A-Z_]+=\S+ )*make [^#\n]*", text, re.MULTILINE)


def test_hooks_call_the_locked_tools_and_download_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["id"] for hook in hooks} >= {"ruff-check", "ruff-format", "sqlfluff", "prose", "yaml"}
    for hook in hooks:
        assert hook["language"] == "system", hook["id"]
        assert shlex.split(hook["entry"])[0].startswith(".venv/bin/"), hook["id"]


def test_the_workflow_runs_what_ci_runs() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    steps = yaml.safe_load(text)["jobs"]["test"]["steps"]
    assert steps[-1] == {"run": ".ci/run"}
    assert "://" not in text, "the workflow names a host"


@pytest.mark.parametrize("form", ["new_source.yml", "wrong_number.yml"])
def test_issue_forms_have_unique_fields(form: str) -> None:
    body = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / form).read_text(encoding="utf-8"))["body"]
    fields = [item["id"] for item in body if item["type"] != "markdown"]
    assert len(fields) == len(set(fields)) > 3
    assert all(item["attributes"].get("label") for item in body if item["type"] != "markdown")


def test_dagsters_command_line_finds_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dg"]
    assert project["directory_type"] == "project"
    module = project["project"]["code_location_target_module"]
    assert importlib.util.find_spec(module), f"[tool.dg] names {module}, which does not exist"
    assert module.startswith(project["project"]["root_module"] + ".")


@pytest.mark.parametrize("package", ["orchestration", "expectations", "ingest", "warehouse"])
def test_the_layout_names_every_package(package: str) -> None:
    layout = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Layout")[2].partition("\n## ")[0]
    folders = [path.name for path in sorted((ROOT / package).iterdir()) if (path / "__init__.py").is_file()]
    missing = [name for name in folders if f"`{name}/`" not in layout.partition(f"`{package}/`")[2]]
    assert not missing, f"add a line to the layout in CONTRIBUTING.md: {package}/{missing}"


def test_make_names_what_it_installs_before_each_quiet_step() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    steps = [number for number, line in enumerate(lines) if "pip install --quiet" in line or "pip sync --quiet" in line]
    assert len(steps) == 5
    for number in steps:
        said = [
            line
            for line in lines[number - 2 : number]
            if re.match(r"\t@echo .install [123] of [13]: .+\(.*(s|second|minutes)\)", line)
        ]
        assert len(said) == 1, lines[number]
