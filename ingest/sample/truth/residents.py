"""The truths that depend on where residents live: rates among residents, and values weighted by where groups live.

Here: what the planted events, amounts and places mean for the people of the sample's census, who are drawn from the seed. Not
here: the other truths (`truth`). The residents are those of the delivery, since a census counts everybody.
"""

from __future__ import annotations

from datetime import date
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from ingest.sample.health import chronic_disease
from ingest.sample.housing import evictions, foreclosures
from ingest.sample.money import arpa_projects, qualified_tracts
from ingest.sample.people import staff
from ingest.sample.places.ground import tracts
from ingest.sample.population import blocks, labor_force, settlement
from ingest.sample.safety import incidents
from ingest.sample.sample_folder import random_stream
from ingest.sample.truth.planted_value import PlantedValue, percent

People = NDArray[np.float64]

_GROUPS = {"hisp": "hispanic", "white": "white", "black": "black"}
_VIOLENT = ("Assault", "Homicide", "Robbery", "SexOffense")
_STAFF_LINES = {
    "WHITE": ("white", ("White alone",)), "BLACK": ("black", ("Black or African American alone",)),
    "HISPANIC": ("hispanic", ("Hispanic",)),
    "ASIAN/PACIFIC ISLANDER": ("asian_or_nhpi", ("Asian alone", "Native Hawaiian")),
}  # fmt: skip


def _by_tract(seed: int) -> tuple[list[int], People]:
    """The tracts of the city, and the people of each: a column a group, in the order of settlement.GROUPS."""
    people, _ = blocks.residents(random_stream(seed, blocks.SOURCE))
    index, at = np.unique(blocks.city_blocks()[2], return_inverse=True)
    counted = np.zeros((len(index), people.shape[1]))
    np.add.at(counted, at, people)
    return index.tolist(), counted


def _weighted(people: People, values: People) -> dict[str, float]:
    """The mean of tracts' values over where everybody and each of three groups live."""
    columns = {"all": people.sum(axis=1)} | {code: people[:, settlement.GROUPS.index(group)] for group, code in _GROUPS.items()}
    return {code: float((column * values).sum() / column.sum()) for code, column in columns.items()}


def _money(tracts: list[int], people: People) -> list[PlantedValue]:
    day, last = arpa_projects.LAST.isoformat(), len(arpa_projects.PERIODS) - 1
    residents = people.sum(axis=1)
    every = arpa_projects.projects()
    rows = []
    for part, measure in enumerate(("arpa_obligated_per_resident", "arpa_spent_per_resident")):
        dollars = dict.fromkeys(tracts, 0)
        for project in every:
            if project.tract is not None:
                dollars[project.tract] += project.amounts(last)[part]
        total = sum(project.amounts(last)[part] for project in every)
        rows.append(PlantedValue(measure, "snapshot", day, "all", total / float(residents.sum())))
        means = _weighted(people, np.array(list(dollars.values())) / residents)
        rows += [
            PlantedValue(
                measure, "snapshot", day, code, mean, mean / means["all"] if code != "all" else None, method="place_weighted"
            )
            for code, mean in means.items()
        ]
    spent = {False: 0, True: 0}
    for project in every:
        if project.tract is not None:
            listed = qualified_tracts.qualified(qualified_tracts.list_of(arpa_projects.PERIODS[project.first]))
            spent[project.tract in listed] += project.amounts(last)[1]
    rows.append(PlantedValue("arpa_spent_in_qct_share", "snapshot", day, "all", 100 * spent[True] / sum(spent.values())))
    ending = [project for project in every if project.planned <= arpa_projects.LAST and project.fate != "cancelled"]
    on_time = sum(project.completed is not None and project.completed <= project.planned for project in ending)
    rows.append(PlantedValue("arpa_projects_on_time", "snapshot", day, "all", 100 * on_time / len(ending)))
    return rows


