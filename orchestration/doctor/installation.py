"""Describe the installation that the checks read, and the result of a check: ok, warning or error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property, partial
from pathlib import Path

from ingest.contract.registry import Registry, load_registry
from ingest.contract.yaml_source import read_yaml
from orchestration.runs.delivery_location import home_registry
from orchestration.settings import IS_CHECKOUT, PROJECT, ConfigurationError, Settings


class Verdict(StrEnum):
    """How severe a result is. An `ok` result names what was checked. The values are part of the JSON output."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "wrong"


@dataclass(frozen=True)
class CheckResult:
    """The result of a check: where, what was found, why it matters, how to fix it. It never contains a secret.

    A check leaves `check` empty, and `why` and `remedy` where those of the check in `checks.yml` are meant.
    """

    check: str
    where: str
    verdict: Verdict
    what: str
    why: str = ""
    remedy: str = ""


def ok(where: object, what: str) -> CheckResult:
    """Return a result that needs no action."""
    return CheckResult("", str(where), Verdict.OK, what)


def _problem(verdict: Verdict, where: object, what: str, row: str = "", **values: object) -> CheckResult:
    """Return a problem. `row`: of `checks.yml`, with values for its texts."""
    texts = read_table()[row] if row else {}
    why, remedy = (texts.get(name, "").format(where=where, **values) for name in ("why", "remedy"))
    return CheckResult("", str(where), verdict, what, why, remedy)


warning = partial(_problem, Verdict.WARNING)  # to look into; runs continue without a fix
error = partial(_problem, Verdict.ERROR)  # to fix: it stops a run, the UI or a reader, or it exposes private data


@cache
def read_table() -> dict[str, dict[str, str]]:
    """Why each problem matters and how to fix it, by check, and by `check/finding` for findings that differ from their check."""
    rows: dict[str, dict[str, str]] = read_yaml(Path(__file__).with_name("checks.yml")).data
    return rows


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
