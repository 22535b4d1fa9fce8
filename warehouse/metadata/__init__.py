"""Define and migrate the metadata tables of the working warehouse: the schemas `intake` and `receipts`.

Call `migrate` after opening the working warehouse. Add a table or column of `intake` as a new migration in `intake/`, and one of
`receipts` to `receipts.toml`. See `ingest.landing.tables` for the landing tables, whose columns follow the contracts.
"""

from warehouse.metadata.migrations import migrate
