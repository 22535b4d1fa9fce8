"""Define Dagster's objects: assets, asset checks, jobs, schedules, sensors, resources. `build` assembles them."""
