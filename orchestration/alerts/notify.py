"""Word an alert, send it to each address in LEVELGROUND_ALERTS through apprise, and always to the home's `logs/alerts.log`.

Messages are built from run records, which hold counts, names and reasons but no cell of the data. An address may contain a
password or a token, so it is never displayed: a channel's name is its number and kind. Nothing here raises. A channel that fails
is named on the process's log and tried again at the next change; the run itself ends as it would have without alerts.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.contract.yaml_source import read_yaml
from orchestration.alerts.conditions import (
    AGREEMENT_OF,
    LISTED_FIRST,
    NOT_STARTED,
    RUN,
    Condition,
    conditions_after_run,
    open_alert_state,
)
from orchestration.runs.delivery_location import home_registry
from orchestration.runs.record import RunRecord
from orchestration.settings import Settings
from warehouse.printable import markdown_literal, printable

if TYPE_CHECKING:
    import apprise

# A gate over many tables can give a long reason. A pager shows the beginning, and `levelground status` has the rest.
REASON_CHARACTERS = 600

KINDS = Path(__file__).with_name("kinds.yml")


@cache
def read_kinds() -> dict[str, dict[str, str]]:
    """The `headline` and the `remedy` of each kind of condition."""
    kinds: dict[str, dict[str, str]] = read_yaml(KINDS).data
    return kinds


@dataclass(frozen=True)
class Message:
    """One alert."""

    title: str
    body: str
    is_resolution: bool  # contains resolved conditions only
    markdown: str = ""  # the body for channels that read Markdown, with reasons and names as literal text


def compose_message(
    settings: Settings, city: str, started: Sequence[Condition], resolved: Sequence[tuple[str, str]], contacts: Mapping[str, str]
) -> Message:
    """Return one message for all changes; `contacts` gives the steward's address per source."""
    started = sorted(started, key=lambda condition: (condition.subject not in LISTED_FIRST, condition.kind, condition.subject))
    ends = [f"RESOLVED: {LISTED_FIRST.get(subject, subject)} (was: {_headline(kind)})." for subject, kind in resolved]
    ends.append(f"Home: {settings.home.root} on {socket.gethostname()}")
    body, markdown = (
        "\n\n".join([*(_describe(settings, condition, contacts, literal) for condition in started), *ends])
        for literal in (printable, markdown_literal)
    )
    return Message(f"Levelground {city}: {_title(started, resolved)}", body, not started, markdown)


def _title(started: Sequence[Condition], resolved: Sequence[tuple[str, str]]) -> str:
    parts = [_headline(condition.kind) for condition in started if condition.subject in LISTED_FIRST]
    for kind in read_kinds():
        sources = [condition.subject for condition in started if condition.subject not in LISTED_FIRST and condition.kind == kind]
        if sources:
            parts.append(f"{sources[0] if len(sources) == 1 else f'{len(sources)} sources'} {_headline(kind)}")
    if resolved:
        (subject, _), *others = resolved
        parts.append(f"{len(resolved)} problems resolved" if others else f"{LISTED_FIRST.get(subject, subject)} resolved")
    return ", ".join(parts)


def _describe(
    settings: Settings, condition: Condition, contacts: Mapping[str, str], literal: Callable[[str], str] = printable
) -> str:
    """Return the text of one condition; `literal` escapes what departments and contracts may have written."""
    headline = _headline(condition.kind)
    about = headline.capitalize() if condition.subject in LISTED_FIRST else f"{condition.subject} is {headline}"
    reason = condition.reason
    if len(reason) > REASON_CHARACTERS:
        reason = f"{reason[:REASON_CHARACTERS].rsplit(' ', 1)[0]} …"
    source = condition.subject.removeprefix(AGREEMENT_OF)
    reason, contact = literal(reason), literal(contacts.get(source, ""))
    kind = read_kinds()[condition.kind]
    accept = kind.get("accept", "").format(source=source, load=condition.load_id) if condition.load_id else ""
    remedy = kind["remedy"].format(source=source, contact=f" ({contact})" if contact else "", accept=accept)
    lines = [f"{about}.", f"Why: {reason}", f"What to do: {remedy}"]
    if condition.run_id:
        link = f"{settings.ui_url}/runs/{condition.run_id}" if settings.ui_url else f"run {condition.run_id}"
        lines.append(f"Found in: {link}")
    return "\n".join(lines)


def _headline(kind: str) -> str:
    """Of a kind that a file of another version may contain, its name."""
    return read_kinds().get(kind, {}).get("headline", kind)


KIND = re.compile(r"([A-Za-z0-9_]+)://")
LOG_FILE = "alerts.log"
Channel = Callable[[Message], bool]


def channels(settings: Settings) -> dict[str, Channel]:
    """Return the configured channels by display name; the first is the log file."""
    found: dict[str, Channel] = {"log": partial(_write_log, settings.home.logs / LOG_FILE)}
    for number, address in enumerate(settings.alerts, start=1):
        kind = KIND.match(address)
        found[f"{number} {kind[1] if kind else 'of unknown kind'}"] = partial(_send_to, address)
    return found


def unusable_channels(settings: Settings) -> list[str]:
    """Return the display names of channels whose address apprise cannot use; nothing is sent."""
    names = list(channels(settings))[1:]
    return [name for name, address in zip(names, settings.alerts, strict=True) if not _sender(address)]


def _sender(address: str) -> apprise.Apprise | None:
    """The sender to an address; None if apprise cannot use it."""
    import apprise  # noqa: PLC0415 - half a second, and most runs send nothing

    # apprise's log quotes addresses
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    sender = apprise.Apprise()
    return sender if sender.add(address) else None


def _write_log(path: Path, message: Message) -> bool:
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{when} {message.title}\n{message.body}\n\n")
    return True


def _send_to(address: str, message: Message) -> bool:
    sender = _sender(address)
    if sender is None:
        return False
    # apprise escapes a text for channels in HTML, and not for those in Markdown
    reads_markdown = sender.servers[0].notify_format == "markdown"
    body = message.markdown if reads_markdown and message.markdown else message.body
    kind = "success" if message.is_resolution else "failure"
    return bool(sender.notify(body, message.title, notify_type=kind, body_format="text"))


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
            state.now = list(change(state.active).values())
            senders = channels(settings)
            state.notified, state.causes = (
                {name: kept[name] for name in senders if name in kept} for kept in (state.notified, state.causes)
            )  # a channel that is no longer configured is forgotten
            changes = {name: state.changes_for(name) for name in senders}
            registry = home_registry(settings) if any(started for started, _ in changes.values()) else ()
            contacts = {contract.source: contract.steward.contact for contract in registry}
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
