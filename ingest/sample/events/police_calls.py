"""`mpd__dispatched_calls`: a zipped file without a header, made of scrapes of the dispatch page one after the other.

Each scrape starts with a blank row (`,,,,,`) and shows the newest calls, newest first, so that a call comes again in about six
scrapes while its state evolves: most rows are exact duplicates of earlier ones, and the call's last state is its last row in the
file, also where an earlier row was equal. CRLF, 12-hour clock, city time.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.sample import text
from ingest.sample.city import NAMES, STREETS, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.places.ground import police_districts
from ingest.sample.places.houses import addresses, crossing, houses, label_at

SHOWN = 54  # calls on the page
_PAGE = SHOWN + 1
_NEVER = 99

_IN_PROGRESS, _COMPLETED, _FILED, _FINAL = 0, 1, 4, -1

# Share of calls, and the states that they go through; _FINAL is drawn for each call. Two thirds never change on the page.
_COURSES = (
    (0.590, (_FINAL, _FINAL, _FINAL)),
    (0.100, (_IN_PROGRESS, _IN_PROGRESS, _IN_PROGRESS)),
    (0.2825, (_IN_PROGRESS, _FINAL, _FINAL)),
    (0.015, (_COMPLETED, _FILED, _FILED)),
    (0.010, (_IN_PROGRESS, _COMPLETED, _FILED)),
    (0.0025, (_FINAL, _IN_PROGRESS, _FINAL)),  # reopened: ends in the very row that it began with
)
_CHANGES, _CHANGES_TWICE, _REOPENED = 2, 4, 5  # courses from here on

# Instead of a district, for 100 rows without one.
_UNITS = {"SPD": 42, "CITY": 34, "OUT": 15, "SCD": 4, "CIB": 2, "OCOE": 1, "FI": 1, "NLA": 1}
_HOUSE_EVERY, _ODD_EVERY = 5, 67  # which houses have calls at all, and which are written oddly
_ODD_FORMS = ("{0} {1} #2", "{0}A {1}", "{0} {1} #LWR", "{0} {1} APT 3", "{0}-{0}A {1}")


def _places(city: Profile) -> tuple[pa.Array, NDArray[np.uint16]]:
    """Location and district as in the file, and how often: stations most; a few beyond the city or without district."""
    district = houses().on(police_districts()).tolist()
    address, here, crossed = addresses(), city.short or city.name.upper(), police_districts()
    first_house = [district.index(number) for number in range(1, 8)]
    stations = [f'"{address[at]},{here}",{number},' for number, at in enumerate(first_house, 1)]
    homes = [f'"{address[at]},{here}",{district[at] or "CITY"},' for at in range(0, len(address), _HOUSE_EVERY)]
    # the call-taker's own way of writing: a unit, a letter behind the number, a range
    odd = [
        f'"{form.format(*address[at].split(" ", 1))},{here}",{district[at] or "CITY"},'
        for at, form in zip(range(0, len(address), _ODD_EVERY), cycle(_ODD_FORMS), strict=False)
    ]
    corners = [
        f'"{STREETS[street]} / {STREETS[avenue]},{here}",{int(label_at(crossed, *crossing(street, avenue))) or "CITY"},'
        for street in range(160)
        for avenue in (i for i, name in enumerate(STREETS) if name.startswith("W "))
        if (STREETS[street][0] == "S") == (NAMES.index(STREETS[avenue].split()[1]) < len(NAMES) / 2)
        and (street + avenue) % 3 == 0
    ]
    beyond = [f'"{300 + i} E {name} ST, FARVILLE, {city.state}",{1 + i % 7},' for i, name in enumerate(NAMES)]
    coded = [f"{604 + i} {NAMES[i]} PL FARVILLE,{unit}," for i, unit in enumerate(_UNITS) for _ in range(_UNITS[unit])]
    shares = ((0.16, stations), (0.62, homes), (0.06, odd), (0.14, corners), (0.01, beyond), (0.01, coded))
    vocabulary = text.words([place for _, group in shares for place in group] + [""])
    return vocabulary, text.chooser([share / len(group) for share, group in shares for _ in group])


class _Calls:
    """All calls in the order of time: when each comes, where, and the states that it goes through."""

    def __init__(self, scrapes: int, rng: np.random.Generator, city: Profile) -> None:
        # The calls that a scrape has seen so far; the first page is full.
        self.seen = SHOWN + np.concatenate([[0], np.cumsum(rng.integers(6, 13, scrapes - 1))])
        count = int(self.seen[-1])
        self.first_scrape = np.searchsorted(self.seen, np.arange(count), side="right").astype(np.int32)
        self.natures, self.statuses = text.word_list("call_natures"), text.word_list("call_statuses")
        self._number_them(count, rng)
        self._let_them_evolve(count, rng, city)
        self.year_day, self.date = text.day_words("%y%j"), text.day_words(",%m/%d/%Y ")
        self.clock = text.clock_words("%I:%M:%S %p,")
        self.tails = text.words([*(f"{nature},{status}\r\n" for nature in self.natures for status in self.statuses), ",,,,,\r\n"])

    def _number_them(self, count: int, rng: np.random.Generator) -> None:
        self.seconds = text.arrivals(rng, text.year_rhythm([text.MISSING_HOUR]), 0, count, count)
        days = self.seconds // text.DAY_SECONDS
        self.number = np.arange(count) - np.searchsorted(days, np.arange(text.DAYS))[days] + 1
        self.number_width = max(4, len(str(int(self.number.max()))))

    def _let_them_evolve(self, count: int, rng: np.random.Generator, city: Profile) -> None:
        """States 0, 1, 2, and at which showing of the call the second and the third begin."""
        course = text.draw(rng, text.chooser([share for share, _ in _COURSES]), count)
        self.second = np.where(course >= _CHANGES, rng.integers(1, 6, count), _NEVER).astype(np.int8)
        self.third = np.where(course >= _CHANGES_TWICE, self.second + 1, _NEVER).astype(np.int8)
        self.reopened = course == _REOPENED
        status = np.array([states for _, states in _COURSES], dtype=np.int8).T[:, course]
        final = text.draw(rng, text.chooser([*self.statuses.values()]), count)
        self.status = np.where(status == _FINAL, final, status).astype(np.int8)
        # The place or the nature of a few calls is put right with the second state.
        self.places, place_table = _places(city)
        self.place = self._corrected(0.03, text.draw(rng, place_table, count), text.draw(rng, place_table, count), rng)
        nature_table = text.chooser(list(self.natures.values()))
        self.nature = self._corrected(0.014, text.draw(rng, nature_table, count), text.draw(rng, nature_table, count), rng)

    def _corrected(self, share: float, first: text.Index, other: text.Index, rng: np.random.Generator) -> NDArray[np.uint16]:
        wrong = (rng.random(len(first)) < share) & ~self.reopened
        return np.stack([first, np.where(wrong, other, first)]).astype(np.uint16)

    def heads(self, start: int, stop: int) -> pa.Array:
        """Call number and time of the calls `start` to `stop`, and an empty word for the blank row."""
        day, second = np.divmod(self.seconds[start:stop], text.DAY_SECONDS)
        at_day, number = pa.array(day), text.digits(self.number[start:stop], self.number_width)
        heads = text.join(self.year_day.take(at_day), number, self.date.take(at_day), self.clock.take(pa.array(second)))
        return pa.concat_arrays([heads, text.words([""])])

    def pages(self, start_row: int, stop_row: int) -> tuple[memoryview, dict[str, int]]:
        """The bytes of rows, which begin with a scrape, and how many of them are blank, begin a call, or are new."""
        first, last, rows = start_row // _PAGE, -(-stop_row // _PAGE), stop_row - start_row
        listed = self.seen[first:last]
        call = np.empty((last - first, _PAGE), dtype=np.int64)
        call[:, 0] = -1
        call[:, 1:] = listed[:, None] - 1 - np.arange(SHOWN)
        scrape = np.repeat(np.arange(first, last), _PAGE)[:rows]
        call = call.ravel()[:rows]
        blank = call < 0
        call[blank] = 0
        showing = scrape - self.first_scrape[call]
        state = (showing >= self.second[call]).astype(np.int8) + (showing >= self.third[call])
        late = np.minimum(state, 1)
        tail = self.nature[late, call].astype(np.int64) * len(self.statuses) + self.status[state, call]

        begins = ~blank & (showing == 0)
        new = begins | (~blank & ((showing == self.second[call]) | ((showing == self.third[call]) & ~self.reopened[call])))
        reopened = ~blank & self.reopened[call] & (showing == self.third[call])
        flags = {"blank": blank, "calls": begins, "distinct": new, "reopened": reopened}

        start, stop = max(0, int(listed[0]) - SHOWN), int(listed[-1])
        head = np.where(blank, stop - start, call - start)
        place = np.where(blank, len(self.places) - 1, self.place[late, call])
        tail = np.where(blank, len(self.tails) - 1, tail)
        written = text.records((self.heads(start, stop), head), (self.places, place), (self.tails, tail))
        return written, {name: int(flag.sum()) for name, flag in flags.items()}


@source("mpd__dispatched_calls", event_rows_pct=40, freshness={"warn_after_hours": 48, "stale_after_hours": 168})
def police_calls(delivery: Delivery) -> PlantedCounts:
    """The scrapes of a year, blank rows included; counted while they are written."""
    calls = _Calls(-(-delivery.rows // _PAGE), delivery.rng, delivery.city)
    with delivery.zipped("police_scrape_data1.zip", "police_scrape_data1.csv", is_large=True) as file:
        counts = delivery.stream(file.write, calls.pages, delivery.rows, _PAGE)
    shown = delivery.rows - counts["blank"]
    return delivery.planted(
        blank=counts["blank"], duplicate=shown - counts["distinct"], superseded=counts["distinct"] - counts["calls"],
        calls=counts["calls"], reopened=counts["reopened"],
    )  # fmt: skip
