"""How many examples property tests try: some in `make check`, more in `make test`, all in `make stress`, far more for parsers.

Here: the number of examples. Not here: what is tried (tests with `@given`).
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

QUICK = "quick"  # the profile of `make check`
SOME = "some"  # that of `make test`
SEARCH = "search"  # that of `tests/stress/test_properties.py`: all examples, others each time
DEEP = "deep"  # that of `tests/stress/test_fuzz.py`
TIMES = {QUICK: 0.125, SOME: 0.25, DEEP: 50}


def number_of_examples(number: int) -> int:
    """So many in a test alone; an eighth (but two) in `make check`, a quarter in `make test`, fifty times as many in `deep`."""
    return max(min(number, 2), round(number * TIMES.get(settings.get_current_profile_name(), 1)))


def examples(number: int) -> settings:
    """For parsers: examples without limit on their size and time, the same ones each time, and in `deep` others each time."""
    return settings(
        max_examples=number_of_examples(number), deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
