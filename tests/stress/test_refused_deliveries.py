"""Reports of bad deliveries of every source quote no private cell."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import CommandLine
from tests.integration.test_refused_deliveries import REFUSED, private_sources, refused, spoilt

__all__ = ["spoilt"]


def test_no_message_quotes_a_private_cell(levelground: CommandLine, spoilt: tuple[Path, list[str]], tmp_path: Path) -> None:
    city, marks = spoilt
    assert refused(levelground, city, marks, private_sources(city), tmp_path) >= REFUSED
