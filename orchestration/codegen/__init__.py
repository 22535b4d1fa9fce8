"""Write what a new source, measure or city needs: contract, models, suite, seed rows, unit test; list what is left.

`draft_source` drafts a contract, `source_models` writes models and suite from it, `measure_files` the files of a measure,
`city_layer` those of a city. `templates/` has their SQL and YAML, `missing_steps` lists what is missing. See
`ingest.contract_draft` for the draft of a contract.
"""
