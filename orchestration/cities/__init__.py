"""Run, list and unite many cities, each in a home of its own.

`gazetteer` finds a city by name, `homes_file` reads which cities there are and what their homes record, `batch` runs them as
tasks of an engine. See `warehouse.releases.union` for the file of all cities' public tables.
"""

from orchestration.cities.batch import CityRun, exit_code_of, run_cities, run_environment
from orchestration.cities.homes_file import CityHome, CityStatus, check_runnable, city_status, read_homes
