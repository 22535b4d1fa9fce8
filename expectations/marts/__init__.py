"""Check the marts against hand-written suites, before a release; `gate.gate_build` is the entry point."""
