"""Write figures as text: rounded for readers, by the habits of the page's language, with their unit and their range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from orchestration.scorecard.words.texts import Texts

MINUS = Markup("\u2212")
MILLION = 1_000_000
IN_MILLIONS = 10 * MILLION  # amounts from here on are written in millions
DOLLARS = ("usd", "usd_per_resident")
# Units that are written with each figure of a table; other units are written once, in its header.
WITH_SIGN = ("percent", *DOLLARS)
WHOLE = ("count", "days")


def decimals(value: float, unit: str) -> int:
    """The decimals of a figure: at least two significant digits, and one decimal for shares."""
    size = abs(value)
    if unit in WHOLE and (size >= 10 or value == round(value)):
        return 0
    if unit in DOLLARS:
        return 1 if size >= IN_MILLIONS else 0 if size >= 1000 else 2
    if unit == "percent":
        return 1
    if size == 0 or size >= 100:
        return 0
    return 1 if size >= 1 else min(1 - math.floor(math.log10(size)), 4)


@lru_cache(maxsize=65536)
def number(value: float, places: int, locale: str) -> str:
    """Return a number with this many decimals."""
    rounded = round(value, places) + 0.0  # no negative zero
    return format_decimal(rounded, format="#,##0" + ("." + "0" * places if places else ""), locale=_locale(locale))


@lru_cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def _rounded(value: float, unit: str, locale: str, places: int | None = None) -> str:
    if unit in DOLLARS and abs(value) >= IN_MILLIONS:
        return number(value / MILLION, 1, locale)
    return number(value, decimals(value, unit) if places is None else places, locale)


def _quantity(value: float, unit: str) -> str:
    """The text that writes a figure with its unit."""
    return "quantity.usd_millions" if unit in DOLLARS and abs(value) >= IN_MILLIONS else f"quantity.{unit}"


@dataclass(frozen=True)
class Figure:
    """A figure with its unit, as in a sentence."""

    value: float
    unit: str

    def in_language(self, texts: Texts) -> Markup:
        """Return the figure."""
        return texts(_quantity(self.value, self.unit), number=_rounded(self.value, self.unit, texts.locale))


@dataclass(frozen=True)
class Cell:
    """A figure of a table whose header names the unit; percent and dollar signs are written with it."""

    value: float
    unit: str

    def in_language(self, texts: Texts) -> Markup:
        """Return the figure."""
        if self.unit in WITH_SIGN:
            short = "percent" if self.unit == "percent" else "usd_millions" if abs(self.value) >= IN_MILLIONS else "usd"
            return texts(f"quantity.{short}", number=_rounded(self.value, self.unit, texts.locale))
        return escape(_rounded(self.value, self.unit, texts.locale))


@dataclass(frozen=True)
class Tick:
    """A number of a scale, with no more decimals than it has."""

    value: float
    unit: str

    def in_language(self, texts: Texts) -> Markup:
        """Return the number, with a sign for percent and dollars."""
        value = self.value / MILLION if self.unit in DOLLARS and abs(self.value) >= IN_MILLIONS else self.value
        places = next(places for places in range(8) if places == 7 or abs(round(value, places) - value) < 1e-9)
        written = number(value, places, texts.locale)
        if self.unit not in WITH_SIGN:
            return escape(written)
        short = "percent" if self.unit == "percent" else "usd_millions" if value != self.value else "usd"
        return texts(f"quantity.{short}", number=written)


@dataclass(frozen=True)
class Count:
    """A number of things that were counted."""

    value: float

    def in_language(self, texts: Texts) -> Markup:
        """Return the number; estimates of a count are rounded."""
        return escape(number(self.value, 0, texts.locale))


@dataclass(frozen=True)
class Times:
    """A ratio."""

    value: float

    def in_language(self, texts: Texts) -> Markup:
        """Return the ratio with one decimal, small ones with two."""
        return escape(number(self.value, 1 if self.value >= 1 else 2, texts.locale))


@dataclass(frozen=True)
class Points:
    """A difference: percentage points for shares, else in the unit. Without `is_signed` the text names its direction."""

    value: float
    unit: str
    is_signed: bool = False

    def in_language(self, texts: Texts) -> Markup:
        """Return the difference."""
        size = abs(self.value)
        unit = "quantity.points" if self.unit == "percent" else _quantity(size, self.unit)
        written = texts(unit, number=_rounded(size, self.unit, texts.locale))
        return MINUS + written if self.is_signed and self.value < 0 else written


@dataclass(frozen=True)
class Range:
    """The ends of a range."""

    low: float
    high: float
    unit: str

    def in_language(self, texts: Texts) -> Markup:
        """Return both ends."""
        return texts("page.range", low=Cell(self.low, self.unit), high=Cell(self.high, self.unit))


@dataclass(frozen=True)
class PointsRange:
    """The range of a difference."""

    low: float
    high: float
    unit: str

    def in_language(self, texts: Texts) -> Markup:
        """Return both ends, the unit once."""
        low = escape(_rounded(self.low, self.unit, texts.locale))
        return texts("page.range", low=low, high=Points(self.high, self.unit))


@dataclass(frozen=True)
class RatioRange:
    """The range of a ratio."""

    low: float
    high: float

    def in_language(self, texts: Texts) -> Markup:
        """Return both ends."""
        return texts("page.range", low=Times(self.low), high=Times(self.high))
