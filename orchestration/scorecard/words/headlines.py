"""Say the gap of a measure in its natural unit, such as "1 in 66 Black babies": the sentence that opens pages and cards.

The seed `headlines` gives a measure its pattern, `headline.<measure>` of the texts its sentence. Without them see `sentences`.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from orchestration.figures import DOLLARS, number
from orchestration.scorecard.release_data.read_release import Measure, Row
from orchestration.scorecard.words.figures import Cell, Times
from orchestration.scorecard.words.texts import Name, Part, Texts

ONE_IN = "one_in"
RARE = 20  # a share below one in so many is said as one in N
YEARS = "years"


@dataclass(frozen=True)
class Natural:
    """A figure as its headline has it: 1 in N, a whole number of 100 or 100,000, dollars or years."""

    row: Row
    value: float
    pattern: str
    places: int

    def in_language(self, texts: Texts) -> Markup:
        """Return the figure, emphasized."""
        if self.pattern == ONE_IN:
            one_in = (self.row.denominator or 0.0) / (self.row.numerator or 1.0)
            written = texts("quantity.one_in", number=number(one_in, 0, texts.locale))
        elif self.row.unit in DOLLARS:
            written = Cell(self.value, self.row.unit).in_language(texts)
        else:
            written = escape(number(self.value, self.places, texts.locale))
        return Markup("<strong>{}</strong>").format(written)


def headline(measure: Measure, row: Row, other: Row | None, is_partly_shown: bool, texts: Texts) -> Markup | None:
    """Return the sentence on a group and the one that it is compared with; None where the measure has none for them."""
    pattern, is_rest = measure.about.get("headline_pattern"), row.reference_code == "rest"
    kind = "headline_rest" if is_rest else "headline_shown" if is_partly_shown else "headline"
    text_id, codes = f"{kind}.{measure.measure_id}", [row.race_ethnicity_code, *([] if is_rest else [row.reference_code])]
    if pattern is None or not texts.has(text_id) or not all(texts.has(f"short.{code}") for code in codes):
        return None
    parts: dict[str, Part | str] = {"group": Name("short", row.race_ethnicity_code)}
    value, second = row.value or 0.0, 0.0
    if is_rest:
        if row.rate_ratio is None or row.gap is None:
            return None
        parts |= {"ratio": Times(row.rate_ratio), "gap": Natural(row, abs(row.gap), pattern, 0)}
    elif other is None or not other.is_shown:
        return None
    else:
        second = other.value or 0.0
        if pattern == ONE_IN and not all(_is_rare(one) for one in (row, other)):
            return None
    places = 1 if row.unit == YEARS or min(value, second or value) < 1 or round(value) == round(second) else 0
    parts["figure"] = Natural(row, value, pattern, places)
    if other is not None and not is_rest:
        parts |= {"from_figure": Natural(other, second, pattern, places), "reference": Name("short", row.reference_code or "")}
    return texts(text_id, **parts)


def _is_rare(row: Row) -> bool:
    return bool(row.numerator and row.denominator and row.denominator > RARE * row.numerator)
