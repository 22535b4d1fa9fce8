"""Write the figures of a measure in words that a reader expects of its unit."""

from __future__ import annotations

_WHOLE = {"count"}
_DOLLARS = {"usd", "usd_per_resident"}


def figure_text(value: float | None, unit: str) -> str:
    """A figure with its unit, as short as the unit allows; empty without a value."""
    if value is None:
        return ""
    if unit in _DOLLARS:
        return f"${value:,.0f}" if abs(value) >= 100 else f"${value:,.2f}"
    if unit in _WHOLE:
        return f"{value:,.0f}"
    return f"{value:,.1f} %" if unit == "percent" else f"{value:,.1f}"
