"""Check which sources, and which month of them, a run is to ingest."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence

from ingest.contract import Contract
from ingest.contract.registry import Registry
from orchestration.settings import ConfigurationError

REPLACES_PERIODS = "replace_period"


def replaces_periods(contract: Contract) -> bool:
    """Return whether a delivery of the source replaces the periods that it contains, so that a month can be ingested again."""
    return contract.load.mode == REPLACES_PERIODS


def month(text: str) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of a month like 2024-03."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise ConfigurationError(f"{text!r} is not a month; write the period like 2024-03")
    year, number = int(text[:4]), int(text[5:])
    return dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1])


def selected_sources(registry: Registry, names: Sequence[str], period: str | None) -> tuple[str, ...]:
    """Return the sources that a run ingests: the named ones, else all; with a period, those whose deliveries replace periods."""
    chosen = tuple(registry[name].source for name in names)
    if period is None:
        return chosen
    month(period)
    others = [name for name in chosen if not replaces_periods(registry[name])]
    if others:
        able = ", ".join(contract.source for contract in registry if replaces_periods(contract)) or "none"
        raise ConfigurationError(
            f"a period of {', '.join(others)} cannot be ingested again: its load mode is not {REPLACES_PERIODS}. "
            f"Sources with this mode: {able}"
        )
    return chosen or tuple(contract.source for contract in registry if replaces_periods(contract))
