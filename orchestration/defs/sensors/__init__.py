"""Define Dagster's sensors: new files in the drop folder, and the health of runs."""
