"""`urban__*`: ten tables by city or county and group, in the form of the Urban Institute.

Irregularities: `race-ethnicity` spelled in two ways; labels of groups that differ by table; NA where a group has no figure;
overlapping five-year windows; an older file with other names of columns; a pooled value that several counties share; zeros that
mean not reported; a group whose rate falls to a tenth; shares of the homeless next to a share of the enrolled; majorities of
neighborhoods that are no groups.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID
from ingest.sample.sample_folder import PlantedCounts

STATE, PLACE, COUNTY = PLACE_GEOID[:2], PLACE_GEOID[2:], COUNTY_GEOID[2:]
CITIES = (PLACE, *(f"{at:05d}" for at in range(101, 118)))
COUNTIES = (COUNTY, "003", "005", "007", "009", "011", "013")
POOLED_COUNTIES = COUNTIES[2:]
NOT_REPORTED = CITIES[-2:]  # cities without an arrest, by the table
WINDOWS = (2018, 2021, 2023)
BLACK, HISPANIC, OTHER, WHITE = "Black, Non-Hispanic", "Hispanic", "Other Races and Ethnicities", "White, Non-Hispanic"
GROUPS = ("All", BLACK, HISPANIC, OTHER, WHITE)

# Planted: the figures of Sampleton in the newest window; other cities and earlier windows differ by a few percent.
SHARES = {
    "employment": ("share_employed", (0.78, 0.70, 0.76, 0.80, 0.85)),
    "hs_diploma": ("share_hs_degree", (0.87, 0.80, 0.84, 0.90, 0.96)),
    "preschool": ("share_in_preschool", (0.30, 0.15, 0.12, 0.33, 0.45)),
    "digital_access": ("share_digital_access", (0.66, 0.55, 0.60, 0.70, 0.75)),
    "poverty_exposure": ("share_poverty_exposure", (0.25, 0.33, 0.22, 0.18, 0.15)),
}
INCOME = {
    20: (21_000, 14_000, 22_000, 24_000, 30_000),
    50: (50_000, 36_000, 48_000, 52_000, 68_000),
    80: (98_000, 72_000, 90_000, 99_000, 125_000),
}
LOW_BIRTH_WEIGHT = (0.11, 0.18, 0.09, 0.08, 0.07)
ARRESTS = (1_700, 3_100, 500, 90, 720)
HOMELESS = (4_000, 2_800, 640, 340, 120)
ENROLLED = 72_000
DEBT = {"All": 0.28, "Majority Non-White": 0.44, "Majority White": 0.17}
HISPANIC_ARRESTS_LATER = 20
_HALF_WIDTH = 0.05  # of a bound, as a share of the value
_BOUNDED = ("employment", "hs_diploma", "preschool")
_NAMES = {"All": "all"}


def _scale(city: int, window: int) -> float:
    """How a figure differs from that of Sampleton in the newest window."""
    return 1 + 0.003 * city - 0.02 * (WINDOWS[-1] - window) / 5


def _kind(group: str, spelled: str = "race-ethnicity") -> str:
    return _NAMES.get(group, spelled)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        written = list(rows)
        csv.writer(file, lineterminator="\n").writerows([header, *written])
    return len(written)


def _bounded(value: float, most: float = math.inf) -> tuple[str, str, str]:
    high = min(value * (1 + _HALF_WIDTH), most)
    return f"{value:.6f}", f"{value * (1 - _HALF_WIDTH):.6f}", f"{high:.6f}"


def write_shares(folder: Path, table: str) -> PlantedCounts:
    """A table of one share, with bounds for those that have some; the last city has no figure of Hispanics."""
    column, shares = SHARES[table]
    has_bounds = table in _BOUNDED
    parts = ("", "_lb", "_ub") if has_bounds else ("",)
    spelled = "race_ethnicity" if table == "digital_access" else "race-ethnicity"
    rows: list[tuple[object, ...]] = []
    for window in WINDOWS:
        for at, city in enumerate(CITIES):
            for group, share in zip(GROUPS, shares, strict=True):
                label = "Black" if table == "poverty_exposure" and group == BLACK else group
                row = (window, STATE, city, _kind(group, spelled), label)
                if city == CITIES[-1] and group == HISPANIC:
                    rows.append((*row, *["NA"] * (len(parts) + 1)))
                    continue
                rows.append((*row, *_bounded(min(share * _scale(at, window), 1), 1)[: len(parts)], 2))
    header = ("year", "state", "place", "subgroup_type", "subgroup", *(f"{column}{part}" for part in parts), f"{column}_quality")
    return PlantedCounts(delivered=_write(folder / f"metrics_{table}_place_race-ethnicity_longitudinal.csv", header, rows))


def write_income(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Three percentiles of household income."""
    rows = [
        (
            window, STATE, city, _kind(group), group,
            *(text for incomes in INCOME.values() for text in (*_bounded(incomes[place] * _scale(at, window)), 1)),
        )
        for window in WINDOWS for at, city in enumerate(CITIES) for place, group in enumerate(GROUPS)
    ]  # fmt: skip
    columns = [f"pctl_income_{of}{part}" for of in INCOME for part in ("", "_lb", "_ub", "_quality")]
    header = ("year", "state", "place", "subgroup_type", "subgroup", *columns)
    return PlantedCounts(delivered=_write(folder / "metrics_income_place_race-ethnicity_longitudinal.csv", header, rows))


