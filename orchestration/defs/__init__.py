"""Define Dagster's objects: assets, asset checks, jobs, schedules, sensors, resources. `project` assembles them."""
