"""Many cities are chosen by size or by a list, and a list with a mistake is refused whole, with its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.codegen.cities.start_city import chosen_places
from orchestration.settings import ConfigurationError


def test_the_largest_cities_come_first() -> None:
    """The five largest of the seed in 2023: 8.3, 3.8, 2.7, 2.3 and 1.7 million residents."""
    assert [place.title.split(",")[0] for place in chosen_places(5, None)] == [
        "New York", "Los Angeles", "Chicago", "Houston", "Phoenix",
    ]  # fmt: skip
    assert len(chosen_places(1_000, None)) == 486


def test_a_list_has_a_name_or_a_geoid_per_line(tmp_path: Path) -> None:
    file = tmp_path / "cities.txt"
    file.write_text("# ours\n5553000\n\nSaint Paul, Minnesota   # by name\nMilwaukee, WI\n")
    assert [place.geoid for place in chosen_places(None, file)] == ["5553000", "2758000"], "each city once"


def test_a_list_is_refused_with_every_line_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "cities.txt"
    file.write_text("Milwaukee\nMilwakee\nAurora\n")
    with pytest.raises(ConfigurationError) as refused:
        chosen_places(None, file)
    first, second = str(refused.value).split("\n")
    assert first.startswith(f"{file}:2: ") and "Did you mean Milwaukee, Wisconsin (5553000)?" in first
    assert second.startswith(f"{file}:3: ") and "name the state or the GEOID" in second
    file.write_text("# none\n")
    with pytest.raises(ConfigurationError, match="names no city"):
        chosen_places(None, file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        chosen_places(None, tmp_path / "missing.txt")


@pytest.mark.parametrize(("top", "file"), [(None, None), (3, Path("cities.txt"))])
def test_one_way_to_choose_is_needed(top: int | None, file: Path | None) -> None:
    with pytest.raises(ConfigurationError, match="--top N"):
        chosen_places(top, file)
