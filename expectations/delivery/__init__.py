"""Checks of one delivery before Levelground promotes it: header, cells, labels, volume."""
