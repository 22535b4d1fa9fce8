"""A removal does not run next to a run.

`tests/integration/test_erasure.py` and `tests/stress` hold what a removal deletes, and that no public row shows it.
"""

from __future__ import annotations

from tests.e2e.conftest import Place
from tests.unit.warehouse.test_lock import held_elsewhere
from warehouse.paths import Home

CASES = "mmc__court_cases"
KEY = {"LEVELGROUND_HASH_KEY": "a long random text for tests 0123456789"}


def test_a_removal_does_not_run_next_to_a_run(place: Place) -> None:
    """Another process holds the lock: this one could acquire its own lock again."""
    with held_elsewhere(Home(place.home)):
        for arguments in (("erase", CASES, "--key", "1"), ("sources", "remove", CASES)):
            assert place.levelground(*arguments, "--reason", "x", "--yes", env=KEY).returncode == 5
