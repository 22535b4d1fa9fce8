"""Check the marts against hand-written suites, before a release; `marts_gate.gate_build` is the entry point."""
