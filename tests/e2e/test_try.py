"""A delivery with unknown labels ends a trial before anything is built; the home stays as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.e2e.conftest import Place

STOPS = "fpc__police_stops"


def state(home: Path) -> dict[str, str]:
    """A hash of each file of the home, without those of the trial and the lock."""
    files = (path for path in sorted(home.rglob("*")) if path.is_file() and not path.is_symlink())
    kept = [path for path in files if home / "try" not in path.parents and path.name != "run.lock"]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def test_unmapped_labels_are_listed_before_anything_is_built(place: Place) -> None:
    before = state(place.home)
    place.rewrite(STOPS, lambda text: text.replace(",White,Male", ",Whyte,Male"))
    file = place.file(STOPS)
    result = place.levelground("try", STOPS, "--from", file)
    assert result.returncode == 4, result.stderr
    assert "labels that the crosswalk does not map" in result.stdout
    assert "race_ethnicity: 'Whyte', " in result.stdout
    assert "police_observed,Whyte,decide,decide,,1900-01-01,9999-12-31," in result.stdout
    assert "nothing was built; --accept builds all the same" in result.stdout
    assert state(place.home) == before
    assert (place.home / "try").stat().st_mode & 0o777 == 0o700
    assert {path.name for path in (place.home / "try").iterdir()} & {"deliveries", "warehouse.duckdb", "published"} == set()
