"""Run all checks of the doctor in order. A check that raises becomes a warning and does not stop the others."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping

from orchestration.doctor import engine, home, lake, machine, packages, published, schedule, sources, variables
from orchestration.doctor.check_result import CheckResult, error, warning
from orchestration.doctor.installation import Installation
from orchestration.settings import ConfigurationError, Settings

Check = Callable[[Installation], Iterable[CheckResult]]
CHECKS: dict[str, Check] = {
    "python": packages.python,
    "packages": packages.packages,
    "extensions": packages.extensions,
    "variables": variables.unread_variables,
    "contracts": variables.contracts,
    "secrets": variables.secrets,
    "cities": variables.cities,
    "alerts": variables.alerts,
    "permissions": home.permissions,
    "deliveries": home.deliveries,
    "lock": home.lock,
    "warehouse": home.warehouse,
    "damaged files": home.damaged_files,
    "delivery records": home.delivery_records,
    "runs": home.runs,
    "load modes": sources.load_modes,
    "licences": sources.licences,
    "agreements": sources.agreements,
    "fetched sources": sources.fetched_sources,
    "removals": home.removals,
    "lake": lake.lake,
    "published": published.published,
    "disk": machine.disk,
    "clock": machine.clock,
    "time zone": machine.time_zone,
    "engine": engine.engine,
    "schedule": schedule.schedule,
}


def run_all_checks(environment: Mapping[str, str] | None = None) -> list[CheckResult]:
    """Run every check and return the results in the order of the checks."""
    env = dict(os.environ if environment is None else environment)
    results = []
    try:
        settings = Settings.from_environment(env)
    except ConfigurationError as refused:
        remedy = "set it as the message describes, or unset it"
        results.append(error("settings", "the environment", str(refused), "no command starts with it", remedy))
        # the other checks run without the invalid setting
        settings = Settings.from_environment({name: env[name] for name in ("LEVELGROUND_HOME",) if name in env})
    installation = Installation(settings, env, dt.datetime.now(dt.UTC).replace(tzinfo=None))
    for name, check in CHECKS.items():
        results += run_check(name, check, installation)
    return results


def run_check(name: str, check: Check, installation: Installation) -> list[CheckResult]:
    """Return the results of one check. If it raises, report only the kind of error: its text may quote a value."""
    try:
        return list(check(installation))
    except Exception as raised:  # noqa: BLE001 - an installation can be broken in ways that no check foresees
        where = f"{installation.settings.home.root}" if isinstance(raised, OSError) else "this check"
        reason = raised.strerror if isinstance(raised, OSError) else type(raised).__name__
        remedy = "fix the other problems, then run the doctor again"
        return [warning(name, where, f"could not be checked: {reason}", "its state is unknown", remedy)]
