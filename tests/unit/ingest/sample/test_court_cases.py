"""The sample's court cases, read again without the generator's help."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingest.sample.delivery import PlantedCounts
from ingest.sample.places.houses import addresses
from ingest.sample.safety import FINDINGS, court_cases


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("court_cases")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    return court_cases.write(folder, np.random.default_rng(11))


@pytest.fixture(scope="module")
def rows(folder: Path, claim: PlantedCounts) -> list[dict[str, str]]:
    with zipfile.ZipFile(folder / "testdata.zip") as archive:
        (member,) = archive.infolist()
        assert (member.filename, member.date_time) == ("testdata.csv", (1980, 1, 1, 0, 0, 0))
        return list(csv.DictReader(io.StringIO(archive.read(member).decode("ascii"), newline="")))


def test_points_are_wrong_in_every_known_way(rows: list[dict[str, str]]) -> None:
    points = [(float(row["y_lat"]), float(row["x_lng"])) for row in rows]
    in_county = [43.7 < latitude < 43.9 and -87.2 < longitude < -86.8 for latitude, longitude in points]
    assert 0.95 < sum(in_county) / len(rows) < 0.99
    assert (0.0, 0.0) in points
    assert any(latitude < 0 < longitude for latitude, longitude in points)  # swapped
    assert any(41 < latitude < 42 for latitude, _ in points)  # another city of the same street
    point, times = Counter(zip(points, strict=True)).most_common(1)[0]
    assert times >= 20  # one point for many addresses
    assert len({row["f_addr"] for row, at in zip(rows, points, strict=True) if (at,) == point}) >= 20


def test_addresses_run_into_the_city_and_half_are_as_the_index_has_them(rows: list[dict[str, str]]) -> None:
    assert all(row["f_addr"].endswith("SAMPLETON, ZZ") for row in rows)
    index = set(addresses())
    plain = [row["f_addr"].removesuffix(" SAMPLETON, ZZ") in index for row in rows]
    assert 0.4 < sum(plain) / len(rows) < 0.55
    assert any(row["f_addr"] == "SAMPLETON, ZZ" for row in rows)
    assert any(re.search(r" AVE| BLVD", row["f_addr"]) for row in rows)
    assert any(" #3 " in row["f_addr"] for row in rows)


def test_a_case_ends_in_its_last_row(rows: list[dict[str, str]], claim: PlantedCounts) -> None:
    last = {row["g_case_no"]: row for row in rows}
    assert len(rows) == claim.delivered
    assert len(rows) - len(last) == claim.superseded
    empty = [row for row in last.values() if not row["c_violation_date"]]
    assert len(empty) == claim.rejected
    assert {row["j_finding"] for row in last.values()} == {"", *FINDINGS}
    earlier = [row for row in rows if row is not last[row["g_case_no"]]]
    assert all(row["j_finding"] != last[row["g_case_no"]]["j_finding"] for row in earlier)


def test_times_exist_on_the_clock_of_the_city(rows: list[dict[str, str]]) -> None:
    stamps = [datetime.fromisoformat(row["c_violation_date"]) for row in rows if row["c_violation_date"]]
    assert {stamp.year for stamp in stamps} == {2024, 2025}
    zone = ZoneInfo("America/Chicago")
    assert all(
        stamp.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) == stamp for stamp in stamps
    )
    summons = [row["c_violation_date"] for row in rows if row["c_case_type"].startswith("Summons")]
    assert sum(stamp.endswith("00:00:00.000000") for stamp in summons) > 0.95 * len(summons)
