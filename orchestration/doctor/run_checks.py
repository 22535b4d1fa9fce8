"""Run all checks of the doctor in order."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ingest.contract.registry import ContractError
from orchestration.doctor import access, daemon, home, packages, variables
from orchestration.doctor.installation import CheckResult, Installation, Verdict, error, ok, read_table, warning
from orchestration.settings import ConfigurationError, Settings

Check = Callable[[Installation], Iterable[CheckResult]]
CHECKS: dict[str, Check] = {
    "python": packages.python,
    "packages": packages.packages,
    "extensions": packages.extensions,
    "variables": variables.unread_variables,
    "contracts": variables.contracts,
    "secrets": variables.secrets,
    "audiences": variables.audiences,
    "cities": variables.cities,
    "alerts": variables.alerts,
    "permissions": access.permissions,
    "accounts": access.accounts,
    "environment file": access.environment_file,
    "public folder": access.public,
    "deliveries": home.deliveries,
    "lock": home.lock,
    "warehouse": home.warehouse,
    "damaged files": home.damaged_files,
    "delivery records": home.delivery_records,
    "runs": home.runs,
    "licences": variables.licences,
    "removals": home.removals,
    "lake": home.lake,
    "published": home.published,
    "disk": home.disk,
    "clock": home.clock,
    "time zone": home.time_zone,
    "engine": packages.engine,
    "schedule": daemon.schedule,
}


def run_all_checks(environment: Mapping[str, str] | None = None) -> list[CheckResult]:
    """Run every check and return the results in the order of the checks."""
    env = dict(os.environ if environment is None else environment)
    results = []
    try:
        settings = Settings.from_environment(env)
    except ConfigurationError as refused:
        results.append(replace(error("the environment", str(refused), "settings/invalid"), check="settings"))
        # the other checks run without the invalid setting
        settings = Settings.from_environment({name: env[name] for name in ("LEVELGROUND_HOME",) if name in env})
    installation = Installation(settings, env, dt.datetime.now(dt.UTC).replace(tzinfo=None))
    for name, check in CHECKS.items():
        results += run_check(name, check, installation)
    return results


def run_check(name: str, check: Check, installation: Installation) -> list[CheckResult]:
    """Return the results of one check; none if it needs contracts or deliveries that another check reports as unusable.

    If it raises, it becomes a warning that names only the kind of error: its text may quote a value.
    """
    try:
        found = list(check(installation)) or [ok("this installation", "nothing to fix")]
    except (ContractError, ConfigurationError):
        return []
    except Exception as raised:  # noqa: BLE001 - an installation can be broken in ways that no check foresees
        reason = raised.strerror if isinstance(raised, OSError) else type(raised).__name__
        found = [warning(installation.settings.home.root, f"could not be checked: {reason}", "any/raised")]
    return [_completed(result, name) for result in found]


def _completed(result: CheckResult, name: str) -> CheckResult:
    """The result with its check, and with the reason and the remedy of the check where it has none."""
    if result.verdict is Verdict.OK:
        return replace(result, check=name)
    row = {"why": "", "remedy": ""} | read_table().get(name, {})
    remedy = result.remedy or row["remedy"].format(where=result.where, install=packages.INSTALL)
    return replace(result, check=name, why=result.why or row["why"], remedy=remedy)