def write_homelessness(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Counts with the range of hidden districts, the share of the enrolled in the row All and of the homeless in the others."""
    rows: list[tuple[object, ...]] = []
    for year in (2020, 2021):
        for at, city in enumerate(CITIES):
            for group, homeless in zip(GROUPS, HOMELESS, strict=True):
                count = homeless // (at + 1)
                share = HOMELESS[0] / ENROLLED if group == "All" else homeless / HOMELESS[0]
                values = (count, count - 1, count + 1, f"{share:.10f}", 1, 1)
                hidden = city == CITIES[-1] and group == OTHER
                rows.append((year, STATE, city, _kind(group), group, *(["NA"] * 6 if hidden else values)))
    names = ("count_homeless", "count_homeless_lb", "count_homeless_ub", "share_homeless")
    header = ("year", "state", "place", "subgroup_type", "subgroup", *names, "count_homeless_quality", "share_homeless_quality")
    return PlantedCounts(delivered=_write(folder / "homelessness_all_subgroups_city.csv", header, rows))


def write_arrests(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Rates of two years; those of Hispanics in Sampleton fall to less than a tenth, and two cities report nothing."""
    rows: list[tuple[object, ...]] = []
    for year in (2021, 2022):
        for at, city in enumerate(CITIES):
            for group, rate in zip(GROUPS, ARRESTS, strict=True):
                label = "Black" if group == BLACK else group
                value = rate * _scale(at, WINDOWS[-1]) * (1 if year == 2021 else 1.1)
                if city == PLACE and group == HISPANIC and year == 2022:
                    value = HISPANIC_ARRESTS_LATER
                quality = 3 if city in NOT_REPORTED else 1
                rows.append((year, STATE, city, _kind(group), label, 0 if city in NOT_REPORTED else f"{value:.6f}", quality))
            for kind, label in (("gender", "Female"), ("gender", "Male"), ("age", "Age 10 to 14"), ("age", "Age 15 to 17")):
                rows.append((year, STATE, city, kind, label, 0 if city in NOT_REPORTED else ARRESTS[0], 1))
    header = ("year", "state", "place", "subgroup_type", "subgroup", "rate_juv_arrest", "rate_juv_arrest_quality")
    return PlantedCounts(delivered=_write(folder / "rate_arrests_place_all_subgroup.csv", header, rows))


def write_low_birth_weight(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """A file per year; the older one has other names, and most counties have one pooled value of quality 3."""
    delivered = 0
    for year, column in ((2020, "lbw"), (2022, "rate_low_birth_weight")):
        rows: list[tuple[object, ...]] = []
        for at, county in enumerate(COUNTIES):
            for group, share in zip(GROUPS, LOW_BIRTH_WEIGHT, strict=True):
                pooled = county in POOLED_COUNTIES
                value = share * 0.9 if pooled else share * (1 + 0.01 * at) * (1 if year == 2022 else 0.98)
                rows.append((year, STATE, county, _kind(group), group, *_bounded(value), 3 if pooled else 1))
            if year == 2022:
                rows.append((year, STATE, county, "mothers-education", "Some College", *_bounded(0.12 * (1 + 0.01 * at)), 2))
        header = (
            "year",
            "state",
            "county",
            "subgroup_type",
            "subgroup",
            *(f"{column}{part}" for part in ("", "_lb", "_ub", "_quality")),
        )
        delivered += _write(folder / f"neonatal_health_subgroup_{year}.csv", header, rows)
    return PlantedCounts(delivered=delivered)


def write_debt(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """The share of residents in debt by the majority of their ZIP code; most counties have no neighborhoods of one kind."""
    rows = [
        (
            2023,
            STATE,
            county,
            "race-ethnicity",
            label,
            *(("NA", "NA") if at and "Non" in label else (f"{share + 0.001 * at:.4f}", 1)),
        )
        for at, county in enumerate(COUNTIES)
        for label, share in DEBT.items()
    ]
    header = ("year", "state", "county", "subgroup_type", "subgroup", "share_debt_coll", "share_debt_coll_quality")
    return PlantedCounts(delivered=_write(folder / "metrics_overall_debt_coll_race_ethnicity_county_2023.csv", header, rows))
