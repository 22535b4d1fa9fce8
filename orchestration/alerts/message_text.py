"""What an alert says: what happened, where, and what to do about it.

Here: the words. They are made of receipts, which hold counts, names and reasons, and never a cell of the data.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.alerts.conditions import FIRST, MISSED, NIGHTLY, NOT_STARTED, RUN, Condition
from orchestration.runs.record import BLOCKED, FAILED, HELD_BACK, STALE
from orchestration.settings import Settings

# A gate of many tables can have much to say; who is paged needs the beginning, and `levelground status` has the rest.
REASON_CHARACTERS = 600

HEADLINES = {
    BLOCKED: "release blocked",
    FAILED: "run failed",
    NOT_STARTED: "run did not start",
    MISSED: "no nightly run",
    HELD_BACK: "held back",
    STALE: "stale",
}
TO_DO = {
    BLOCKED: "The last release stays public. `levelground status` names what failed; mend the data or the rule, then run again.",
    FAILED: "The last release stays public. Look at the run's log, mend the cause, then `levelground run`: it goes on from what "
    "was finished.",
    NOT_STARTED: "Do what the reason says, then run again; docs/operation.md says more.",
    MISSED: "Look whether the machine and `levelground ui` were up and the schedule `nightly` is on; then `levelground run`.",
    HELD_BACK: "Its last good rows stay. `levelground sources check {source} --report report.html` makes a page for the steward"
    "{contact}; if the surprise is true: `levelground sources accept {source} --load {load} --reason TEXT`.",
    STALE: "Ask the steward{contact} for the next delivery. Its last rows stay, marked stale.",
}


@dataclass(frozen=True)
class Message:
    """One alert."""

    title: str
    body: str
    good: bool  # everything in it is good news


def message(
    settings: Settings, city: str, begun: Sequence[Condition], ended: Sequence[tuple[str, str]], contacts: Mapping[str, str]
) -> Message:
    """One message for all that has changed; `contacts` are the stewards' by source."""
    begun = sorted(begun, key=lambda condition: (condition.subject not in FIRST, condition.kind, condition.subject))
    parts = [_bad(settings, condition, contacts) for condition in begun]
    parts += [f"WELL AGAIN: {_named(subject)} (was: {HEADLINES.get(kind, kind)})." for subject, kind in ended]
    parts.append(f"Home: {settings.home.root} on {socket.gethostname()}")
    return Message(f"Levelground {city}: {_title(begun, ended)}", "\n\n".join(parts), not begun)


def _title(begun: Sequence[Condition], ended: Sequence[tuple[str, str]]) -> str:
    said = [HEADLINES[condition.kind] for condition in begun if condition.subject in FIRST]
    for kind in (HELD_BACK, STALE):
        sources = [condition.subject for condition in begun if condition.subject not in FIRST and condition.kind == kind]
        if sources:
            said.append(f"{sources[0] if len(sources) == 1 else f'{len(sources)} sources'} {HEADLINES[kind]}")
    if ended:
        said.append(f"{_named(ended[0][0])} well again" if len(ended) == 1 else f"{len(ended)} things well again")
    return ", ".join(said)


def _bad(settings: Settings, condition: Condition, contacts: Mapping[str, str]) -> str:
    headline = HEADLINES.get(condition.kind, condition.kind)
    about = headline.capitalize() if condition.subject in FIRST else f"{condition.subject} is {headline}"
    reason = condition.reason
    if len(reason) > REASON_CHARACTERS:
        reason = f"{reason[:REASON_CHARACTERS].rsplit(' ', 1)[0]} …"
    contact = contacts.get(condition.subject)
    remedy = TO_DO[condition.kind].format(
        source=condition.subject, contact=f" ({contact})" if contact else "", load=condition.load_id or "LOAD"
    )
    lines = [f"{about}.", f"Why: {reason}", f"What to do: {remedy}"]
    if condition.run_id:
        link = f"{settings.ui_url}/runs/{condition.run_id}" if settings.ui_url else f"run {condition.run_id}"
        lines.append(f"Seen in: {link}")
    return "\n".join(lines)


def _named(subject: str) -> str:
    return {RUN: "the run", NIGHTLY: "the nightly run"}.get(subject, subject)
