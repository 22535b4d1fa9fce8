"""Write what a new source or measure needs: contract, models, suite, seed rows, unit test; list what is left.

`draft_source` drafts, `generate` writes models and suite from the contract, `missing_steps` lists what is missing. See
`ingest.contract_draft` for the draft of a contract. `measure_model`, `measure_files` and `measure_todo` are the same of a
measure.
"""
