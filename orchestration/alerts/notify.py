"""Telling what has changed, to every channel, whatever happens on the way.

Here: putting conditions, memory, words and channels together. Nothing here raises: an alert that fails is named on the log of
the process and tried again at the next occasion, and the run that it is about ends as it would have.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from ingest.contract.registry import load_registry
from orchestration.alerts.alert_state import remembered
from orchestration.alerts.channels import channels
from orchestration.alerts.conditions import NOT_STARTED, RUN, Condition, after_run
from orchestration.alerts.message_text import Message, message
from orchestration.runs.record import RunReceipt
from orchestration.settings import Settings

FILE = "alerts.json"
Conditions = Mapping[str, Condition]
_log = logging.getLogger("levelground.alerts")


def tell(settings: Settings, receipt: RunReceipt) -> None:
    """Tell what a run that has ended changed."""
    tell_changed(settings, receipt.city, partial(after_run, receipt))


def tell_not_started(settings: Settings, city: str, reason: str, run_id: str | None) -> None:
    """Tell that a run could not even begin."""
    tell_changed(settings, city, lambda before: {**before, RUN: Condition(RUN, NOT_STARTED, reason, run_id)})


def tell_changed(settings: Settings, city: str, change: Callable[[Conditions], Conditions]) -> None:
    """Change what is wrong, and tell each channel what it does not know yet."""
    try:
        with remembered(settings.home.root / FILE) as memory:
            memory.now = dict(change(memory.now))
            ways = channels(settings)
            memory.forget_others(ways)
            news = {name: memory.news(name) for name in ways}
            contacts = _contacts(settings) if any(begun for begun, _ in news.values()) else {}
            for name, (begun, ended) in news.items():
                if (begun or ended) and _sent(name, partial(ways[name], message(settings, city, begun, ended, contacts))):
                    memory.has_told(name)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not worth a run
        _log.error("alerts could not be told (%s); docs/operation.md says how to try a channel", type(error).__name__)


def send_test(settings: Settings, city: str) -> dict[str, bool]:
    """Send a test message to every channel: which took it."""
    test = Message(f"Levelground {city}: test", "This is a test of LEVELGROUND_ALERTS. Nothing is wrong.", good=True)
    return {name: _sent(name, partial(send, test)) for name, send in channels(settings).items()}


def _sent(name: str, send: Callable[[], bool]) -> bool:
    try:
        good = send()
    except Exception:  # noqa: BLE001 - a channel's own error may quote its address
        good = False
    if not good:
        _log.error(
            "the alert channel %s did not take a message; the next run tries again. `levelground alerts test` tries it now", name
        )
    return good


def _contacts(settings: Settings) -> dict[str, str]:
    return {contract.source: contract.steward.contact for contract in load_registry(settings.further_sources)}
