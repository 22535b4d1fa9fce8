"""Check a delivery against its contract, before Levelground promotes it; `delivery_gate.gate_delivery` is the entry point."""
