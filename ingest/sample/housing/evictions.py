"""`dns__evictions`: three CSV files of one page of the Eviction Lab, eviction filings by tract of 2010, by month and by majority.

Irregularities: the county and not the city; the map dates its twelve months by their first day, day first; the charts write month
and year; a tract with filings and no renter households has the rate Inf, one with neither an empty rate; a row of the chart is of
women and no majority. Planted: renter households, filings and shares are set and not drawn, so that every rate is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from ingest.sample.city import COUNTY_GEOID
from ingest.sample.health.chronic_disease import tracts
from ingest.sample.sample_folder import PlantedCounts

SOURCE = "dns__evictions"
STARTS_ON = date(2024, 11, 1)  # to October 2025
ENDS_ON = date(2025, 10, 31)
# Planted: shares of White, Black and Latinx renter households, the majority that they make, and filings per 100 of them.
KINDS = {
    "white": ((0.72, 0.15, 0.08), 3),
    "black": ((0.12, 0.78, 0.06), 14),
    "hispanic": ((0.20, 0.14, 0.62), 6),
    "no_majority": ((0.40, 0.38, 0.16), 7),
}
NO_RENTERS, NO_FILING, NOTHING = 3, 4, 5  # the tracts at these positions
_FILINGS_WITHOUT_RENTERS = 5
_WITHOUT_A_TRACT = 17  # filings whose address is in no tract: in the table of months alone
_MAP = "id,month_date,month_filings,month_rate,month_rate_scale_max,month_diff,pct_white,pct_black,pct_latinx\n"
_MONTHS = "month,month_last_day,month_filings,avg_filings,percentage_diff\n"
_MAJORITIES = "group,month,month_last_day,month_filings,avg_filings,month_diff,month_filings_imputed,baseline_share\n"


@dataclass(frozen=True)
class Tract:
    """The planted figures of a tract: its kind, renter households and filings; `households` is unknown without a filing."""

    geoid: str
    kind: str
    households: int
    filings: int


def planted() -> list[Tract]:
    """Every tract of 2010, in the order of its code."""
    kinds, found = list(KINDS), []
    for at, tract in enumerate(tracts()):
        kind = kinds[at % len(kinds)]
        households = 0 if at in (NO_RENTERS, NOTHING) else 100 * (3 + at % 8)
        filings = households // 100 * KINDS[kind][1]
        if at in (NO_RENTERS, NO_FILING, NOTHING):
            filings = _FILINGS_WITHOUT_RENTERS if at == NO_RENTERS else 0
        found.append(Tract(f"{COUNTY_GEOID}{tract:06d}", kind, households, filings))
    return found


def known(kind: str | None = None) -> tuple[int, int]:
    """Filings and renter households that a reader can compute: of a kind of tracts, or of the county, whose filings are all."""
    of_kind = [tract for tract in planted() if kind is None or (tract.kind == kind and tract.households)]
    return sum(tract.filings for tract in of_kind), sum(tract.households for tract in of_kind if tract.filings)


def write(folder: Path, _: np.random.Generator) -> PlantedCounts:
    """Write the three tables into `folder`; returns what was planted."""
    lines, total = [], 0
    for tract in planted():
        rate = tract.filings / tract.households if tract.households else "Inf" if tract.filings else ""
        shares = ",".join(map(str, KINDS[tract.kind][0])) if tract.households else ",,"
        lines.append(f"{tract.geoid},{STARTS_ON:%d/%m/%Y},{tract.filings},{rate},0.2,1.1,{shares}\n")
        total += tract.filings
    (folder / "sampleton_map.csv").write_text(_MAP + "".join(lines), encoding="ascii", newline="")
    monthly, rest = divmod(total + _WITHOUT_A_TRACT, 12)
    months = []
    for at in range(34):  # from January 2023 to October 2025
        in_window = at >= 34 - 12
        filings = monthly + (rest if at == 33 else 0) if in_window else monthly - 3
        months.append(f"{at % 12 + 1:02d}/{2023 + at // 12},,{max(filings, 0)},{monthly},1.0\n")
    (folder / "sampleton_barchart.csv").write_text(_MONTHS + "".join(months), encoding="ascii", newline="")
    groups = [f"{group},{STARTS_ON:%m/%Y},,{total // 5},100,1.0,0.3,0.4\n" for group in ("White", "Black", "Latinx", "Other")]
    groups.append(f"Female,{STARTS_ON:%m/%Y},,,,,0.6,0.5\n")
    (folder / "sampleton_linechart.csv").write_text(_MAJORITIES + "".join(groups), encoding="ascii", newline="")
    return PlantedCounts(delivered=len(lines) + len(months) + len(groups), facts={"filings": total})
