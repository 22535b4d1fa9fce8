"""What a reader of the public file, with the residents by age, learns about the ages at death of few people: none of them.

A crude rate gives how many died, a rate adjusted for age the sum of a weight per death, its limits that of squares. The test
looks for every set of 18 age groups with the figures that are shown: half of the groups at a time, sorted by their sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from tests.conftest import CommandLine
from warehouse.paths import Home

MOST_DEATHS = 13  # more have more sets of ages, which take longer to list
LEAST_SETS = 11
NOTE = Callable[[str, object], None]
Floats = NDArray[np.float64]


class Shown(NamedTuple):
    """A row of the public file with its deaths, and the weight of a death of each age group."""

    what: str
    deaths: int
    value: float
    low: float
    high: float
    weights: Floats


class Sets(NamedTuple):
    """Sets of ages of some age groups: how many deaths, the sums of their weights and of the squares, and the ages."""

    deaths: NDArray[np.int64]
    sums: Floats
    squares: Floats
    ages: NDArray[np.int8]

    def of(self, deaths: int) -> Sets:
        chosen = np.flatnonzero(self.deaths == deaths)
        chosen = chosen[np.argsort(self.sums[chosen])]
        return Sets(self.deaths[chosen], self.sums[chosen], self.squares[chosen], self.ages[chosen])


def test_no_age_at_death_follows_from_rates_of_the_sample(first_release: tuple[Path, object], record_property: NOTE) -> None:
    _attack(Home(first_release[0]), record_property)


def test_no_age_at_death_follows_from_rates_of_the_real_deliveries(
    milwaukee: tuple[CommandLine, object], record_property: NOTE
) -> None:
    _attack(Home(milwaukee[0].home), record_property)


@pytest.mark.parametrize("digits", [1, 9])
def test_ages_follow_from_rates_with_all_digits_alone(digits: int) -> None:
    """Ten deaths among the American Indian women and men of a county: few residents, so that each death weighs much."""
    weights = np.array(
        [47.3, 31.1, 31.8, 27.0, 21.4, 22.0, 23.2, 28.0, 33.0, 31.5, 22.2, 16.4, 13.3, 15.1, 20.1, 27.6, 59.5, 27.7]
    )
    ages = np.array([0, 0, 0, 0, 2, 0, 3, 0, 1, 2, 0, 1, 0, 1, 0, 0, 0, 0])
    value, squares = float(ages @ weights), float(ages @ weights**2)
    low, high = _limits(np.array([value]), np.array([squares]), weights)
    figures = [float(of[0]) for of in _rounded(np.array([value]), low, high, digits - 1)]
    row = Shown("planted", 10, figures[0], figures[1], figures[2], weights)
    sets, least = possible_ages(row, digits - 1)
    if digits == 1:
        assert sets >= LEAST_SETS
        assert least.max() == 0
    else:
        assert (sets, least.tolist()) == (1, ages.tolist())


def _attack(home: Home, note: NOTE) -> None:
    rows = [row for row in shown_rows(home) if row.deaths <= MOST_DEATHS]
    assert rows, "no rate adjusted for age of so few deaths is published"
    for row in rows:
        sets, least = possible_ages(row)
        note(row.what, f"{sets} sets of ages of {row.deaths} deaths")
        assert sets >= LEAST_SETS, row.what
        assert least.max() == 0, f"{row.what}: an age group surely had deaths"


def shown_rows(home: Home) -> Iterator[Shown]:
    """The adjusted rates of the public file. The weights are those of the standard and of the residents, which are public."""
    query = """
        select adjusted.measure_id, adjusted.period_type, adjusted.period_start, adjusted.race_ethnicity_code, crude.numerator,
            adjusted.value, adjusted.ci_low, adjusted.ci_high
        from published.equity_measures as adjusted
        inner join published.equity_measures as crude
            using (measure_id, period_type, period_start, geoid, race_ethnicity_code, race_standard)
        where adjusted.stratum_type = 'adjustment' and crude.stratum_type = 'all' and adjusted.value is not null order by all
    """
    of_ages = """
        select 1e5 * standard_population / sum(standard_population) over () / population
        from intermediate.int_deaths_investigated__cells
        where (measure_id, period_type, period_start, race_ethnicity_code) = (?, ?, ?, ?) and age_group > 0 order by age_group
    """
    with duckdb.connect(str(home.published_public), read_only=True) as con:
        found = con.execute(query).fetchall()
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        for *key, deaths, value, low, high in found:
            weights = np.array([weight for (weight,) in con.execute(of_ages, key).fetchall()], dtype=float)
            yield Shown(" ".join(map(str, key)), int(deaths), value, low, high, weights)


def possible_ages(row: Shown, decimals: int | None = None) -> tuple[int, NDArray[np.int64]]:
    """How many sets of ages give the figures of a row, and per age group the fewest deaths in any of them."""
    if decimals is None:
        decimals = 1 - int(np.floor(np.log10(row.weights.mean())))
    halves = [_sets(row.weights[:9], row.deaths), _sets(row.weights[9:], row.deaths)]
    step, found, least = 10.0**-decimals, 0, np.full(18, row.deaths)
    for young in range(row.deaths + 1):
        first, second = halves[0].of(young), halves[1].of(row.deaths - young)
        begins, ends = (np.searchsorted(second.sums, row.value + by - first.sums) for by in (-step, step))
        for at in np.flatnonzero(ends > begins):
            old = slice(begins[at], ends[at])
            sums, squares = first.sums[at] + second.sums[old], first.squares[at] + second.squares[old]
            figures = _rounded(sums, *_limits(sums, squares, row.weights), decimals)
            same = np.all(
                [np.abs(one - of) < step / 1e3 for one, of in zip(figures, (row.value, row.low, row.high), strict=True)], axis=0
            )
            if same.any():
                found += int(same.sum())
                least = np.minimum(least, np.concatenate([first.ages[at], second.ages[old][same].min(axis=0)]))
    return found, least


def _sets(weights: Floats, most: int) -> Sets:
    every = Sets(np.zeros(1, np.int64), np.zeros(1), np.zeros(1), np.zeros((1, len(weights)), np.int8))
    for group, weight in enumerate(weights):
        more = []
        for deaths in range(most + 1):
            kept = every.deaths + deaths <= most
            ages = every.ages[kept].copy()
            ages[:, group] = deaths
            sums, squares = every.sums[kept] + deaths * weight, every.squares[kept] + deaths * weight**2
            more.append(Sets(every.deaths[kept] + deaths, sums, squares, ages))
        every = Sets(*map(np.concatenate, zip(*more, strict=True)))
    return every


def _limits(sums: Floats, squares: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """By Fay and Feuer, with the mean weight of Tiwari, Clegg and Zou."""
    low = squares / (2 * sums) * chi2.ppf(0.025, 2 * sums**2 / squares)
    more, more_squares = sums + weights.mean(), squares + np.mean(weights**2)
    return low, more_squares / (2 * more) * chi2.ppf(0.975, 2 * more**2 / more_squares)


def _rounded(value: Floats, low: Floats, high: Floats, decimals: int) -> tuple[Floats, Floats, Floats]:
    steps, fewer = 10.0**decimals, 10.0 ** (decimals - 1)
    return np.round(value * steps) / steps, np.floor(low * fewer) / fewer, np.ceil(high * fewer) / fewer
