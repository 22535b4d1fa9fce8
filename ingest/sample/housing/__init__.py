"""Sampleton, what becomes of houses: sales and foreclosures."""
