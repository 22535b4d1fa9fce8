"""The value of each query of docs/queries.md on the sample city, against a count made another way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_queries import QUERIES
from tests.support.kept_readers import kept_reader
from tests.support.query_values import catalogue, figures, records
from tests.support.query_values.release import VALUES, Release
from warehouse.paths import Home

assert catalogue and figures and records  # each registers its checks


def check(release: Release, heading: str) -> int:
    """Compare what the query finds; the number of its rows."""
    sql, which = QUERIES[heading]
    path = release.home.published_public if which else release.home.published_analyst
    reader = kept_reader(release.home.root, path)
    assert reader is not None
    rows = reader.execute(sql).to_arrow_table().to_pylist()
    VALUES[heading](release, rows)
    return len(rows)


def test_each_query_has_a_check_of_its_value() -> None:
    assert set(VALUES) == set(QUERIES)


@pytest.fixture(scope="module")
def sample(first_release: tuple[Path, dict[str, Any]], sample_city: Path) -> Release:
    return Release(Home(first_release[0]), sample_city)


@pytest.mark.parametrize("heading", QUERIES)
def test_a_query_counts_as_another_way_does(sample: Release, heading: str) -> None:
    assert check(sample, heading) > 0, "the sample city answers it"
