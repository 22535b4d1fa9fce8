"""Describe the installation that the checks read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ingest.contract.registry import Registry, load_registry
from orchestration.runs.delivery_location import home_registry
from orchestration.settings import IS_CHECKOUT, PROJECT, ConfigurationError, Settings

# the wheel has a copy of the lock file next to this module
LOCK_FILE = (PROJECT if IS_CHECKOUT else Path(__file__).parent) / "requirements.lock"


@dataclass(frozen=True)
class Installation:
    """The installation to check: settings, their environment, the lock file; `now` is UTC without zone."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    now: dt.datetime
    lock_file: Path = LOCK_FILE

    @cached_property
    def contracts(self) -> Registry:
        """All contracts; `ContractError` if one cannot be used, which the check `contracts` reports."""
        try:
            return home_registry(self.settings)
        except ConfigurationError:  # the check `deliveries` reports it
            return load_registry(self.settings.further_sources)
