"""Check the tables and columns of the public file; `public_file_gate.gate_published` is the entry point."""
