"""Commands start fast: none imports Dagster, dbt or Great Expectations before it needs them.

`--version` and `--help` import no command at all.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys

import pytest
import typer

from orchestration.cli.application import GROUPS, application
from tests.conftest import ROOT

SLOW = ("dagster", "dbt", "great_expectations")
IMPORT_ALL = """
import sys
from orchestration.cli import errors
from orchestration.cli.application import application
application(*sys.argv[1].split())
print(*(name for name in sys.argv[2].split() if name in sys.modules))
"""


def test_no_command_imports_a_slow_library_at_its_start() -> None:
    command = [sys.executable, "-c", IMPORT_ALL, " ".join(GROUPS), " ".join(SLOW)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [], "import it inside the function that needs it"


def test_only_the_sample_command_loads_the_generator() -> None:
    """A run on real deliveries knows nothing of the sample city but its name."""
    others = " ".join(group for group in GROUPS if group != "sample")
    command = [sys.executable, "-c", f"import orchestration.pipeline.lifecycle\n{IMPORT_ALL}", others, "ingest.sample"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [], "import it inside the function that needs it"


def test_the_help_has_the_line_of_each_command_without_importing_it() -> None:
    commands = {group: typer.main.get_group(application(group)).commands[group] for group in GROUPS}
    lines = {group: str(command.help).partition("\n")[0] for group, command in commands.items()}
    shown = {group: str(command.help) for group, command in typer.main.get_group(application()).commands.items()}
    other = {group: line for group, line in lines.items() if not line.startswith(shown[group])}
    assert not other, f"copy the first line to orchestration/cli/application.py: {other}"


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_import_no_command(option: str) -> None:
    program = (
        "import sys; from orchestration.cli import main; sys.argv = ['levelground', sys.argv[1]]\n"
        "try: main()\n"
        "finally: print(*(name for name in ('duckdb', 'pydantic', 'yaml', 'pyarrow') if name in sys.modules), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program, option], capture_output=True, text=True, timeout=60, check=True)
    assert result.stderr.split() == []
    assert importlib.metadata.version("levelground") in result.stdout or "Examples:" in result.stdout


BASH = {"_LEVELGROUND_COMPLETE": "complete_bash", "COMP_CWORD": "2"}


@pytest.mark.parametrize(
    ("arguments", "environment", "printed", "imported"),
    [
        (["audit", "--help"], {}, "who queried", "query.audit"),
        (
            [],
            BASH | {"COMP_WORDS": "levelground lake v"},
            "verify",
            "release.lake",
        ),
        ([], {"_LEVELGROUND_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "levelground lake p"}, "prune", "release.lake"),
        ([], {"_LEVELGROUND_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "levelground meas"}, "measures", ""),
    ],
)
def test_only_the_named_command_is_imported(
    arguments: list[str], environment: dict[str, str], printed: str, imported: str
) -> None:
    program = "import sys; from orchestration.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=os.environ | environment)
    assert printed in result.stdout
    commands = {f"orchestration.cli.{each}" for each in ("query.audit", "release.lake", "release.measures", "sources.sources")}
    assert commands.intersection(result.stderr.split()) == ({f"orchestration.cli.{imported}"} if imported else set())
