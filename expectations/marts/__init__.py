"""Checks of the built marts before a release: suites, series, thresholds."""
