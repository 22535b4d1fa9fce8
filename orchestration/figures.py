"""Write numbers as text, rounded for readers by their unit: in the scorecard, in the documentation and on the command line."""

from __future__ import annotations

import math
from functools import lru_cache

MILLION = 1_000_000
IN_MILLIONS = 10 * MILLION  # amounts from here on are written in millions
DOLLARS = ("usd", "usd_per_resident")
WHOLE = ("count", "days")
ENGLISH = "en"


def decimals(value: float, unit: str) -> int:
    """The decimals of a figure: at least two significant digits, and one decimal for shares that it does not write as zero."""
    size = abs(value)
    if unit in WHOLE and (size >= 10 or value == round(value)):
        return 0
    if unit in DOLLARS:
        return 1 if size >= IN_MILLIONS else 0 if size >= 100 else 2
    if unit == "percent" and not 0.0005 <= size < 0.05:
        return 1
    if size == 0 or size >= 100:
        return 0
    return 1 if size >= 1 else min(1 - math.floor(math.log10(size)), 4)


def gap_decimals(unit: str, *figures: float | None) -> int | None:
    """The decimals of a difference: as many as its figures have. None leaves them to its own size, as dollars do."""
    return None if unit in DOLLARS else max((decimals(figure, unit) for figure in figures if figure is not None), default=None)


@lru_cache(maxsize=65536)
def number(value: float, places: int, locale: str = ENGLISH) -> str:
    """Return a number with this many decimals, by the habits of a locale."""
    from babel.numbers import format_decimal  # noqa: PLC0415 - most commands print no figure

    rounded = round(value, places) + 0.0  # no negative zero
    return format_decimal(rounded, format="#,##0" + ("." + "0" * places if places else ""), locale=locale)


def rounded(value: float, unit: str, locale: str = ENGLISH, places: int | None = None) -> str:
    """Return a figure without its unit, rounded by it; large amounts of money in millions."""
    if unit in DOLLARS and abs(value) >= IN_MILLIONS:
        return number(value / MILLION, 1, locale)
    return number(value, decimals(value, unit) if places is None else places, locale)


def figure_text(value: float | None, unit: str) -> str:
    """Return a figure in English with its sign, like `$1,250` or `12.3 %`; empty without a value."""
    if value is None:
        return ""
    written = rounded(value, unit)
    if unit in DOLLARS:
        return f"${written} million" if abs(value) >= IN_MILLIONS else f"${written}"
    return f"{written} %" if unit == "percent" else written


def cell_text(value: object) -> str:
    """Return a value of a table whose unit is not known: a number with one decimal at most, `-` for none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
