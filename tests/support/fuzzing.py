"""How many examples property tests try: some in `make check`, more in `make test`, and for parsers far more in `make stress`.

Here: the number of examples. Not here: what is tried (tests with `@given`).
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

QUICK = "quick"  # the profile of `make check`
DEEP = "deep"  # the profile that `tests/stress/test_fuzz.py` asks for
TIMES = {QUICK: 0.125, DEEP: 50}


def number_of_examples(number: int) -> int:
    """So many in `make test`, an eighth of them (but two) in `make check`, and fifty times as many in the profile `deep`."""
    return max(min(number, 2), round(number * TIMES.get(settings.get_current_profile_name(), 1)))


def examples(number: int) -> settings:
    """For parsers: examples without limit on their size and time, the same ones each time, and in `deep` others each time."""
    return settings(
        max_examples=number_of_examples(number), deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
