"""Read contracts, and bring deliveries into landing: fetch, read, store, type and promote them.

The packages in the order of a delivery: `connectors` and `readers` read it, `delivery` stores it, `typing` types it, `landing`
promotes it. `contract_draft` drafts a contract; `sample` writes the sample city. See `expectations` for checking a delivery,
`dbt_project` for its meaning, and `orchestration` for the order of a run.
"""
