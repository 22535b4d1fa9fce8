"""All checks, one after the other, whatever one of them meets.

Here: their order, and that a check which breaks is a finding and ends nothing. Not here: the checks.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping

from orchestration.doctor import home, installation, machine, published, schedule, sources, variables
from orchestration.doctor.findings import Finding, Installation, warning, wrong
from orchestration.settings import ConfigurationError, Settings

Check = Callable[[Installation], Iterable[Finding]]
CHECKS: dict[str, Check] = {
    "python": installation.python,
    "packages": installation.packages,
    "extensions": installation.extensions,
    "variables": variables.known,
    "contracts": variables.contracts,
    "secrets": variables.secrets,
    "alerts": variables.alerts,
    "permissions": home.permissions,
    "what it reads": home.reading,
    "lock": home.lock,
    "warehouse": home.warehouse,
    "moved aside": home.moved_aside,
    "runs": home.runs,
    "load modes": sources.load_modes,
    "published": published.published,
    "disk": machine.disk,
    "clock": machine.clock,
    "time zone": machine.time_zone,
    "schedule": schedule.schedule,
}


def examine(environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Look at everything; findings in the order of the checks."""
    env = dict(os.environ if environment is None else environment)
    findings = []
    try:
        settings = Settings.from_environment(env)
    except ConfigurationError as error:
        remedy = "set it as the message says, or unset it"
        findings.append(wrong("settings", "the environment", str(error), "no command starts with it", remedy))
        # the rest can be looked at without the setting that is wrong
        settings = Settings.from_environment({name: env[name] for name in ("LEVELGROUND_HOME",) if name in env})
    installation = Installation(settings, env, dt.datetime.now(dt.UTC).replace(tzinfo=None))
    for name, check in CHECKS.items():
        findings += looked(name, check, installation)
    return findings


def looked(name: str, check: Check, installation: Installation) -> list[Finding]:
    """What one check finds; if it breaks, that, by the kind of its error: the text may quote what it failed at."""
    try:
        return list(check(installation))
    except Exception as error:  # noqa: BLE001 - an installation may be broken in ways that nobody thought of
        where = f"{installation.settings.home.root}" if isinstance(error, OSError) else "this check"
        said = error.strerror if isinstance(error, OSError) else type(error).__name__
        why = "so nothing is known of it"
        return [warning(name, where, f"could not be looked at: {said}", why, "mend the findings beside it, then look again")]
