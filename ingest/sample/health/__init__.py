"""Sampleton, lead in pipes and paint, and chronic conditions."""
