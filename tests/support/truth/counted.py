"""Plant counts after the counts models: for measures without a world, and for intervals that no measure has yet.

A new measure of the registry is included without a change here, by its kind, denominator and reference. Its own counts model
needs a world (`worlds`); medians, estimates and sums are not planted here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import duckdb
import numpy as np

from tests.support.truth import town
from tests.support.truth.planted import Switches, World, alike, years

TIMES = 4
KINDS = ("proportion", "composition", "rate", "count")
_SHARE = np.array([0.62, 0.30, 0.42, 0.50])
_RATE = np.array([0.04, 0.10, 0.06, 0.05])  # per resident and year
_PEOPLE = np.array([1_800, 1_600, 1_000, 600])
_MARGIN = 0.12  # standard error of an estimated population, as a part of it

# Kinds of interval that the rules allow and no measure of the registry uses.
INVENTED: dict[str, dict[str, str | None]] = {
    "(a rate against the rest)": {"kind": "rate", "reference_rule": "rest", "population": "residents"},
    "(a rate against one group)": {
        "kind": "rate",
        "reference_rule": "fixed",
        "reference_code": "white",
        "population": "residents",
    },
    "(a rate over an estimate)": {
        "kind": "rate",
        "reference_rule": "fixed",
        "reference_code": "white",
        "population": "estimated",
    },
    "(a share against one group)": {"kind": "proportion", "reference_rule": "fixed", "reference_code": "white"},
}


def invent() -> World:
    """Rows of the registry for INVENTED, and the years that their population serves."""
    world = World()
    for name, columns in INVENTED.items():
        unit = "percent" if columns["kind"] == "proportion" else "per_1000"
        row = {
            "measure_id": name,
            "unit": unit,
            "age_universe": "total",
            "favourable_direction": "lower",
            "source": "fpc__police_stops",
            "is_estimate": _is_estimated(columns),
        } | columns
        world.fact(
            "dim_measure", measure_version=[1], minimum_n=20, **{key: value for key, value in row.items() if value is not None}
        )
    world.fact(
        "population_bases",
        population=["estimated"],
        population_scheme="estimated",
        race_standard="spd15_1997",
        valid_from=np.datetime64("2000-01-01"),
        valid_to=np.datetime64("9000-12-31"),
    )
    return world


def plant(
    con: duckdb.DuckDBPyConnection, rng: np.random.Generator, seeds: int, switches: Switches, planted: Collection[str]
) -> World:
    """Counts in the columns of int_equity_measures__unioned of the measures that are not `planted`, and their truths."""
    world = World()
    found = con.execute(
        "select measure_id, measure_version, source, kind, population, coalesce(age_universe, 'total') as age_universe, "
        "case unit when 'percent' then 100 when 'per_100' then 100 when 'per_1000' then 1000 when 'per_100000' then 100000 "
        "else 1 end as factor "
        "from release.marts.dim_measure where is_current is distinct from false order by measure_id"
    )
    names = [column[0] for column in found.description or []]
    for row in found.fetchall():
        measure = dict(zip(names, row, strict=True))
        if measure["measure_id"] not in planted and measure["kind"] in KINDS:
            _plant(world, rng, seeds, switches, measure)
    return world


def _plant(world: World, rng: np.random.Generator, seeds: int, switches: Switches, measure: dict[str, Any]) -> None:
    kind, population, factor = (measure[key] for key in ("kind", "population", "factor"))
    people = np.broadcast_to(_residents(measure) if population == "residents" else _PEOPLE, (seeds, len(town.RACES)))
    if kind == "composition":
        truth, whole = _PEOPLE / _PEOPLE.sum(), np.full(people.shape, _PEOPLE.sum())
        counts, total = rng.multinomial(_PEOPLE.sum(), truth, size=seeds), whole[:, :1]
    else:
        truth = alike(_SHARE if kind == "proportion" else _RATE, switches)
        whole, total = people, people.sum(axis=1, keepdims=True)
        # where people are estimated, seeds share the estimate and differ in the true number, as in `labor`
        true_people = people * (1 + _MARGIN * rng.standard_normal(people.shape)) if _is_estimated(measure) else people
        counts = rng.binomial(people, truth) if kind == "proportion" else rng.poisson(truth * true_people)
    rest = ((truth * whole).sum(axis=1, keepdims=True) - truth * whole) / (whole.sum(axis=1, keepdims=True) - whole)
    # a seed is another year of the town or, where each needs its own estimate, another place in one year
    first_day = np.full(seeds, years(1)[0]) if _is_estimated(measure) else years(seeds)
    where = np.array([f"PLACE {seed}" for seed in range(seeds)]) if _is_estimated(measure) else np.full(seeds, town.GEOID)
    place = ("neighborhood", "planted") if _is_estimated(measure) else ("city", "current")
    grain = {
        "measure_id": measure["measure_id"],
        "measure_version": measure["measure_version"],
        "geography_type": place[0],
        "geography_vintage": place[1],
    }
    every, races = len(town.RACES) + 1, np.array([*town.RACES, "all"])
    start = np.repeat(first_day, every)
    own_denominator = {"denominator": np.column_stack([whole, total]).ravel().astype(float)}
    world.fact(
        "int_equity_measures__unioned", **grain, source=measure["source"], jurisdiction=town.GEOID, period_type="year",
        period_start=start, period_end=(start.astype("datetime64[Y]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D"),
        geoid=np.repeat(where, every), race_standard="spd15_1997", tabulation="exclusive", method="individual",
        race_ethnicity_code=np.tile(races, seeds), stratum_type="all", stratum_code="all", value_status="computed", bridged=False,
        numerator=np.column_stack([counts, counts.sum(axis=1)]).ravel().astype(float),
        **({} if population or kind == "count" else own_denominator),
    )  # fmt: skip
    if _is_estimated(measure):
        world.fact(
            "fct_population", population_scheme=population, geography_type=place[0], geography_vintage=place[1],
            geoid=np.repeat(where, every), race_standard="spd15_1997", age_universe=measure["age_universe"],
            source="census__acs_race_tract", fit_quality="exact", race_ethnicity_code=np.tile(races, seeds),
            population=np.column_stack([people, people.sum(axis=1)]).ravel().astype(float),
            moe=1.645 * _MARGIN * np.column_stack([people, np.sqrt((people**2).sum(axis=1))]).ravel(),
        )  # fmt: skip
    world.truth(
        **grain, period_start=first_day[:, None], seed=np.arange(seeds)[:, None], geoid=where[:, None],
        race_ethnicity_code=np.array(town.RACES), truth=truth * (people[0] if kind == "count" else factor),
        rest_truth=factor * rest,
    )  # fmt: skip


def _is_estimated(measure: dict[str, Any]) -> bool:
    return measure.get("population") not in (None, "residents")


def _residents(measure: dict[str, Any]) -> Any:
    return np.rint(town.PEOPLE.sum(axis=0) * (0.75 if measure["age_universe"] == "18_and_over" else 1)).astype(np.int64)
