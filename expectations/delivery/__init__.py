"""Check a delivery against its contract, before Levelground promotes it; `gate.gate_delivery` is the entry point."""
