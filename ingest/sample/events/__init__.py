"""The departments' records of single events: requests, calls and stops, written in chunks, since they grow with `--rows`."""
