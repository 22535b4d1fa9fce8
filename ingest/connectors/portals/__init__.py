"""Connectors for open-data portals: ArcGIS, CKAN, Socrata."""