def _residents(tracts: list[int], people: People) -> list[PlantedValue]:
    rows = [
        PlantedValue("children_share", "snapshot", "2020-04-01", code, percent(1 - adults), method="aggregate")
        for code, adults in ((code, float(blocks.ADULTS[settlement.GROUPS.index(group)])) for group, code in _GROUPS.items())
    ]
    for first_day in qualified_tracts.LISTS:
        listed = qualified_tracts.qualified(first_day)
        within = _weighted(people, np.array([tract in listed for tract in tracts], dtype=float))
        rows += [
            PlantedValue("residents_in_qct_share", "snapshot", first_day.isoformat(), code, 100 * share, method="aggregate")
            for code, share in within.items()
        ]
    last = foreclosures.LAST_YEAR
    rates = np.array([1000 * started / parcels for parcels, started in foreclosures.planted(last).values()])
    means = _weighted(people, rates)
    rows += [
        PlantedValue("foreclosures_per_1000_parcels", "year", f"{last}-01-01", code, means[code], method="place_weighted")
        for code in _GROUPS.values()
    ]
    return rows


def _evictions(seed: int) -> list[PlantedValue]:
    """Filings of the tracts of 2010 where the members of each group live; a tract without a figure counts for no resident."""
    columns, rows, _ = blocks.city_blocks()
    people, _ = blocks.residents(random_stream(seed, blocks.SOURCE))
    at = np.searchsorted(chronic_disease.tracts(), tracts(2010)[columns, rows])
    of_tract = np.array(
        [tract.filings / tract.households if tract.households and tract.filings else np.nan for tract in evictions.planted()]
    )
    has_filings = ~np.isnan(of_tract[at])
    means = _weighted(people[has_filings].astype(np.float64), 100 * of_tract[at][has_filings])
    return [
        PlantedValue(
            "eviction_filings_per_100_renter_households", "multi_year", evictions.STARTS_ON.isoformat(), code, means[code],
            method="place_weighted",
        )
        for code in _GROUPS.values()
    ]  # fmt: skip


def _prevalences(seed: int) -> list[PlantedValue]:
    """The estimates of the tracts of 2010 as the adults of each group meet them where they live."""
    columns, rows, _ = blocks.city_blocks()
    _, adults = blocks.residents(random_stream(seed, blocks.SOURCE))
    at = np.searchsorted(chronic_disease.tracts(), tracts(2010)[columns, rows])
    last = chronic_disease.LAST_YEAR
    out = []
    for *_, measure in chronic_disease.CONDITIONS:
        means = _weighted(adults.astype(np.float64), np.array(chronic_disease.estimates(measure, last))[at])
        out += [
            PlantedValue(measure, "year", f"{last}-01-01", code, means[code], method="place_weighted")
            for code in _GROUPS.values()
        ]
    return out


def _violent(people: People) -> list[PlantedValue]:
    """Of an incident's offences, drawn without putting one back, none is violent with the chance of all orders of the others."""
    total = sum(incidents.OFFENSES.values())
    peaceful = [weight / total for name, weight in incidents.OFFENSES.items() if name not in _VIOLENT]
    none = dict.fromkeys((2, 3, 4), 0.0) | {1: sum(peaceful)}
    for count in (2, 3, 4):
        for order in permutations(peaceful, count):
            chance, left = 1.0, 1.0
            for weight in order:
                chance, left = chance * weight / left, left - weight
            none[count] += chance
    several = incidents.SEVERAL / 3
    calm = incidents.NONE + (1 - incidents.NONE - incidents.SEVERAL) * none[1] + several * (none[2] + none[3] + none[4])
    rows = incidents.INCIDENTS + incidents.REPEATED
    return [
        PlantedValue("violent_offences_per_1000", "year", "2025-01-01", "all", 1000 * rows * (1 - calm) / float(people.sum()))
    ]


def _representation(day: date) -> list[PlantedValue]:
    employees = staff.employees_on(day)
    everybody = employees / sum(labor_force.PEOPLE.values())
    rows = []
    for label, (code, begins) in _STAFF_LINES.items():
        people = sum(count for line, count in labor_force.PEOPLE.items() if line.startswith(begins))
        rate = employees * (1 - staff.UNKNOWN) * staff.composition_on(day)[label] / people
        period = ("snapshot", day.isoformat())
        rows.append(PlantedValue("positions_per_1000_labor_force", *period, code, 1000 * rate, rate / everybody))
    return rows


def resident_values(seed: int) -> list[PlantedValue]:
    """Every planted value that depends on who lives where in the sample of a seed."""
    tracts, people = _by_tract(seed)
    staffed = [truth for day in (staff.BEFORE, staff.AS_OF) for truth in _representation(day)]
    return [
        *_money(tracts, people),
        *_residents(tracts, people),
        *_prevalences(seed),
        *_evictions(seed),
        *_violent(people),
        *staffed,
    ]
