"""Dagster definitions: assets, asset checks, jobs, schedules, sensors, resources."""
