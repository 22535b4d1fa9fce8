"""Work on one source with its steward: audit or check a delivery, write the report and templates, plan a removal.

See `ingest/sources` for the contracts.
"""
