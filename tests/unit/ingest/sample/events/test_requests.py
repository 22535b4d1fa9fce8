"""The sample's service requests, read again without the generator's help."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ingest.sample import delivery
from ingest.sample.delivery import PlantedCounts
from ingest.sample.events import requests
from ingest.sample.places.ground import zip_areas
from ingest.sample.places.houses import addresses, houses

ROWS = 8_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service_requests")


@pytest.fixture(scope="module")
def claim(folder: Path) -> PlantedCounts:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "CHUNK", 839)  # so that the rows cross chunk borders, some just before a copy
        return requests.requests.write(folder, np.random.default_rng(11), ROWS)


ADDRESS_STYLES = {
    "full": r"\d+ [NSEW] [A-Z0-9]+ [A-Z]+, SAMPLETON, ZZ, 000\d\d-\d{4}",
    "unit": r"\d+ [NSEW] [A-Z0-9]+ [A-Z]+, \d+, SAMPLETON, ZZ, 000\d\d-\d{4}",
    "typed": r"\d+ (North|South|East|West) \w+ (Street|Avenue|Boulevard|Drive|Court), Sampleton, ZZ 000\d\d, USA",
    "bare": r"\d+ [NSEW] [A-Z0-9]+ [A-Z]+",
}


@pytest.fixture(scope="module")
def raw(folder: Path, claim: PlantedCounts) -> bytes:
    return (folder / "callcenterdatacurrent_2025-12.csv").read_bytes()


@pytest.fixture(scope="module")
def rows(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8"), newline="")))[1:]


def test_records_end_in_a_bare_carriage_return(raw: bytes, rows: list[list[str]]) -> None:
    assert raw.startswith(
        b'"CREATIONDATE","OBJECTDESC","TITLE","CLOSEDDATETIME","CASECLOSUREREASONDESCRIPTION"\r"2025-12-29 00:00:00","'
    )
    outside = re.sub(rb'"(?:[^"]|"")*"', b'""', raw)
    assert outside == b"\r".join([b'"","","","",""'] * (len(rows) + 1))


def test_free_text_is_as_messy_as_the_real_one(rows: list[list[str]]) -> None:
    texts = [row[4] for row in rows]
    assert any("\r\n" in text for text in texts)
    assert any("\n" in text and "\r" not in text for text in texts)
    assert not any("\r" in text.replace("\r\n", "") for text in texts)
    assert {"", "null", "undefined"} <= set(texts)
    assert any('"' in text for text in texts)
    assert any("\u2028" in text for text in texts)
    assert max(map(len, texts)) > 1_000


def test_free_text_holds_private_things_of_no_one(rows: list[list[str]]) -> None:
    text = " ".join(row[4] for row in rows)
    assert set(re.findall(r"\d{3}-\d{3}-\d{2}", text)) == {"999-555-01"}
    mails = re.findall(r"\S+@(\S+)", text)
    assert mails
    assert set(mails) == {"example.com"}


def test_rows_and_duplicates_are_as_claimed(rows: list[list[str]], claim: PlantedCounts) -> None:
    assert {len(row) for row in rows} == {5}
    assert len(rows) == claim.delivered == ROWS
    assert len(rows) - len(set(map(tuple, rows))) == claim.duplicate > 0
    assert sum(row[3] != "" for row in rows) == claim.facts["closed"]


def test_days_run_backwards_and_every_request_is_followed_for_two_days(rows: list[list[str]]) -> None:
    created = [row[0] for row in rows]
    assert created == sorted(created, reverse=True)
    assert all(stamp.endswith(" 00:00:00") for stamp in created)
    assert (created[0][:10], created[-1][:10]) == ("2025-12-29", "2025-01-01")


def test_closings_run_to_ninety_days_and_not_beyond_the_year(rows: list[list[str]]) -> None:
    waits = [(date.fromisoformat(row[3][:10]) - date.fromisoformat(row[0][:10])).days for row in rows if row[3]]
    assert (min(waits), max(waits)) == (0, 90)
    assert max(row[3] for row in rows) == "2025-12-31 00:00:00"


def test_addresses_come_in_every_style(rows: list[list[str]]) -> None:
    styles = Counter(next(name for name, pattern in ADDRESS_STYLES.items() if re.fullmatch(pattern, row[1])) for row in rows)
    assert set(styles) == set(ADDRESS_STYLES)
    assert styles["full"] > 0.85 * len(rows)


def test_a_day_of_requests_walks_through_distinct_addresses() -> None:
    walk = np.arange(len(houses())) * requests.STRIDE % len(houses())
    assert len(np.unique(walk)) == len(walk)


def test_nearly_every_address_is_one_of_the_index(rows: list[list[str]]) -> None:
    index = set(addresses())
    misses = [row[1] for row in rows if row[1].isupper() and row[1].split(",")[0] not in index]
    assert 0.005 < len(misses) / len(rows) < 0.02


def test_zip_codes_are_those_of_the_map(rows: list[list[str]]) -> None:
    zips = dict(zip(addresses(), houses().on(zip_areas()).tolist(), strict=True))
    written = [(row[1].split(",")[0], re.search(r"ZZ, (\d{5})", row[1])) for row in rows]
    checked = [(zips[address], int(found[1])) for address, found in written if found and address in zips]
    assert len(checked) > 0.8 * len(rows)
    assert all(by_map == by_text for by_map, by_text in checked)


def test_the_last_day_has_a_request_however_few_there_are(tmp_path: Path) -> None:
    requests.requests.write(tmp_path, np.random.default_rng(1), 300)
    raw = (tmp_path / "callcenterdatacurrent_2025-12.csv").read_bytes()
    assert raw.split(b"\r")[1].startswith(b'"2025-12-29 00:00:00"')


def test_fewer_requests_of_the_second_half_are_of_kinds_closed_soon(rows: list[list[str]]) -> None:
    """Kinds: 60 and 20 %. Halves: 60 % are of the one and 40 of the other, 44 %, then 30 and 70, 32 %: 38 % of the year."""
    assert requests.closed_of_title(is_soon=False) == pytest.approx((0.2, 0.365 / 0.55))
    assert [requests.closed_in_half(half) for half in (0, 1)] == pytest.approx([0.44, 0.32])
    assert sum(requests.CLOSED_BY_DAY) == pytest.approx(0.38)
    counted: Counter[tuple[str, bool, bool]] = Counter()
    for row in rows:
        day = date.fromisoformat(row[0][:10])
        is_closed = bool(row[3]) and (date.fromisoformat(row[3][:10]) - day).days <= 2
        for kind in ("all", "soon" if row[2] in requests.SOON else "other"):
            counted[kind, day.month > 6, is_closed] += 1
    expected = {
        ("soon", False): 0.6, ("soon", True): 0.6, ("other", False): 0.2, ("other", True): 0.2, ("all", False): 0.44,
        ("all", True): 0.32,
    }  # fmt: skip
    for (kind, is_late), share in expected.items():
        trials = counted[kind, is_late, True] + counted[kind, is_late, False]
        assert abs(counted[kind, is_late, True] / trials - share) < 4 * (share * (1 - share) / trials) ** 0.5, (kind, is_late)
    halves = [sum(counted["all", is_late, closed] for closed in (True, False)) for is_late in (False, True)]
    assert abs(halves[0] - halves[1]) < 0.02 * ROWS, "both halves weigh alike in the share of the year"
