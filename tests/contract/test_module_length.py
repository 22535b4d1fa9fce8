"""Python modules stay short enough to read: at most 400 lines, tests included. Split a longer one by topic."""

from __future__ import annotations

from tests.conftest import ROOT

MOST_LINES = 400
FOLDERS = ("orchestration", "expectations", "ingest", "warehouse", "tests")


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }
    assert len(lengths) > 500
    too_long = {module: lines for module, lines in lengths.items() if lines > MOST_LINES}
    assert not too_long, f"split by topic: {too_long}"
