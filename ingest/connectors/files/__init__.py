"""Connectors for files that Levelground downloads."""
