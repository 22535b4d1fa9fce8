"""What Dagster loads: the entry point of the UI and the daemon.

Importing this module reads contracts, settings and dbt's project, so nothing of ours does; `graph` puts the definitions together.
"""

from __future__ import annotations

from orchestration.defs.build import definitions
from orchestration.settings import Settings

defs = definitions(Settings.from_environment())
