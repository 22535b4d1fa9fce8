"""The Dagster instance of a home: setup, event log, orphaned runs, server processes, retention."""
