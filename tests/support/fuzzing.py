"""How often parsers are tried on what is broken: a little in `make test`, and much more in `make stress`.

Here: the number of examples. Not here: what is tried (`tests/unit/ingest`, `*_fuzz.py`).
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

DEEP = "deep"  # the profile that `tests/stress/test_fuzz.py` asks for
TIMES = 50


def examples(number: int) -> settings:
    """So many examples, the same ones each time; in the profile `deep` fifty times as many, and others each time."""
    wanted = number * TIMES if settings.get_current_profile_name() == DEEP else number
    return settings(max_examples=wanted, deadline=None, database=None, suppress_health_check=list(HealthCheck))
