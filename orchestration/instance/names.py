"""Name the job, the schedule and the run tags that are stored in a Dagster instance.

Importing this module does not import Dagster, so the doctor and the command line can use the names.
"""

REFRESH_JOB = "refresh"
RERUN_JOB = "rerun_period"
CITIES_JOB = "run_cities"
CITY_PARTITIONS = "city"
NIGHTLY_SCHEDULE = "nightly"
CODE_LOCATION = "orchestration.definitions"  # the module that the UI and the daemon load
REPOSITORY = "__repository__"  # Dagster's name for the definitions of a module
SCHEDULE_TAG = "dagster/schedule_name"

PROCESS_TAG = ".dagster/levelground_pid"  # Dagster's UI hides tags with this prefix
TRIGGER_TAG = "levelground/trigger"
OUTCOME_TAG = "levelground/outcome"
RELEASE_TAG = "levelground/release"
DELIVERED_TAG = "levelground/delivered"

CLI_TRIGGER = "cli"
