"""Run, list and unite many cities, each in a home of its own.

`gazetteer` finds a city by name, `homes_file` reads which cities there are, `batch` runs them as tasks of an engine,
`city_task` is such a task, and `status` reads what a home records. See `warehouse.releases.union` for the file of all
cities' public tables.
"""

from orchestration.cities.batch import CityRun, exit_code_of, run_cities, run_environment
from orchestration.cities.homes_file import CityHome, check_runnable, read_homes
from orchestration.cities.status import CityStatus, city_status
