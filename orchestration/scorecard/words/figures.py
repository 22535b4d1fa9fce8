"""Write figures in the words of a page's language, with unit and range. See `orchestration.figures` for rounding.

Each function makes a part of a text, as `Name` does; it gets the texts of the language once the part is written.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from markupsafe import Markup, escape

from orchestration.figures import DOLLARS, IN_MILLIONS, MILLION, decimals, number, rounded
from orchestration.scorecard.words.texts import Part, Texts, part

MINUS = Markup("\u2212")
# Units that are written with each figure of a table; other units are written once, in its header.
WITH_SIGN = ("percent", *DOLLARS)


def _quantity(value: float, unit: str) -> str:
    """The text that writes a figure with its unit."""
    return "quantity.usd_millions" if unit in DOLLARS and abs(value) >= IN_MILLIONS else f"quantity.{unit}"


@part
def Figure(texts: Texts, value: float, unit: str) -> Markup:
    """A figure with its unit, as in a sentence."""
    return texts(_quantity(value, unit), number=rounded(value, unit, texts.locale))


@part
def Cell(texts: Texts, value: float, unit: str) -> Markup:
    """A figure of a table whose header names the unit; percent and dollar signs are written with it."""
    written = rounded(value, unit, texts.locale)
    return texts(f"quantity.{_sign(unit, abs(value) >= IN_MILLIONS)}", number=written) if unit in WITH_SIGN else escape(written)


@part
def Tick(texts: Texts, value: float, unit: str) -> Markup:
    """A number of a scale, with no more decimals than it has, and a sign for percent and dollars."""
    is_in_millions = unit in DOLLARS and abs(value) >= IN_MILLIONS
    shown = value / MILLION if is_in_millions else value
    places = next(places for places in range(8) if places == 7 or abs(round(shown, places) - shown) < 1e-9)
    size = escape(number(abs(shown), places, texts.locale))
    return _signed(value, texts(f"quantity.{_sign(unit, is_in_millions)}", number=size) if unit in WITH_SIGN else size)


def _sign(unit: str, is_in_millions: bool) -> str:
    return "percent" if unit == "percent" else "usd_millions" if is_in_millions else "usd"


@part
def Count(texts: Texts, value: float) -> Markup:
    """A number of things that were counted; estimates of a count are rounded."""
    return escape(number(value, 0, texts.locale))


@part
def Times(texts: Texts, value: float) -> Markup:
    """A ratio with one decimal, or below 1.05 as `Factor` writes it."""
    return escape(number(value, 1, texts.locale)) if value >= 1.05 else Factor(value)(texts)


@part
def Factor(texts: Texts, value: float) -> Markup:
    """A ratio with two decimals, or as many as show on which side of 1 it is."""
    return escape(number(value, next((places for places in (2, 3, 4, 5) if round(value, places) != 1), 2), texts.locale))


@part
def Percent(texts: Texts, value: float) -> Markup:
    """A change in percent, with its sign where it is not written as zero."""
    return texts("quantity.percent", number=SignedNumber(value, "percent"))


@part
def SignedNumber(texts: Texts, value: float, unit: str, places: int | None = None) -> Markup:
    """A difference with its sign, without its unit. `places`: see `gap_decimals`."""
    shown = _places(value, unit, places)
    return _signed(round(value, shown), escape(rounded(abs(value), unit, texts.locale, shown)))


@part
def Points(texts: Texts, value: float, unit: str, is_signed: bool = False, places: int | None = None) -> Markup:
    """A difference: percentage points for shares, else in the unit. Without `is_signed` the text names its direction."""
    text_id = "quantity.points" if unit == "percent" else _quantity(abs(value), unit)
    shown = _places(value, unit, places)
    written = texts(text_id, number=rounded(abs(value), unit, texts.locale, shown))
    return _signed(round(value, shown), written) if is_signed else written


def _places(value: float, unit: str, places: int | None) -> int:
    """As many decimals as show on which side of zero a difference is. What is written as zero has no sign."""
    least = decimals(value, unit) if places is None else places
    return next((more for more in range(least, 5) if round(value, more)), least)


def _signed(value: float, size: Markup) -> Markup:
    return MINUS + size if value < 0 else size


@part
def Ends(texts: Texts, low: Part, high: Part) -> Markup:
    """The ends of a likely range, each written by its own part."""
    return texts("page.range", low=low, high=high)


def span(low: float | None, high: float | None, write: Callable[[float], Part]) -> Part | None:
    """The ends of a likely range, each written by `write`; None where one is unknown, or it has no width."""
    return None if low is None or high is None or low == high else Ends(write(low), write(high))


def Range(low: float | None, high: float | None, unit: str) -> Part | None:
    """The ends of a likely range of figures."""
    return span(low, high, partial(Cell, unit=unit))


def GapRange(low: float, high: float, unit: str, is_signed: bool = False, places: int | None = None) -> Part:
    """The range of a difference, the unit once."""
    return Ends(SignedNumber(low, unit, places), Points(high, unit, is_signed, places))
