"""Manage a home's Dagster instance: setup, event log, orphaned runs, UI processes, retention."""
