"""What tests of the scorecard share: reports are printed and downloads written only where a test reads them."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

# Modules that read downloads, follow links, or compare the bytes of a whole site. The others test pages: their downloads took a
# fifth of the CPU of each site.
DOWNLOADED = {
    "test_changes", "test_counts_as_ranges", "test_draft", "test_editions", "test_edition_notices", "test_internal",
    "test_mutations", "test_older_releases", "test_page_gate", "test_places", "test_publishing", "test_reach", "test_site",
    "test_streets",
}  # fmt: skip
# Modules that read a report, or compare the bytes of a whole site. Those of the others are made and not printed, another fifth.
PRINTED = {"test_changes", "test_goal_targets", "test_report", "test_right_to_left", "test_series_breaks", "test_site"}


@pytest.fixture(scope="module", autouse=True)
def _unprinted(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.path.stem in PRINTED:
        yield
    else:
        with mock.patch("orchestration.scorecard.pages.report._compile", lambda content, _created, _fonts: content.encode()):
            yield


@pytest.fixture(scope="module", autouse=True)
def _without_downloads(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.path.stem in DOWNLOADED or request.path.parent.name == "union":
        yield
    else:
        with mock.patch("orchestration.scorecard.site.write_downloads", lambda *_given: None):
            yield
