"""Connectors for department databases, through SQLAlchemy."""
