"""Send a message to each address in LEVELGROUND_ALERTS through apprise, and always to the home's `logs/alerts.log`.

An address may contain a password or a token, so it is never displayed: a channel's name is its number and kind.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from pathlib import Path

from orchestration.alerts.message_text import Message
from orchestration.settings import Settings

KIND = re.compile(r"([A-Za-z0-9_]+)://")
LOG_FILE = "alerts.log"
Channel = Callable[[Message], bool]


def channels(settings: Settings) -> dict[str, Channel]:
    """Return the configured channels by display name; the first is the log file."""
    found: dict[str, Channel] = {"log": _log(settings.home.logs / LOG_FILE)}
    for number, address in enumerate(settings.alerts, start=1):
        kind = KIND.match(address)
        found[f"{number} {kind[1] if kind else 'of unknown kind'}"] = _by_apprise(address)
    return found


def unusable_channels(settings: Settings) -> list[str]:
    """Return the display names of channels whose address apprise cannot use; nothing is sent."""
    if not settings.alerts:
        return []
    import apprise  # noqa: PLC0415 - half a second to import

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    names = list(channels(settings))[1:]
    return [name for name, address in zip(names, settings.alerts, strict=True) if not apprise.Apprise().add(address)]


def _log(path: Path) -> Channel:
    def write(message: Message) -> bool:
        when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{when} {message.title}\n{message.body}\n\n")
        return True

    return write


def _by_apprise(address: str) -> Channel:
    def send(message: Message) -> bool:
        import apprise  # noqa: PLC0415 - half a second, and most runs send nothing

        # apprise's log quotes addresses
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        sender = apprise.Apprise()
        if not sender.add(address):
            return False
        kind = apprise.NotifyType.SUCCESS if message.is_resolution else apprise.NotifyType.FAILURE
        # apprise escapes a text for channels in HTML, and not for those in Markdown
        reads_markdown = sender.servers[0].notify_format == apprise.NotifyFormat.MARKDOWN
        body = message.markdown if reads_markdown and message.markdown else message.body
        return bool(sender.notify(body, message.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT))

    return send
