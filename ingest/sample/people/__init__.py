"""Sampleton: the staff of the city, and the answers of its residents."""
