"""Readers of file formats: each yields a table as Arrow batches of text."""
