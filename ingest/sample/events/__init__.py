"""The four sources that grow with `--rows`: requests, payments, calls and stops, written in chunks."""
