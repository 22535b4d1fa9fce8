"""Check the tables and columns of the public file; `gate.gate_published` is the entry point."""
