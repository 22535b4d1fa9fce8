"""`fpc__police_stops`: one CSV, a row a stopped person, race as the officer perceived it.

Irregularities: a sixth of the stops come from another system and have no answer at all (MDC `other`: search, race and sex
empty), a fifth of the others have race `Unknown`, labels are outside the federal categories, and the times are UTC
without a marker (the busy hours of the real year are an hour earlier in summer).
"""

from __future__ import annotations

from itertools import cycle, product

import numpy as np
import pyarrow as pa

from ingest.sample import text
from ingest.sample.city import NEIGHBORHOODS, Profile
from ingest.sample.delivery import Delivery, PlantedCounts, source
from ingest.sample.places.ground import neighborhoods, police_districts
from ingest.sample.places.houses import houses, to_degrees

HEADER = (
    "idNum,date,problem,MDC,citationIssued,personSearch,vehicleSearch,preRace,race,gender,lat,long,policePrecinct,neighborhood\n"
)
UTC_BEHIND = 6 * 3_600  # 2025-01-01 00:00 in the city is 06:00 UTC, and so is the end of the year

# Planted by perceived race, among stops with an answer: how often it is perceived, and the shares that are searched, that end
# with a citation (of those with an answer on citations), and whose reason is traffic.
_PLANTED = {
    "White": (0.28, 0.08, 0.20, 0.45),
    "Black": (0.33, 0.20, 0.12, 0.60),
    "East African": (0.045, 0.20, 0.12, 0.60),
    "Latino": (0.06, 0.12, 0.22, 0.58),
    "Native American": (0.045, 0.28, 0.10, 0.35),
    "Asian": (0.03, 0.09, 0.24, 0.56),
    "Other": (0.03, 0.11, 0.16, 0.50),
    "Unknown": (0.18, 0.03, 0.14, 0.50),
}
PERCEIVED, SEARCHED, CITED, TRAFFIC = ({race: row[at] for race, row in _PLANTED.items()} for at in range(4))
GROUPS = {
    "White": "white", "Black": "black", "East African": "black", "Latino": "hisp", "Native American": "aian", "Asian": "asian",
}  # fmt: skip
ANSWERED = 0.84
NO_ANSWER_ON_CITATIONS = 0.56
# Planted: how often the vehicle is searched where the person is, and where the person is not.
VEHICLE_TOO, VEHICLE_ONLY = 0.48, 0.015

_RACES = list(PERCEIVED)
_UNKNOWN = _RACES.index("Unknown")
_PROBLEMS = ("suspicious", "traffic")
_CITED = ("", "NO", "YES")
_SEXES = {"Male": 62, "Female": 23, "Unknown": 14, "": 1}
_SPOTS = 2_000


def _spots(rng: np.random.Generator) -> pa.Array:
    """Where stops happen: at houses, in the middle of Lake Michigan, with the numbers of text.digits that the real file mixes."""
    points = houses()
    house = rng.integers(0, len(points), _SPOTS)
    longitude, latitude = to_degrees(points.x[house], points.y[house])
    district, place = points.on(police_districts())[house], points.on(neighborhoods())[house]
    return text.words(
        [
            f"{north:.{places_}f},{east:.{places_}f},{number or ''},{NEIGHBORHOODS[at - 1]}\n"
            for north, east, number, at, places_ in zip(latitude, longitude, district, place, cycle((5, 8, 8)), strict=False)
        ]
    )


class _Writer:
    """Word lists and tables, made once for all chunks."""

    def __init__(self, total: int, rng: np.random.Generator, city: Profile) -> None:
        self.total, self.rng = total, rng
        self.rhythm = text.year_rhythm()
        self.days, self.clock = text.day_words(",%Y-%m-%d ", days=text.DAYS + 1), text.clock_words("%H:%M:%S,")
        answers = [f"MDC,{cited},{person},{vehicle}," for cited, person, vehicle in product(_CITED, ("NO", "YES"), ("NO", "YES"))]
        self.outcomes = text.words([f"{problem},{answer}" for problem in _PROBLEMS for answer in [*answers, "other,,,,"]])
        self.no_answer = len(answers)
        self.people = text.words([*(",".join(labels) + "," for labels in product(_RACES, _RACES, _SEXES)), ",,,"])
        self.spots = _spots(rng)
        self.race_table, self.sex_table = (text.chooser(list(of.values())) for of in (city.tilted(PERCEIVED, GROUPS), _SEXES))
        self.searched, self.cited, self.traffic = (
            np.array([of[race] for race in _RACES], dtype=np.float32) for of in (SEARCHED, CITED, TRAFFIC)
        )

    def chunk(self, start: int, stop: int) -> tuple[memoryview, dict[str, int]]:
        """The bytes of stops `start` to `stop`; how many have an answer, and how many of those a known race."""
        rng, size = self.rng, stop - start
        day, second = np.divmod(text.arrivals(rng, self.rhythm, start, stop, self.total) + UTC_BEHIND, text.DAY_SECONDS)
        numbers = np.arange(start, stop) * 9 + rng.integers(1, 9, size)  # ascending, with gaps
        answered = rng.random(size) < ANSWERED
        race = text.draw(rng, self.race_table, size).astype(np.int64)
        person = rng.random(size) < self.searched[race]
        vehicle = rng.random(size, np.float32) < np.where(person, VEHICLE_TOO, VEHICLE_ONLY)
        luck = rng.random(size, np.float32)
        cited = np.where(luck < NO_ANSWER_ON_CITATIONS, 0, 1 + (luck > 1 - (1 - NO_ANSWER_ON_CITATIONS) * self.cited[race]))
        answer = cited * 4 + person * 2 + vehicle
        problem = rng.random(size, np.float32) < self.traffic[race]
        outcome = problem * (self.no_answer + 1) + np.where(answered, answer, self.no_answer)
        guess = rng.random(size)  # before the stop, most officers do not know; some are mistaken
        before = np.where(guess < 0.65, _UNKNOWN, np.where(guess < 0.97, race, text.draw(rng, self.race_table, size)))
        people = (before * len(_RACES) + race) * len(_SEXES) + text.draw(rng, self.sex_table, size)
        written = text.records(
            text.words(["25-"]).take(pa.array(np.zeros(size, dtype=np.int8))),
            text.digits(numbers, max(6, len(str(self.total * 9)))),
            (self.days, day),
            (self.clock, second),
            (self.outcomes, outcome),
            (self.people, np.where(answered, people, len(self.people) - 1)),
            (self.spots, rng.integers(0, _SPOTS, size)),
        )
        return written, {"with_answer": int(answered.sum()), "with_known_race": int((answered & (race != _UNKNOWN)).sum())}


@source("fpc__police_stops", event_rows_pct=15, freshness={"warn_after_hours": 48, "stale_after_hours": 168})
def police_stops(delivery: Delivery) -> PlantedCounts:
    """The stops of a year, in the order of time."""
    writer = _Writer(delivery.rows, delivery.rng, delivery.city)
    with (delivery.folder / "stops_2025.csv").open("wb") as file:
        file.write(HEADER.encode())
        counts = delivery.stream(file.write, writer.chunk, delivery.rows)
    return delivery.planted(**counts)
