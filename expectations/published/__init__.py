"""Checks of the public file: only the promised tables and columns."""
