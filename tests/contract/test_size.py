"""Three people can own the code: lines of Python outside tests, per package. Delete before you add.

A package may grow to its budget. A budget rises only with one that falls; the sum is the limit of the whole.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

FOLDERS = ("orchestration", "expectations", "ingest", "warehouse")

# Lines of Python per package. The whole shall shrink to 50,000.
BUDGETS = {
    "expectations": 155,
    "expectations/delivery": 1_651,
    "expectations/disclosure": 3_577,
    "expectations/engine": 478,
    "expectations/marts": 638,
    "expectations/published": 870,
    "ingest": 1_133,
    "ingest/connectors": 1_489,
    "ingest/contract": 2_239,
    "ingest/contract_draft": 1_343,
    "ingest/delivery": 1_456,
    "ingest/erasure": 734,
    "ingest/landing": 1_592,
    "ingest/readers": 2_376,
    "ingest/sample": 4_904,
    "orchestration": 299,
    "orchestration/alerts": 385,
    "orchestration/cities": 753,
    "orchestration/cli": 4_730,
    "orchestration/codegen": 1_802,
    "orchestration/defs": 1_925,
    "orchestration/docs_site": 581,
    "orchestration/doctor": 952,
    "orchestration/engines": 623,
    "orchestration/instance": 1_141,
    "orchestration/pipeline": 1_931,
    "orchestration/runs": 1_748,
    "orchestration/scorecard": 5_207,
    "orchestration/stewardship": 1_133,
    "orchestration/transform": 2_762,
    "orchestration/translations": 296,
    "orchestration/trial": 523,
    "warehouse": 1_399,
    "warehouse/audiences": 354,
    "warehouse/disclosure": 2_126,
    "warehouse/lake_files": 274,
    "warehouse/metadata": 178,
    "warehouse/processes": 280,
    "warehouse/record_keys": 94,
    "warehouse/releases": 2_234,
    "warehouse/rowwise": 115,
}
MOST_LINES = 58_480
MOST_MODULES = 12  # loose ones of a package, besides `__init__`
MOST_PARAMETERS = 7
COMMANDS = ROOT / "orchestration" / "cli"  # a command has a parameter per option


def lines_by_package() -> Counter[str]:
    found: Counter[str] = Counter()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            package = "/".join(path.relative_to(ROOT).parts[:-1][:2])
            found[package] += len(path.read_text(encoding="utf-8").splitlines())
    return found


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            if COMMANDS not in path.parents:
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield f"{path.relative_to(ROOT)}: {node.name}", node


def test_the_budgets_sum_to_the_limit() -> None:
    assert sum(BUDGETS.values()) <= MOST_LINES


@pytest.mark.parametrize("package", BUDGETS)
def test_a_package_keeps_to_its_budget(package: str) -> None:
    found = lines_by_package()
    assert found[package] <= BUDGETS[package], "delete before you add, or take the lines from another budget"


def test_every_package_has_a_budget() -> None:
    assert set(lines_by_package()) <= set(BUDGETS)


def test_a_package_has_few_loose_modules() -> None:
    modules = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py"
    )
    crowded = {package: number for package, number in modules.items() if number > MOST_MODULES}
    assert not crowded, f"group by topic: {crowded}"


def test_a_function_has_few_parameters() -> None:
    many = {
        name: number
        for name, node in functions()
        if (number := len([*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])) > MOST_PARAMETERS
    }
    assert not many, f"pass one object: {many}"
