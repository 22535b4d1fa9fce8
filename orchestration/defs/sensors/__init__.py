"""Dagster sensors: the drop folder and the health of runs."""
