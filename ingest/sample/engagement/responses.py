"""`oei__engagement_responses`: an Excel workbook, the office's log of comments and responses, below a title block.

Irregularities: an input without a handler is not in the log; one with a handler is `Pending` until the person is answered; empty
reasons; the letter to the person, with the name in it; two languages in one cell.
Planted: the days to an answer, the answer, its reason and its language are drawn from the chances in `plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import xlsxwriter

from ingest.sample.city import FIRST_NAMES, NAMES, TITLE
from ingest.sample.engagement import plan
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "oei__engagement_responses"
TITLE_ROWS = 4
HEADER = (
    "Input", "Logged", "Answer", "Reason if declined", "What we wrote", "Decided by", "Decided on", "Council file", "Told on",
    "Told by", "Told in",
)  # fmt: skip
_REASONS = ("No money in the budget", "Not the city's to decide", "Against the law", "Already under way")
_CHANNELS = ("Letter", "Email", "Public meeting", "Phone call")
_LOGGED_AFTER = 3


def _answered(item: plan.Input, at: int, answered_on: date, luck: np.ndarray) -> tuple[object, ...]:
    """The cells of an input that was answered, from `Answer` on."""
    answer = str(np.array(list(plan.ANSWERS))[np.searchsorted(np.cumsum(list(plan.ANSWERS.values())), luck[1])])
    reason = _REASONS[at % len(_REASONS)] if answer == "Declined" and luck[2] < plan.REASON_GIVEN[item.race] else ""
    own = luck[3] < plan.TOLD_IN_OWN[item.language]
    languages = "English" if item.language == "en" else f"English; {plan.LANGUAGES[item.language]}" if own else "English"
    decided = answered_on - timedelta(days=2 + at % 5)
    decision: tuple[object, ...] = ("", "", "")
    if answer != "Declined":
        theme = list(plan.THEMES).index(item.theme) if item.theme in plan.THEMES else 9
        decision = ("Common Council", decided, f"{decided:%y}0{decided.month // 4}{theme}7")
    name = FIRST_NAMES[at % len(FIRST_NAMES)]
    return (
        answer,
        reason,
        f"Dear {name} {NAMES[at % len(NAMES)].title()}, …",
        *decision,
        answered_on,
        _CHANNELS[at % 4],
        languages,
    )


def _rows(rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    every = plan.inputs()
    for at, (item, luck) in enumerate(zip(every, rng.random((len(every), 4)), strict=True)):
        days = plan.days_to_answer(item.race, float(luck[0]))
        answered_on = None if days is None else item.received + timedelta(days=days)
        logged = min(item.received + timedelta(days=_LOGGED_AFTER), plan.LAST_DAY)
        if answered_on is not None and answered_on <= plan.LAST_DAY:
            yield (item.number, min(logged, answered_on), *_answered(item, at, answered_on, luck))
        elif at % 2:
            yield (item.number, logged, "Pending", *[""] * 8)


def write(folder: Path, rng: np.random.Generator) -> PlantedCounts:
    """Write the log into `folder`; returns what was planted."""
    rows = list(_rows(rng))
    with xlsxwriter.Workbook(folder / "comment_response_log.xlsx") as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # else the file contains the machine's clock
        sheet, day = book.add_worksheet("Log"), book.add_format({"num_format": "mm/dd/yyyy"})
        for row, text in enumerate((f"{TITLE}: what we heard and what we did", "Comments and responses", "For the office")):
            sheet.write(row, 0, text)
        sheet.write_row(TITLE_ROWS, 0, HEADER)
        for at, values in enumerate(rows, start=TITLE_ROWS + 1):
            for place, value in enumerate(values):
                if isinstance(value, date):
                    sheet.write_datetime(at, place, datetime(value.year, value.month, value.day), day)
                elif value:
                    sheet.write_string(at, place, str(value))
    return PlantedCounts(delivered=len(rows), facts={"answered": sum(row[2] != "Pending" for row in rows)})
