"""Check reference data of a delivery that holds for a time: people by the years of their scheme, and maps by the one in force.

A file of other years, or one with the wrong people, would change every rate without a gap in its rows: the file name is compared
with the years of the scheme (seed `population_schemes`), and each total with the accepted load that it replaces. A map of other
lines under the same name would move records to other places while residents stay with the codes of their blocks: it is given a
vintage, or a person accepts it as a correction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from expectations.delivery.delivery_facts import DeliveryFacts, PopulationTerms
from expectations.engine.checks import Check, header, measure
from ingest.contract import Contract
from warehouse.printable import first_names
from warehouse.sql import quoted

Rows = Iterable[Mapping[str, str]]  # of a seed
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
MAP_CHANGED = "map_changed"
SHOWN_PLACES = 10


def read_population_terms(contract: Contract, schemes: Rows, concepts: Rows, rules: Rows) -> PopulationTerms:
    """The terms of a source, from rows of seeds; without a scheme of it there is nothing to check."""
    own = [row for row in schemes if row["source"] == contract.source]
    years = {row["population_scheme"]: (int(row["first_year"]), int(row["last_year"])) for row in own}
    if not years:
        return PopulationTerms()
    total = (contract.concepts, "all")
    columns = [row["column_name"] for row in concepts if (row["concepts"], row["race_ethnicity_code"]) == total]
    (limit,) = (float(row["value"]) for row in rules if row["rule"] == "max_population_change")
    return PopulationTerms(years, tuple(columns), limit)


def population_checks(contract: Contract, facts: DeliveryFacts) -> Iterator[Check]:
    """The checks of a source of people."""
    terms = facts.people
    if not terms.years:
        return
    first, last = min(first for first, _ in terms.years.values()), max(last for _, last in terms.years.values())
    of = f"{', '.join(sorted(terms.years))} is of {first if first == last else f'{first} to {last}'}"
    years_in = {name: map(int, _YEAR.findall(PurePosixPath(name).name)) for name in facts.files}
    others = [name for name, years in years_in.items() if any(not first <= year <= last for year in years)]
    message = (
        f"{contract.source} ({', '.join(others)}): the file name has years of another vintage; {of}. Take the file away, or "
        "declare the new vintage: period in the contract, a row of population_schemes, and its years in population_bases"
    )
    yield header("other_vintage", "critical", message if others else "", mismatches=len(others))
    for column in terms.totals:
        before = facts.landed_sums.get(column)
        if not before:
            continue
        change = terms.most_change_pct / 100
        message = (
            f"{contract.source}: the people of {column} differ from the {before:,.0f} of the load before by more "
            f"than {terms.most_change_pct:g} %; is it another vintage or area, or are rows doubled? Ask the steward"
        )
        total = f"sum(try_cast({quoted(column)} as double))"
        yield measure(
            "people_changed", "critical", message, expression=total,
            at_least=before * (1 - change), at_most=before * (1 + change), column=column,
        )  # fmt: skip


def map_checks(contract: Contract, vintage: str, moved: Sequence[str]) -> Iterator[Check]:
    """The check of a map that the seed `geography_vintages` names, with its type and vintage. `moved`: see `moved_places`."""
    if not vintage:
        return
    message = (
        f"{contract.source}: {first_names(moved, SHOWN_PLACES)} have other lines than on the map in force ({vintage}). A new map "
        f"gets a vintage and its first day: `levelground maps new {contract.source} --vintage NAME --valid-from DAY`. If the "
        "file corrects the map, accept its load: residents are then counted by its lines, no longer by the codes of their blocks"
    )
    yield measure(MAP_CHANGED, "critical", message if moved else "", expression=str(len(moved)), at_most=0)
