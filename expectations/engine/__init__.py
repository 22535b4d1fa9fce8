"""Run checks in Great Expectations and render its Data Docs; `runner.Session` is the entry point."""
