"""Describe the installation that the checks read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ingest.contract.registry import ContractError, Registry, load_registry
from orchestration.settings import PROJECT, Settings


@dataclass(frozen=True)
class Installation:
    """The installation to check: settings, their environment, the lock file; `now` is UTC without zone."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    now: dt.datetime
    lock_file: Path = PROJECT / "requirements.lock"

    @cached_property
    def contracts(self) -> Registry | ContractError:
        """Return all contracts, read once, or the error that reading them raised."""
        try:
            return load_registry(self.settings.further_sources)
        except ContractError as refused:
            return refused
