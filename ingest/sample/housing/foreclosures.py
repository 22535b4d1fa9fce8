"""`dcd__foreclosures`: one CSV, residential foreclosures by year and tract of 2020.

Irregularities: a tract and year without a foreclosure has no row; the rate has as many digits as a computer gives; one tract of
factories has fewer than 20 parcels. Planted: parcels and foreclosures are set and not drawn, so that every rate is known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.population.blocks import city_blocks
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "dcd__foreclosures"
HEADER = "start_year,tract_2020,privately_owned_parcels,foreclosures,foreclosures_per_1k\n"
YEARS = range(2019, 2025)
LAST_YEAR = YEARS[-1]
_FACTORIES = 5  # the tract at this position


def tracts() -> list[int]:
    """The tracts of 2020 that have a block in the city, by their six digits."""
    found: list[int] = np.unique(city_blocks()[2]).tolist()
    return found


def planted(year: int) -> dict[int, tuple[int, int]]:
    """Parcels and foreclosures of each tract in a year; in the last year every tract had one at least."""
    out = {}
    for at, tract in enumerate(tracts()):
        parcels = 12 if at == _FACTORIES else 300 + 37 * at % 800
        out[tract] = (parcels, (7 * at + 3 * (LAST_YEAR - year)) % 11 + (year == LAST_YEAR) if at != _FACTORIES else 1)
    return out


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write the table into `folder`; returns what was planted."""
    lines = [
        f"{year},{COUNTY_GEOID}{tract:06d},{parcels},{foreclosures},{1000 * foreclosures / parcels}\n"
        for year in YEARS
        for tract, (parcels, foreclosures) in planted(year).items()
        if foreclosures
    ]
    (folder / "AnnualForeclosureStats_tracts2020.csv").write_text(HEADER + "".join(lines), encoding="ascii", newline="")
    return PlantedCounts(delivered=len(lines), facts={"years": len(YEARS)})
