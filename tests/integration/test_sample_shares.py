"""The shares of groups that sample cities assume are the estimates of the national tables, made again.

For each city, the mix of four groups under which the groups' published rates average to those of all, over five windows and four
tables; tables of fewer people count less, and the mix leans on the shares of the state.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.optimize import nnls  # type: ignore[import-untyped]

from tests.conftest import ROOT

SEEDS = ROOT / "ingest" / "sample" / "people"
GROUPS = ("white", "black", "hispanic", "other")
_LABELS = {"Wh": "white", "Bl": "black", "Hi": "hispanic", "Ot": "other", "Al": "all"}
# Weight of a table: of ages 25 to 54, of households, of ages 19 and 20, of ages 3 and 4.
TABLES = {
    "employment": ("share_employed", 1.0), "digital_access": ("share_digital_access", 0.3),
    "hs_diploma": ("share_hs_degree", 0.2), "preschool": ("share_in_preschool", 0.1),
}  # fmt: skip
OF_THE_STATE = 0.01  # weight of a share of the state
SUM_TO_ONE = 10.0

Rates = dict[tuple[str, str], dict[str, float]]


def rates_by_place(deliveries: Path) -> dict[str, Rates]:
    """Published rates by place, table and year, and group."""
    found: dict[str, Rates] = {}
    for table, (column, _) in TABLES.items():
        rows = duckdb.sql(
            f"select state || place, year, left(subgroup, 2), try_cast({column} as double) "
            f"from read_csv('{deliveries}/urban__{table}/*.csv', all_varchar = true)"
        ).fetchall()
        for place, year, label, rate in rows:
            of_year = found.setdefault(place, {}).setdefault((table, year), {})
            of_year |= {_LABELS[label]: rate} if rate is not None else {}
    return found


def estimate(rates: Rates, state: Mapping[str, float]) -> list[float]:
    """The mix of GROUPS by non-negative least squares."""
    prior = [state["white"] / 100, state["black"] / 100, state["hispanic"] / 100]
    rows = [[0.0] * 4 for _ in GROUPS] + [[SUM_TO_ONE] * 4]
    for at in range(4):
        rows[at][at] = OF_THE_STATE
    right = [OF_THE_STATE * share for share in (*prior, 1 - sum(prior))] + [SUM_TO_ONE]
    for (table, _), of_group in rates.items():
        if len(of_group) == len(_LABELS):
            rows.append([TABLES[table][1] * (of_group[group] - of_group["all"]) for group in GROUPS])
            right.append(0.0)
    return [float(share) for share in nnls(np.array(rows), np.array(right))[0]]


def test_the_mix_is_found_from_rates_that_average_to_that_of_all() -> None:
    """0.5 x 80 + 0.3 x 60 + 0.2 x 70 = 72, 0.5 x 90 + 0.3 x 50 + 0.2 x 80 = 76 and 0.5 x 60 + 0.3 x 90 + 0.2 x 50 = 67."""
    by_year = {"2018": (80, 60, 70, 72), "2021": (90, 50, 80, 76), "2023": (60, 90, 50, 67)}
    rates: Rates = {
        ("employment", year): {"white": white, "black": black, "hispanic": hispanic, "other": 5.0, "all": every}
        for year, (white, black, hispanic, every) in by_year.items()
    }
    assert estimate(rates, {"white": 25, "black": 25, "hispanic": 25}) == pytest.approx([0.5, 0.3, 0.2, 0.0], abs=0.001)


@pytest.mark.real
def test_every_city_has_its_estimate(real_deliveries: Path) -> None:
    with (SEEDS / "groups_by_state.csv").open(encoding="utf-8", newline="") as file:
        states = {
            row["state"]: {key: float(row[key]) for key in row if key not in ("state", "name")} for row in csv.DictReader(file)
        }
    with (SEEDS / "groups_by_place.csv").open(encoding="utf-8", newline="") as file:
        seed = {row["place_geoid"]: [float(row[group]) for group in GROUPS] for row in csv.DictReader(file)}
    found = rates_by_place(real_deliveries)
    assert seed.keys() == found.keys()
    for place, rates in found.items():
        assert seed[place] == pytest.approx(estimate(rates, states[place[:2]]), abs=0.0051), place
