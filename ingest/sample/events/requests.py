"""`ucc__service_requests`: one CSV as the call center's portal gives it.

Irregularities: records end in a bare CR (none after the last), quoted free text holds LF and CRLF, phone numbers, e-mail
addresses and names; literal `null` and `undefined`; newest day first; all times 00:00; exact duplicates; addresses with and
without the city; one address in a hundred is not in the city's index; no record id. Unlike the real ones, follow-up is
complete: closings run to 90 days and stop only at the end of the year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.sample.city import FIRST_NAMES, NAMES, STREETS, Profile, phone
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.places.ground import zip_areas
from ingest.sample.places.houses import addresses, houses, long_form
from ingest.sample.text import DAYS, FIRST_DAY, Index, chooser, day_words, draw, records, rows_by_day, word_list, words

HEADER = '"CREATIONDATE","OBJECTDESC","TITLE","CLOSEDDATETIME","CASECLOSUREREASONDESCRIPTION"'
COPY_EVERY = 420  # each 420th row is its predecessor again, as 23 of the 9,725 real ones are
CREATED_DAYS = DAYS - 2  # the feed runs two days behind, so that every request is followed for two days at least

# Planted: the share of requests closed on the same day, one and two days later; then evenly on days 3 to 90; the rest stay open.
CLOSED_BY_DAY = (0.18, 0.15, 0.05)
CLOSED_LATER = 0.50
LAST_CLOSING_DAY = 90
# Planted: these titles are closed sooner than others, by CLOSED_BY_DAY on the average, and are fewer of the requests of the
# second half of the year. What is closed of a title never changes: the mix alone makes the share closed in two days fall.
SOON = ("Potholes", "Street Light Out")
SOON_SHARE, SOON_CLOSED, SOON_CLOSED_LATER = (0.6, 0.3), 0.6, 0.3
SECOND_HALF = (date(2025, 7, 1) - FIRST_DAY).days

# Walking through the houses in steps of this prime, which does not divide their number, meets each of them once. Up to some 6
# million event rows, no day has more requests than there are houses, so that no two rows are equal by chance.
STRIDE = 7_919
_NO_HOUSE_EVERY = 100  # of the houses, one in a hundred is called by a number that the index does not have


_SUBJECTS = ("The street light", "A large branch", "The garbage cart", "Water in the basement", "This pothole", "The alley")


def _texts() -> list[tuple[float, list[str]]]:
    """Groups of free text with the share of rows that have one of the group."""
    plain = [f"{subject} {trouble}" for subject in _SUBJECTS for trouble in word_list("request_troubles")]
    people = [f"{first} {name.title()}" for name in NAMES for first in FIRST_NAMES]
    private = [f"POLICE CALL // P{phone(i)} // CLLR STS {name.upper()} LIVES AT THE ADDRESS" for i, name in enumerate(people)]
    private += [f"Spoke to {name}, call {phone(i)} or {name.split()[0].lower()}.{i}@example.com" for i, name in enumerate(people)]
    two_lines = [f"{text}\n\nThank you,\n{people[i % len(people)]}" for i, text in enumerate(plain)]
    pasted = [f"Cart located on {STREETS[i]}.\r\n#R{7_936_314 + i:08d}\r\n{text}" for i, text in enumerate(plain)]
    endless = [" // ".join([text] * 40)[:1_800] for text in plain[:8]]
    emoji = [f"{text} \N{SMILING FACE WITH SMILING EYES}\u2028\N{MALE SIGN}\ufe0f" for text in plain[:20]]
    return [
        (0.146, [""]), (0.006, ["null"]), (0.002, ["undefined"]),
        (0.06, ["BACKWATER IN BASEMENT", "Sidewalk", "SCATTERED TRASH", "Brush"]), (0.010, private), (0.050, two_lines),
        (0.035, pasted), (0.002, endless), (0.004, emoji), (0.685, plain),
    ]  # fmt: skip


def _heads() -> list[str]:
    """Number and street of every house, as the system writes them and then as people type them."""
    full = [
        address if at % _NO_HOUSE_EVERY else f"9{address}"  # 92263 N 6TH ST: beyond the last number of any street
        for at, address in enumerate(addresses())
    ]
    return [*full, *(long_form(address) for address in full)]


def _tails(city: Profile) -> tuple[pa.Array, Sequence[float]]:
    """What follows the street, for every ZIP code in each of four styles, and the share of each style."""
    zips = [f"{number:05d}" for number in range(1, int(zip_areas().max()) + 1)]
    name = city.name.upper()
    full = [f', {name}, {city.state}, {code}-{1000 + i:04d}","' for i, code in enumerate(zips)]
    unit = [f', {100 + i}, {name}, {city.state}, {code}-{1000 + i:04d}","' for i, code in enumerate(zips)]
    bare = ['","'] * len(zips)
    typed = [f', {city.name}, {city.state} {code}, USA","' for code in zips]
    return words(full + unit + bare + typed), (0.918, 0.015, 0.05, 0.017)


_TYPED_STYLE = 3


def closed_of_title(*, is_soon: bool) -> tuple[float, float]:
    """The share of a title's requests that is closed within two days, and later; all titles together have the planted shares."""
    if is_soon:
        return SOON_CLOSED, SOON_CLOSED_LATER
    share = sum(SOON_SHARE) / len(SOON_SHARE)  # both halves of the year have as many requests
    closed, later = sum(CLOSED_BY_DAY), CLOSED_LATER
    return (closed - share * SOON_CLOSED) / (1 - share), (later - share * SOON_CLOSED_LATER) / (1 - share)


