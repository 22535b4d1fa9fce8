"""What a check finds, and what it looks at.

Here: the two records that all checks share. Not here: any check.
"""

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
    """How bad it is: `wrong` is to be mended, `warning` to be looked at, `ok` is told so that one sees what was looked at."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: where, what was found, why that matters, how to mend it. Never a secret's value."""

    check: str
    where: str
    verdict: Verdict
    what: str
    why: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Installation:
    """What is examined: settings, the environment that they come from, the lock file; `now` is UTC without zone."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    now: dt.datetime
    lock_file: Path = PROJECT / "requirements.lock"

    @cached_property
    def contracts(self) -> Registry | ContractError:
        """All contracts, read once; or what is wrong with them."""
        try:
            return load_registry(self.settings.further_sources)
        except ContractError as error:
            return error


def ok(check: str, where: object, what: str) -> Finding:
    """Nothing to do."""
    return Finding(check, str(where), Verdict.OK, what)


def warning(check: str, where: object, what: str, why: str, remedy: str) -> Finding:
    """To be looked at; things go on without."""
    return Finding(check, str(where), Verdict.WARNING, what, why, remedy)


def wrong(check: str, where: object, what: str, why: str, remedy: str) -> Finding:
    """To be mended: a run, the UI or a reader fails with it, or somebody sees what they should not."""
    return Finding(check, str(where), Verdict.WRONG, what, why, remedy)
