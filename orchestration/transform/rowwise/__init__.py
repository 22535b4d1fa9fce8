"""Build facts row by row, as tasks of an engine: `levelground` with LEVELGROUND_ENGINE set."""
