"""Define a finding of the doctor, and the installation that the checks read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from ingest.contract.registry import ContractError, Registry, load_registry
from orchestration.settings import PROJECT, Settings


class Verdict(StrEnum):
    """How severe a finding is. An `ok` finding lists what was checked. The values are part of the JSON output."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "wrong"


@dataclass(frozen=True)
class Finding:
    """The result of a check: where, what was found, why it matters, how to fix it. It never contains a secret."""

    check: str
    where: str
    verdict: Verdict
    what: str
    why: str = ""
    remedy: str = ""


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


def ok(check: str, where: object, what: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(check, str(where), Verdict.OK, what)


def warning(check: str, where: object, what: str, why: str, remedy: str) -> Finding:
    """Return a finding to look into; runs continue without a fix."""
    return Finding(check, str(where), Verdict.WARNING, what, why, remedy)


def error(check: str, where: object, what: str, why: str, remedy: str) -> Finding:
    """Return a finding to fix: it stops a run, the UI or a reader, or it exposes private data."""
    return Finding(check, str(where), Verdict.ERROR, what, why, remedy)
