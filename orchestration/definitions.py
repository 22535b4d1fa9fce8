"""Load all definitions: the entry point of Dagster's UI, daemon and command line.

Importing this module reads contracts, settings and the dbt project, so no other module of Levelground imports it.
"""

from __future__ import annotations

from orchestration.defs.cities import city_defs
from orchestration.defs.project import load_defs
from orchestration.settings import Settings

settings = Settings.from_environment()
defs = city_defs(settings) if settings.cities else load_defs(settings)
