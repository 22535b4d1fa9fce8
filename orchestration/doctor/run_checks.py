"""Run all checks of the doctor in order. A check that raises becomes a finding and does not stop the others."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping

from orchestration.doctor import home, installation, machine, published, schedule, sources, variables
from orchestration.doctor.findings import Finding, Installation, error, warning
from orchestration.settings import ConfigurationError, Settings

Check = Callable[[Installation], Iterable[Finding]]
CHECKS: dict[str, Check] = {
    "python": installation.python,
    "packages": installation.packages,
    "extensions": installation.extensions,
    "variables": variables.unread_variables,
    "contracts": variables.contracts,
    "secrets": variables.secrets,
    "alerts": variables.alerts,
    "permissions": home.permissions,
    "deliveries": home.deliveries,
    "lock": home.lock,
    "warehouse": home.warehouse,
    "damaged files": home.damaged_files,
    "runs": home.runs,
    "load modes": sources.load_modes,
    "published": published.published,
    "disk": machine.disk,
    "clock": machine.clock,
    "time zone": machine.time_zone,
    "schedule": schedule.schedule,
}


def run_all_checks(environment: Mapping[str, str] | None = None) -> list[Finding]:
    """Run every check and return the findings in the order of the checks."""
    env = dict(os.environ if environment is None else environment)
    findings = []
    try:
        settings = Settings.from_environment(env)
    except ConfigurationError as refused:
        remedy = "set it as the message says, or unset it"
        findings.append(error("settings", "the environment", str(refused), "no command starts with it", remedy))
        # the other checks run without the invalid setting
        settings = Settings.from_environment({name: env[name] for name in ("LEVELGROUND_HOME",) if name in env})
    installation = Installation(settings, env, dt.datetime.now(dt.UTC).replace(tzinfo=None))
    for name, check in CHECKS.items():
        findings += run_check(name, check, installation)
    return findings


def run_check(name: str, check: Check, installation: Installation) -> list[Finding]:
    """Return the findings of one check. If it raises, report only the kind of error: its text may quote a value."""
    try:
        return list(check(installation))
    except Exception as raised:  # noqa: BLE001 - an installation can be broken in ways that no check foresees
        where = f"{installation.settings.home.root}" if isinstance(raised, OSError) else "this check"
        reason = raised.strerror if isinstance(raised, OSError) else type(raised).__name__
        remedy = "fix the other findings, then run the doctor again"
        return [warning(name, where, f"could not be checked: {reason}", "its state is unknown", remedy)]
