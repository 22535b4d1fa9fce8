"""Direct identifiers of packed downloads and of databases reach no disk, whenever a process is killed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.integration.test_identifiers_on_disk import no_identifier_remains, server

__all__ = ["server"]


@pytest.mark.parametrize("name", ["http gz", "database"])
def test_no_identifier_is_on_the_disk_after_a_kill(name: str, server: HTTPServer, tmp_path: Path) -> None:
    no_identifier_remains(name, server, tmp_path)
