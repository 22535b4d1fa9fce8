"""Notify every channel of the conditions that started or were resolved.

Nothing here raises. A channel that fails is named on the process's log and tried again at the next change; the run itself ends
as it would have without alerts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from orchestration.alerts.alert_state import open_alert_state
from orchestration.alerts.channels import channels
from orchestration.alerts.conditions import NOT_STARTED, RUN, Condition, conditions_after_run
from orchestration.alerts.message_text import Message, compose_message
from orchestration.runs.delivery_location import home_registry
from orchestration.runs.record import RunRecord
from orchestration.settings import Settings

FILE = "alerts.json"
Conditions = Mapping[str, Condition]
_log = logging.getLogger("levelground.alerts")


def notify_run_ended(settings: Settings, record: RunRecord) -> None:
    """Notify every channel of what a finished run changed."""
    notify_changes(settings, record.city, partial(conditions_after_run, record))


def notify_run_not_started(settings: Settings, city: str, reason: str, run_id: str | None) -> None:
    """Notify every channel that a run could not start."""
    notify_changes(settings, city, lambda active: {**active, RUN: Condition(RUN, NOT_STARTED, reason, run_id)})


def notify_changes(settings: Settings, city: str, change: Callable[[Conditions], Conditions]) -> None:
    """Apply `change` to the active conditions, and send each channel what it was not notified of yet."""
    try:
        with open_alert_state(settings.home.root / FILE) as state:
            state.active = dict(change(state.active))
            senders = channels(settings)
            state.drop_channels_except(senders)
            changes = {name: state.changes_for(name) for name in senders}
            contacts = _contacts(settings) if any(started for started, _ in changes.values()) else {}
            for name, (started, resolved) in changes.items():
                if not (started or resolved):
                    continue
                if _send(name, partial(senders[name], compose_message(settings, city, started, resolved, contacts))):
                    state.mark_notified(name)
    except Exception as error:  # noqa: BLE001 - no alert is worth failing a run for
        _log.error("alerts could not be sent (%s); docs/operation.md shows how to test a channel", type(error).__name__)


def send_test_message(settings: Settings, city: str) -> dict[str, bool]:
    """Send a test message to every channel; return whether each accepted it."""
    test = Message(f"Levelground {city}: test", "This is a test of LEVELGROUND_ALERTS. Nothing is wrong.", is_resolution=True)
    return {name: _send(name, partial(send, test)) for name, send in channels(settings).items()}


def _send(name: str, send: Callable[[], bool]) -> bool:
    try:
        accepted = send()
    except Exception:  # noqa: BLE001 - a channel's own error may quote its address
        accepted = False
    if not accepted:
        _log.error(
            "the alert channel %s did not accept a message; the next run tries again. `levelground alerts test` tests it", name
        )
    return accepted


def _contacts(settings: Settings) -> dict[str, str]:
    return {contract.source: contract.steward.contact for contract in home_registry(settings)}
