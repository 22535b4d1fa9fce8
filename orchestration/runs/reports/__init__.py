"""What run records and the release report about runs: the findings that hold now, and the JSON of commands."""
