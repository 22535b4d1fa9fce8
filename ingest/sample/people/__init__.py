"""Sampleton, who works for the city, and what residents say of it."""
