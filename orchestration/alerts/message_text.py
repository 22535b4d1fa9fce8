"""Word an alert: what happened, where, and what to do about it.

Messages are built from run records, which hold counts, names and reasons but no cell of the data.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from orchestration.alerts.conditions import (
    AGREEMENT_ENDED,
    AGREEMENT_ENDS,
    AGREEMENT_OF,
    LISTED_FIRST,
    MISSED,
    NIGHTLY,
    NOT_STARTED,
    NOT_WRITTEN,
    RUN,
    SCORECARD,
    Condition,
)
from orchestration.runs.record import BLOCKED, FAILED, HELD_BACK, STALE
from orchestration.settings import Settings
from warehouse.printable import markdown_literal, printable

# A gate over many tables can give a long reason. A pager shows the beginning, and `levelground status` has the rest.
REASON_CHARACTERS = 600

HEADLINES = {
    BLOCKED: "release blocked",
    FAILED: "run failed",
    NOT_STARTED: "run did not start",
    MISSED: "no nightly run",
    NOT_WRITTEN: "scorecard not written",
    HELD_BACK: "held back",
    STALE: "stale",
    AGREEMENT_ENDS: "about to end",
    AGREEMENT_ENDED: "at its end",
}
REMEDIES = {
    BLOCKED: "The last release stays public. `levelground status` names what failed; fix the data or the rule, then run again.",
    FAILED: "The last release stays public. Find the cause in the run's log, fix it, then `levelground run`: it goes on from "
    "what was finished.",
    NOT_STARTED: "Do what the reason asks for, then run again; docs/operation.md has more.",
    MISSED: "Check that the machine and `levelground ui` were up and that the schedule `nightly` is on; then `levelground run`.",
    NOT_WRITTEN: "The earlier site stays and names its release on every page. Fix the cause, then `levelground scorecard`.",
    HELD_BACK: "Its last good rows stay. `levelground sources check {source} --report report.html` writes a page for the steward"
    "{contact}; if the delivery is right: `levelground sources accept {source} --load {load} --reason TEXT`.",
    STALE: "Ask the steward{contact} for the next delivery. Its last rows stay, marked stale.",
    AGREEMENT_ENDS: "Renew the agreement with the steward{contact}, then set agreement.valid_until in the contract.",
    AGREEMENT_ENDED: "The source is no longer read, and its rows stay. Renew the agreement with the steward{contact}, or remove "
    "the rows: `levelground sources remove {source} --reason TEXT`.",
}


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
    ends = [f"RESOLVED: {_subject_name(subject)} (was: {HEADLINES.get(kind, kind)})." for subject, kind in resolved]
    ends.append(f"Home: {settings.home.root} on {socket.gethostname()}")
    body, markdown = (
        "\n\n".join([*(_describe(settings, condition, contacts, literal) for condition in started), *ends])
        for literal in (printable, markdown_literal)
    )
    return Message(f"Levelground {city}: {_title(started, resolved)}", body, not started, markdown)


def _title(started: Sequence[Condition], resolved: Sequence[tuple[str, str]]) -> str:
    parts = [HEADLINES[condition.kind] for condition in started if condition.subject in LISTED_FIRST]
    for kind in (HELD_BACK, STALE, AGREEMENT_ENDS, AGREEMENT_ENDED):
        sources = [condition.subject for condition in started if condition.subject not in LISTED_FIRST and condition.kind == kind]
        if sources:
            parts.append(f"{sources[0] if len(sources) == 1 else f'{len(sources)} sources'} {HEADLINES[kind]}")
    if resolved:
        parts.append(f"{_subject_name(resolved[0][0])} resolved" if len(resolved) == 1 else f"{len(resolved)} problems resolved")
    return ", ".join(parts)


def _describe(
    settings: Settings, condition: Condition, contacts: Mapping[str, str], literal: Callable[[str], str] = printable
) -> str:
    """Return the text of one condition; `literal` escapes what departments and contracts may have written."""
    headline = HEADLINES.get(condition.kind, condition.kind)
    about = headline.capitalize() if condition.subject in LISTED_FIRST else f"{condition.subject} is {headline}"
    reason = condition.reason
    if len(reason) > REASON_CHARACTERS:
        reason = f"{reason[:REASON_CHARACTERS].rsplit(' ', 1)[0]} …"
    source = condition.subject.removeprefix(AGREEMENT_OF)
    reason, contact = literal(reason), literal(contacts.get(source, ""))
    remedy = REMEDIES[condition.kind].format(
        source=source, contact=f" ({contact})" if contact else "", load=condition.load_id or "LOAD"
    )
    lines = [f"{about}.", f"Why: {reason}", f"What to do: {remedy}"]
    if condition.run_id:
        link = f"{settings.ui_url}/runs/{condition.run_id}" if settings.ui_url else f"run {condition.run_id}"
        lines.append(f"Found in: {link}")
    return "\n".join(lines)


def _subject_name(subject: str) -> str:
    return {RUN: "the run", NIGHTLY: "the nightly run", SCORECARD: "the scorecard"}.get(subject, subject)
