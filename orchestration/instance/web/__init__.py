"""Serve the UI: Dagster's web server behind access rules, with the documentation and the scorecard of the home."""
