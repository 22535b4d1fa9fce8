"""A home and small releases in it, for the tests of `warehouse`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.published_files import MakeRelease, sealed
from warehouse.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.ensure()
    return home


@pytest.fixture
def make_release(home: Home) -> MakeRelease:
    """Builds and seals a release of so many rows."""
    return partial(sealed, home)
