"""Check reference data of a delivery that holds for a time: people and maps."""
