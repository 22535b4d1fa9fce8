"""Check that a delivery of people is of the vintage that its scheme declares (seed `population_schemes`).

A file of other years, or one with the wrong people, would change every rate without a gap in its rows: the file name is compared
with the years of the scheme, and each total with the accepted load that it replaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from expectations.delivery.delivery_facts import DeliveryFacts, PopulationTerms
from expectations.engine.checks import Check, header, measure
from ingest.contract import Contract
from warehouse.sql import quoted

Rows = Iterable[Mapping[str, str]]  # of a seed
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


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
