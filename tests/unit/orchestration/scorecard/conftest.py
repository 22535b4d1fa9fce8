"""What tests of the scorecard share: typst prints reports only where a test reads them."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

# Modules that read a report, or compare the bytes of a whole site. The others test pages: their reports are made and not printed,
# which took a fifth of the CPU of each site.
PRINTED = {"test_changes", "test_goal_targets", "test_report", "test_right_to_left", "test_series_breaks", "test_site"}


@pytest.fixture(scope="module", autouse=True)
def _unprinted(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.path.stem in PRINTED:
        yield
    else:
        with mock.patch("orchestration.scorecard.pages.report._compile", lambda content, _created, _fonts: content.encode()):
            yield
