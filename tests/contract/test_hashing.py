"""Only `warehouse.fingerprint` imports `hashlib`, so that one module decides how content is identified."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("orchestration", "expectations", "ingest", "warehouse")
OWNER = "warehouse/fingerprint.py"


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_only_the_fingerprint_module_imports_hashlib() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    importers = {path.relative_to(ROOT).as_posix() for path in files if "hashlib" in _imported(path)}
    assert importers == {OWNER}, f"call a function of {OWNER} in {sorted(importers - {OWNER})}"
