"""Sampleton, the recovery money."""
