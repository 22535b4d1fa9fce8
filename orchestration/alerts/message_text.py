"""Word an alert: what happened, where, and what to do about it.

Messages are built from run records, which hold counts, names and reasons but no cell of the data.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.contract.yaml_source import read_yaml
from orchestration.alerts.conditions import AGREEMENT_OF, EDITION, LISTED_FIRST, NIGHTLY, RUN, SCORECARD, Condition
from orchestration.settings import Settings
from warehouse.printable import markdown_literal, printable

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
    ends = [f"RESOLVED: {_subject_name(subject)} (was: {_headline(kind)})." for subject, kind in resolved]
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
        parts.append(f"{_subject_name(resolved[0][0])} resolved" if len(resolved) == 1 else f"{len(resolved)} problems resolved")
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
    remedy = read_kinds()[condition.kind]["remedy"].format(
        source=source, contact=f" ({contact})" if contact else "", load=condition.load_id or "LOAD"
    )
    lines = [f"{about}.", f"Why: {reason}", f"What to do: {remedy}"]
    if condition.run_id:
        link = f"{settings.ui_url}/runs/{condition.run_id}" if settings.ui_url else f"run {condition.run_id}"
        lines.append(f"Found in: {link}")
    return "\n".join(lines)


def _headline(kind: str) -> str:
    """Of a kind that a file of another version may contain, its name."""
    return read_kinds().get(kind, {}).get("headline", kind)


def _subject_name(subject: str) -> str:
    return {RUN: "the run", NIGHTLY: "the nightly run", SCORECARD: "the scorecard", EDITION: "the edition"}.get(subject, subject)
