"""Cities other than the default one: a release must not depend on the seed. `make stress` runs thirty seeds at three sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cities import negative_zeros, run_city

# The first had a group twice in a neighborhood, the second a goal that counted as met by its interval alone.
SEEDS = (11, 8)
ROWS = 2_000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_city_of_another_seed_is_released(
    seed: int, first_release: tuple[Path, dict[str, Any]], place_root: Path
) -> None:
    """In the place where the default city's home was made, with what dbt parsed there."""
    run = run_city(place_root, ROWS, seed, dbt=first_release[0] / "dbt")
    assert not run.finding
    assert [negative_zeros(path) for path in run.files()] == [[], []]
