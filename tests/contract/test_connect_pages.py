"""Each page about a client states with which version we tried it, or that we did not. `make stress` tries them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "connect"
PAGES = [page for page in sorted(FOLDER.glob("*.md")) if page.name != "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_states_what_was_tried(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tried = re.search(r"^Tried with [^.]*\d", text, re.MULTILINE)
    assert bool(tried) != text.partition("\n\n")[2].startswith("**Not tried by us"), "one of them, near the top"
    assert tried or "../images/" not in text, "a picture of a client that we have not tried"
    row = next(line for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if f"({page.name})" in line)
    assert ("not tried by us" in row) != bool(tried)
