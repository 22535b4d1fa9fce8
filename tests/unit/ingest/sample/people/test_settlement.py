"""Who lives where in the sample: apart, as in a large city, whatever the seed."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ingest.sample.city import GROUPS, SAMPLETON
from ingest.sample.delivery import random_stream
from ingest.sample.people import census, profile, staff
from ingest.sample.places import ground

SEEDS = (*range(12), 2026)


def residents_by_tract(folder: Path, seed: int) -> dict[str, Counter[str]]:
    """Residents of each tract by group, and adults of the city, from the delivered file."""
    folder.mkdir(exist_ok=True)
    census.blocks.write(folder, random_stream(seed, census.blocks.name))
    people: dict[str, Counter[str]] = {group: Counter() for group in (*GROUPS, "adults")}
    with next(folder.iterdir()).open(encoding="ascii", newline="") as file:
        for block in csv.DictReader(file):
            for group in GROUPS:
                people[group][block["GEOID"][:11]] += int(block[f"pop_{group}"])
                people["adults"][group] += int(block[f"vap_{group}"])
    return people


@pytest.mark.parametrize("seed", SEEDS)
def test_black_and_white_residents_live_apart(seed: int, tmp_path: Path) -> None:
    """An index of dissimilarity of 0.65 over tracts, worked out from its definition."""
    people = residents_by_tract(tmp_path / "blocks", seed)
    black, white = (people[group] for group in ("black", "white"))
    every = set(black) | set(white)
    dissimilarity = sum(abs(black[tract] / black.total() - white[tract] / white.total()) for tract in every) / 2
    assert 0.62 < dissimilarity < 0.68
    mixed = sum(0.1 < people["black"][tract] / sum(people[group][tract] for group in GROUPS) < 0.6 for tract in every)
    assert mixed > len(every) / 5  # and yet not every tract is of one group


def test_the_city_has_the_planted_composition() -> None:
    inside = profile.compositions()[ground.city() > 0]
    assert inside.sum(axis=1) == pytest.approx(1)
    assert inside.mean(axis=0) == pytest.approx(SAMPLETON.shares, abs=1e-4)
    assert inside.min() > 0


def test_neighboring_blocks_are_more_alike_than_distant_ones() -> None:
    """So that districts differ: an unordered patchwork of tracts would average out."""
    black = profile.compositions()[:, :, GROUPS.index("black")]
    inside = black[ground.CITY_WEST :, ground.CITY_SOUTH : ground.CITY_NORTH]
    near, far = (np.abs(inside[step:] - inside[:-step]).mean() for step in (1, 20))
    assert near < far / 4
    districts = profile.shares_of(ground.aldermanic_districts(2022))[:, GROUPS.index("black")]
    assert districts.max() > 0.7
    assert districts.min() < 0.1


@pytest.mark.parametrize("seed", SEEDS[-2:])
def test_staff_are_fewer_than_the_labor_force_and_that_fewer_than_the_adults(seed: int, tmp_path: Path) -> None:
    adults = residents_by_tract(tmp_path / "blocks", seed)["adults"]
    lines = dict(zip(("hisp", "white", "black", "aian", "asian", "nhpi", "two"), census.LABOR_FORCE.values(), strict=True))
    assert all(0.5 * adults[group] < force < 0.8 * adults[group] for group, force in lines.items())
    everybody = sum(lines.values())
    labels = {"WHITE": ("white",), "BLACK": ("black",), "HISPANIC": ("hisp",), "ASIAN/PACIFIC ISLANDER": ("asian", "nhpi"),
              "AMERICAN INDIAN/ALASKAN NATIVE": ("aian",)}  # fmt: skip
    for label, groups in labels.items():
        force = sum(lines[group] for group in groups)
        assert staff.COMPOSITION[label] * staff.EMPLOYEES < 0.1 * force
        if label != "WHITE":
            assert staff.COMPOSITION[label] < 0.95 * force / everybody
