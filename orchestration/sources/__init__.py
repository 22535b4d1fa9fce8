"""Commands on single sources: checking a delivery, scaffolding a contract, steward reports."""
