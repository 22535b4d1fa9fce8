"""The sample's police stops, read again without the generator's help."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingest.sample import delivery
from ingest.sample.delivery import PlantedCounts
from ingest.sample.events import police_stops

ROWS = 8_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("police_stops")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "CHUNK", 1_000)  # so that the rows cross chunk borders
        return police_stops.police_stops.write(folder, np.random.default_rng(11), ROWS)


@pytest.fixture(scope="module")
def raw(folder: Path, claim: PlantedCounts) -> bytes:
    return (folder / "stops_2025.csv").read_bytes()


@pytest.fixture(scope="module")
def stops(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("ascii"), newline="")))


def test_counts_are_as_claimed(raw: bytes, stops: list[dict[str, str]], claim: PlantedCounts) -> None:
    assert raw.startswith(police_stops.HEADER.encode())
    assert b"\r" not in raw
    assert len(stops) == claim.delivered == ROWS
    answered = [stop for stop in stops if stop["personSearch"]]
    assert len(answered) == claim.facts["with_answer"]
    assert sum(stop["race"] != "Unknown" for stop in answered) == claim.facts["with_known_race"] > 0.7 * len(answered)


def test_stops_of_the_other_system_have_no_answer_at_all(stops: list[dict[str, str]]) -> None:
    others = [stop for stop in stops if stop["MDC"] == "other"]
    assert 0.1 < len(others) / len(stops) < 0.2
    assert {stop[name] for stop in others for name in ("citationIssued", "personSearch", "vehicleSearch", "race", "gender")} == {
        ""
    }
    answered = [stop for stop in stops if stop["MDC"] == "MDC"]
    assert {stop["race"] for stop in answered} == set(police_stops.PERCEIVED)
    assert {stop["personSearch"] for stop in answered} == {"YES", "NO"}


def test_outcomes_and_reasons_are_drawn_as_planted(stops: list[dict[str, str]]) -> None:
    """Each race's share of citations, of vehicle searches and of traffic as the reason, within four standard errors."""
    answered = [stop for stop in stops if stop["personSearch"]]
    for race, searched in police_stops.SEARCHED.items():
        of_race = [stop for stop in answered if stop["race"] == race]
        vehicle = searched * police_stops.VEHICLE_TOO + (1 - searched) * police_stops.VEHICLE_ONLY
        cited = [stop["citationIssued"] == "YES" for stop in of_race if stop["citationIssued"]]
        for planted, outcomes in (
            (police_stops.CITED[race], cited),
            (vehicle, [stop["vehicleSearch"] == "YES" for stop in of_race]),
            (police_stops.TRAFFIC[race], [stop["problem"] == "traffic" for stop in of_race]),
        ):
            error = (planted * (1 - planted) / len(outcomes)) ** 0.5
            assert abs(sum(outcomes) / len(outcomes) - planted) < 4 * error, race
    unanswered = sum(not stop["citationIssued"] for stop in answered) / len(answered)
    assert abs(unanswered - police_stops.NO_ANSWER_ON_CITATIONS) < 0.03


def test_numbers_are_unique_and_ascend(stops: list[dict[str, str]]) -> None:
    numbers = [stop["idNum"] for stop in stops]
    assert all(re.fullmatch(r"25-\d{6}", number) for number in numbers)
    assert numbers == sorted(set(numbers))


def test_times_are_utc_and_fall_in_the_year_of_the_city(stops: list[dict[str, str]]) -> None:
    stamps = [datetime.fromisoformat(stop["date"]).replace(tzinfo=ZoneInfo("UTC")) for stop in stops]
    assert stamps == sorted(stamps)
    assert {stamp.astimezone(ZoneInfo("America/Chicago")).year for stamp in stamps} == {2025}
    assert stamps[-1].year == 2026


def test_places_are_in_the_lake(stops: list[dict[str, str]]) -> None:
    assert all(43.71 < float(stop["lat"]) < 43.89 and -87.11 < float(stop["long"]) < -86.85 for stop in stops)
    assert set("1234567") <= {stop["policePrecinct"] for stop in stops} <= {"", *"1234567"}
    assert len({stop["neighborhood"] for stop in stops}) == 60
    assert {len(stop["lat"].split(".")[1]) for stop in stops} == {5, 8}
