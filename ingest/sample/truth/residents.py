"""The truths that depend on where residents live: rates among residents, and values weighted by where groups live.

Here: what the planted events, amounts and places mean for the people of the sample's census, who are drawn from the seed. Not
here: the other truths (`truth`). The residents are those of the delivery, since a census counts everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from ingest.sample import health, housing, money, safety
from ingest.sample.city import GROUPS, SAMPLETON, Profile
from ingest.sample.delivery import random_stream
from ingest.sample.people import census, staff
from ingest.sample.places.ground import tract_codes, tracts
from ingest.sample.text import word_list
from ingest.sample.truth.published import Period, PlantedValue, by_group

People = NDArray[np.float64]

_GROUPS = {"hisp": "hispanic", "white": "white", "black": "black"}
_VIOLENT = ("Assault", "Homicide", "Robbery", "SexOffense")
_STAFF_LINES = {
    "WHITE": ("white", ("White alone",)), "BLACK": ("black", ("Black or African American alone",)),
    "HISPANIC": ("hispanic", ("Hispanic",)),
    "ASIAN/PACIFIC ISLANDER": ("asian_or_nhpi", ("Asian alone", "Native Hawaiian")),
}  # fmt: skip


def _weighted(people: People, values: People) -> dict[str, float]:
    """The mean of places' values over where everybody and each of three groups live."""
    columns = {"all": people.sum(axis=1)} | {code: people[:, GROUPS.index(group)] for group, code in _GROUPS.items()}
    return {code: float((column * values).sum() / column.sum()) for code, column in columns.items()}


def _met(measure: str, period: Period, people: People, values: People) -> Iterator[PlantedValue]:
    """What the members of each group meet where they live."""
    means = _weighted(people, values)
    del means["all"]
    return by_group(measure, period, means, method="place_weighted")


def _money(tracts: list[int], people: People, city: Profile) -> Iterator[PlantedValue]:
    snapshot, last, residents = ("snapshot", money.LAST.isoformat()), len(money.PERIODS) - 1, people.sum(axis=1)
    every = money.projects(city)
    for part, measure in enumerate(("arpa_obligated_per_resident", "arpa_spent_per_resident")):
        dollars = dict.fromkeys(tracts, 0)
        for project in every:
            if project.tract is not None:
                dollars[project.tract] += project.amounts(last)[part]
        total = sum(project.amounts(last)[part] for project in every)
        yield PlantedValue(measure, *snapshot, "all", total / float(residents.sum()))
        means = _weighted(people, np.array(list(dollars.values())) / residents)
        for code, mean in means.items():
            ratio = mean / means["all"] if code != "all" else None
            yield PlantedValue(measure, *snapshot, code, mean, ratio, method="place_weighted")
    spent = {False: 0, True: 0}
    for project in every:
        if project.tract is not None:
            listed = money.qualified_tracts(money.PERIODS[project.first])
            spent[project.tract in listed] += project.amounts(last)[1]
    yield PlantedValue("arpa_spent_in_qct_share", *snapshot, "all", 100 * spent[True] / sum(spent.values()))
    ending = [project for project in every if project.planned <= money.LAST and project.fate != "cancelled"]
    on_time = sum(project.completed is not None and project.completed <= project.planned for project in ending)
    yield PlantedValue("arpa_projects_on_time", *snapshot, "all", 100 * on_time / len(ending))


def _residents(tracts: list[int], people: People) -> Iterator[PlantedValue]:
    children = {code: 1 - float(census.ADULTS[GROUPS.index(group)]) for group, code in _GROUPS.items()}
    yield from by_group("children_share", ("snapshot", "2020-04-01"), children, in_percent=True, method="aggregate")
    for first_day in money.LISTS:
        listed = money.qualified_tracts(first_day)
        shares = _weighted(people, np.array([tract in listed for tract in tracts], dtype=float))
        within = {code: 100 * share for code, share in shares.items()}
        yield from by_group("residents_in_qct_share", ("snapshot", first_day.isoformat()), within, method="aggregate")
    last = housing.LAST_YEAR
    rates = np.array([1000 * started / parcels for parcels, started in housing.foreclosed(last).values()])
    yield from _met("foreclosures_per_1000_parcels", ("year", f"{last}-01-01"), people, rates)


def _tract_figures(people: People, adults: People) -> Iterator[PlantedValue]:
    """Figures of the tracts of 2010 as the members of each group meet them where they live, block by block."""
    columns, rows, _ = census.city_blocks()
    at = np.searchsorted(tract_codes(2010), tracts(2010)[columns, rows])
    for *_, measure in word_list("conditions"):
        of_places = np.array(health.estimates(measure, health.LAST_YEAR))[at]
        yield from _met(measure, ("year", f"{health.LAST_YEAR}-01-01"), adults, of_places)
    # a tract without a figure counts for no resident
    filed = np.array(
        [one.filings / one.households if one.households and one.filings else np.nan for one in housing.filings_by_tract()]
    )
    is_known = ~np.isnan(filed[at])
    period = ("multi_year", housing.STARTS_ON.isoformat())
    yield from _met("eviction_filings_per_100_renter_households", period, people[is_known], 100 * filed[at][is_known])


def _violent(residents: float) -> PlantedValue:
    """Of an incident's offences, drawn without putting one back, none is violent with the chance of all orders of the others."""
    total = sum(safety.OFFENSES.values())
    peaceful = [weight / total for name, weight in safety.OFFENSES.items() if name not in _VIOLENT]
    none = dict.fromkeys((2, 3, 4), 0.0) | {1: sum(peaceful)}
    for count in (2, 3, 4):
        for order in permutations(peaceful, count):
            chance, left = 1.0, 1.0
            for weight in order:
                chance, left = chance * weight / left, left - weight
            none[count] += chance
    several = safety.SEVERAL / 3
    calm = safety.NO_OFFENSE + (1 - safety.NO_OFFENSE - safety.SEVERAL) * none[1] + several * (none[2] + none[3] + none[4])
    rows = safety.INCIDENTS + safety.REPEATED
    return PlantedValue("violent_offences_per_1000", "year", "2025-01-01", "all", 1000 * rows * (1 - calm) / residents)


def _representation(day: date, city: Profile) -> Iterator[PlantedValue]:
    employees, force = staff.employees_on(day, city), census.labor_force_of(city)
    everybody = employees / sum(force.values())
    for label, (code, begins) in _STAFF_LINES.items():
        people = sum(count for line, count in force.items() if line.startswith(begins))
        rate = employees * (1 - staff.UNKNOWN) * staff.composition_on(day, city)[label] / people
        own = ("positions_per_1000_labor_force", "snapshot", day.isoformat())
        yield PlantedValue(*own, code, 1000 * rate, rate / everybody)


def resident_values(seed: int, city: Profile = SAMPLETON) -> Iterator[PlantedValue]:
    """Every planted value that depends on who lives where in the sample of a seed."""
    people, adults = census.residents(random_stream(seed, census.blocks.name), city)
    tracts, at = np.unique(census.city_blocks()[2], return_inverse=True)
    by_tract = np.zeros((len(tracts), people.shape[1]))
    np.add.at(by_tract, at, people)
    yield from _money(tracts.tolist(), by_tract, city)
    yield from _residents(tracts.tolist(), by_tract)
    yield from _tract_figures(people.astype(np.float64), adults.astype(np.float64))
    # the totals of places are delivered for Sampleton alone
    yield _violent(float(census.PLACE_TOTALS[2025] if city == SAMPLETON else people.sum()))
    for day in (staff.BEFORE, staff.AS_OF):
        yield from _representation(day, city)
