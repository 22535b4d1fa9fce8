"""Write figures in the words of a page's language, with unit and range. See `orchestration.figures` for rounding."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from orchestration.figures import DOLLARS, IN_MILLIONS, MILLION, number, rounded
from orchestration.scorecard.words.texts import Texts

MINUS = Markup("\u2212")
# Units that are written with each figure of a table; other units are written once, in its header.
WITH_SIGN = ("percent", *DOLLARS)


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
        return texts(_quantity(self.value, self.unit), number=rounded(self.value, self.unit, texts.locale))


@dataclass(frozen=True)
class Cell:
    """A figure of a table whose header names the unit; percent and dollar signs are written with it."""

    value: float
    unit: str

    def in_language(self, texts: Texts) -> Markup:
        """Return the figure."""
        if self.unit in WITH_SIGN:
            short = "percent" if self.unit == "percent" else "usd_millions" if abs(self.value) >= IN_MILLIONS else "usd"
            return texts(f"quantity.{short}", number=rounded(self.value, self.unit, texts.locale))
        return escape(rounded(self.value, self.unit, texts.locale))


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
        written = texts(unit, number=rounded(size, self.unit, texts.locale))
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
        low = escape(rounded(self.low, self.unit, texts.locale))
        return texts("page.range", low=low, high=Points(self.high, self.unit))


@dataclass(frozen=True)
class RatioRange:
    """The range of a ratio."""

    low: float
    high: float

    def in_language(self, texts: Texts) -> Markup:
        """Return both ends."""
        return texts("page.range", low=Times(self.low), high=Times(self.high))