def closed_in_half(half: int) -> float:
    """The planted share of the requests of a half of the year, 0 or 1, that is closed within two days."""
    others = closed_of_title(is_soon=False)[0]
    return SOON_SHARE[half] * SOON_CLOSED + (1 - SOON_SHARE[half]) * others


class _Writer:
    """Word lists and tables, made once for all chunks."""

    def __init__(self, rows: int, rng: np.random.Generator, city: Profile) -> None:
        self.rng = rng
        per_day = rows_by_day(rows - rows // COPY_EVERY, _day_weights(rng))[::-1]  # newest day first
        self.day_start = np.concatenate([[0], np.cumsum(per_day)])
        # A day's requests walk through the houses from a random one on, so that no two rows are equal by chance.
        self.house_start = rng.integers(0, len(houses()), CREATED_DAYS)
        groups = _texts()
        self.texts = words([text.replace('"', '""') + '"' for _, group in groups for text in group])
        self.text_table = chooser([share / len(group) for share, group in groups for _ in group])
        self.titles = words([f'{title}","' for title in word_list("request_titles")])
        self.title_tables = [
            chooser([weight * ((title in SOON) == is_soon) for title, weight in word_list("request_titles").items()])
            for is_soon in (False, True)
        ]
        self.created = day_words('\r"%Y-%m-%d 00:00:00","')
        self.closed = words([*day_words('%Y-%m-%d 00:00:00","').to_pylist(), '","'])
        self.heads, self.zip_area = words(_heads()), houses().on(zip_areas())
        self.tails, styles = _tails(city)
        self.style_table = chooser(styles)
        days = LAST_CLOSING_DAY - len(CLOSED_BY_DAY) + 1
        self.closing_bounds = [
            np.cumsum([*(share * closed / sum(CLOSED_BY_DAY) for share in CLOSED_BY_DAY), *[later / days] * days])
            for closed, later in (closed_of_title(is_soon=False), closed_of_title(is_soon=True))
        ]

    def chunk(self, start: int, stop: int) -> tuple[memoryview, dict[str, int]]:
        """The bytes of rows `start` to `stop`, and how many of them are closed."""
        first, last = start - start // COPY_EVERY, stop - stop // COPY_EVERY
        size = last - first
        unique = np.arange(first, last)
        newest = np.searchsorted(self.day_start, unique, side="right") - 1
        day = CREATED_DAYS - 1 - newest
        house = (self.house_start[newest] + (unique - self.day_start[newest]) * STRIDE) % len(self.zip_area)
        style = draw(self.rng, self.style_table, size).astype(np.int64)
        head = house + len(self.zip_area) * (style == _TYPED_STYLE)
        tail = style * int(self.zip_area.max()) + self.zip_area[house] - 1
        is_soon = self.rng.random(size) < np.where(day < SECOND_HALF, *SOON_SHARE)
        chance = self.rng.random(size)
        waited = np.where(is_soon, *(np.searchsorted(self.closing_bounds[soon], chance, side="right") for soon in (True, False)))
        closed = np.where((waited > LAST_CLOSING_DAY) | (day + waited >= DAYS), DAYS, day + waited)
        title = np.where(is_soon, *(draw(self.rng, self.title_tables[soon], size) for soon in (True, False)))
        text = draw(self.rng, self.text_table, size)

        rows = np.arange(start, stop)
        at = rows - (rows + 1) // COPY_EVERY - first
        columns: list[tuple[pa.Array, Index]] = [
            (self.created, day), (self.heads, head), (self.tails, tail),
            (self.titles, title), (self.closed, closed), (self.texts, text),
        ]  # fmt: skip
        written = records(*[(vocabulary, position[at]) for vocabulary, position in columns])
        return written, {"closed": int(np.count_nonzero(closed[at] < DAYS))}


def _day_weights(rng: np.random.Generator) -> NDArray[np.float64]:
    weights = rng.uniform(0.6, 1.2, CREATED_DAYS)
    weights[rng.choice(CREATED_DAYS, 6, replace=False)] *= 5  # storms
    days = np.arange(CREATED_DAYS)
    for weekday in range(7):  # each weekday has both halves' mix of titles alike
        first, second = ((days % 7 == weekday) & ((days < SECOND_HALF) == is_first) for is_first in (True, False))
        weights[second] *= weights[first].sum() / weights[second].sum()
    return weights


@source(
    "ucc__service_requests",
    event_rows_pct=30,
    follow_up={"until": "delivery", "start": "created_at", "end": "closed_at"},  # complete here, unlike in the real feed
    freshness={"warn_after_hours": 96, "stale_after_hours": 192},  # the feed runs two days behind
)
def requests(delivery: Delivery) -> PlantedCounts:
    """The requests of a year, newest day first."""
    writer = _Writer(delivery.rows, delivery.rng, delivery.city)
    with (delivery.folder / "callcenterdatacurrent_2025-12.csv").open("wb") as file:
        file.write(HEADER.encode())
        counts = delivery.stream(file.write, writer.chunk, delivery.rows, COPY_EVERY)
    return delivery.planted(duplicate=delivery.rows // COPY_EVERY, **counts)
