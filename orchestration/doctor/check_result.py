"""Define the result of a check: ok, warning or error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How severe a result is. An `ok` result names what was checked. The values are part of the JSON output."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "wrong"


@dataclass(frozen=True)
class CheckResult:
    """The result of a check: where, what was found, why it matters, how to fix it. It never contains a secret.

    A check leaves `check` empty, and `why` and `remedy` where those of its row in `checks.yml` are meant.
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


def warning(where: object, what: str, remedy: str = "", why: str = "") -> CheckResult:
    """Return a result to look into; runs continue without a fix."""
    return CheckResult("", str(where), Verdict.WARNING, what, why, remedy)


def error(where: object, what: str, remedy: str = "", why: str = "") -> CheckResult:
    """Return a result to fix: it stops a run, the UI or a reader, or it exposes private data."""
    return CheckResult("", str(where), Verdict.ERROR, what, why, remedy)
