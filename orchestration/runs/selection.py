"""Check which sources, and which months of them, a run is to ingest."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Sequence

from ingest.contract import Contract
from ingest.contract.registry import Registry
from orchestration.settings import ConfigurationError

REPLACES_PERIODS = "replace_period"


def sources_with_periods(contracts: Iterable[Contract]) -> list[str]:
    """Return the sources whose deliveries replace the periods that they contain, so that a month can be ingested again."""
    return [contract.source for contract in contracts if contract.load.mode == REPLACES_PERIODS]


def months(text: str) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a month like 2024-03, or of the months 2024-03..2024-05."""
    first, separator, last = text.partition("..")
    named = [first, last] if separator else [first, first]
    if not all(re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) for month in named):
        raise ConfigurationError(f"{text!r} is no month; write the period like 2024-03, or 2024-03..2024-05 for several months")
    begins, ends = (dt.date.fromisoformat(f"{month}-01") for month in named)
    if begins > ends:
        raise ConfigurationError(f"{text!r} ends before it begins; write the earlier month first")
    return begins, ends.replace(day=calendar.monthrange(ends.year, ends.month)[1])


def selected_sources(registry: Registry, names: Sequence[str], period: str | None) -> tuple[str, ...]:
    """Return the sources that a run ingests: the named ones, else all; with a period, those whose deliveries replace periods."""
    chosen = tuple(registry[name].source for name in names)
    if period is None:
        return chosen
    months(period)
    able = sources_with_periods(registry)
    if others := [name for name in chosen if name not in able]:
        raise ConfigurationError(
            f"a period of {', '.join(others)} cannot be ingested again: its load mode is not {REPLACES_PERIODS}. "
            f"Sources with this mode: {', '.join(able) or 'none'}"
        )
    return chosen or tuple(able)
