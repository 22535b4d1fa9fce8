"""Lead a source from a delivered file to a fact: draft the contract, generate models and suite, list what is left.

`draft_source` drafts, `generate` writes models and suite from the contract, `missing_steps` lists what is missing. See
`ingest.scaffold` for the draft of a contract.
"""
