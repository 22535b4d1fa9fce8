"""Compare two releases: which figures differ, which of other publishers were revised, and why."""
