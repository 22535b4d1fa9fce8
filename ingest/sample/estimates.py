"""Figures that other publishers computed, in the forms of the Urban Institute, County Health Rankings and the ACS.

Values are set and not drawn: a measure finds the planted value itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product

from ingest.sample.city import COUNTY_GEOID, PLACE_GEOID
from ingest.sample.delivery import Delivery, PlantedCounts, Source, source
from ingest.sample.text import word_list

_STATE, _PLACE, _COUNTY = PLACE_GEOID[:2], PLACE_GEOID[2:], COUNTY_GEOID[2:]
_CITIES = (_PLACE, *(f"{at:05d}" for at in range(101, 118)))
_COUNTIES = (_COUNTY, "003", "005", "007", "009", "011", "013")
_POOLED_COUNTIES = _COUNTIES[2:]
_NOT_REPORTED = _CITIES[-2:]  # cities without an arrest, by the table
_WINDOWS = (2018, 2021, 2023)
_BLACK, _HISPANIC, _OTHER, _WHITE = "Black, Non-Hispanic", "Hispanic", "Other Races and Ethnicities", "White, Non-Hispanic"
_GROUPS = ("All", _BLACK, _HISPANIC, _OTHER, _WHITE)

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
FIRST_BIRTHS, LAST_BIRTHS = 2020, 2022
# in the first of these years: the gap of the first group to the last narrows, that of the second widens, that of the third stays
LOW_BIRTH_WEIGHT_BEFORE = (0.12, 0.24, 0.072, 0.08, 0.07)
ARRESTS = (1_700, 3_100, 500, 90, 720)
HOMELESS = (4_000, 2_800, 640, 340, 120)
_ENROLLED = 72_000
_DEBT = {"All": 0.28, "Majority Non-White": 0.44, "Majority White": 0.17}
_HISPANIC_ARRESTS_LATER = 20
_HALF_WIDTH = 0.05  # of a bound, as a share of the value
_BOUNDED = ("employment", "hs_diploma", "preschool")
_PARTS = ("", "_lb", "_ub")

_WIDE = "aian"  # the group with the wide interval
_BIRTHS = {"white": 30_000, "black": 30_000, "aian": 500, "asian": 7_000}
_HEALTH_GROUPS = ("white", "black", "aian", "asian", "nhopi", "tom", "hispanic")
_ACS_GROUPS = ("black", "white", "hispanic", "asian", "aian")
_LEFT_BY_MERGE = {"white": "x", "black": "y", "aian": "x.x", "asian": "y.y", "nhopi": "x.x.x", "tom": "y.y.y"}
_WIDE_HALF_WIDTH = 0.14

# Planted: children of the county by table: how many are poor, and how many there are.
CHILDREN = {
    "B": (24_000, 66_000),
    "H": (4_800, 60_000),
    "I": (13_200, 51_000),
    "C": (400, 1_500),
    "D": (3_000, 11_000),
    "E": (8, 60),
}
_INCOMES = {"": 62_000, "C": 55_000, "D": 79_000, "B": 38_000, "I": 55_000, "H": 77_000}
_POOR, _NOT_POOR = ("003", "004", "005"), ("011", "012", "013")
_MARGIN = 0.04  # of an estimate, as a share of it
_TRACTS = ("000101", "000102")

Rows = Iterator[tuple[object, ...]]


def _scale(city: int, window: int) -> float:
    """How a figure differs from that of Sampleton in the newest window."""
    return 1 + 0.003 * city - 0.02 * (_WINDOWS[-1] - window) / 5


def _kind(group: str, spelled: str = "race-ethnicity") -> str:
    return "all" if group == "All" else spelled


def _bounded(value: float, most: float = math.inf) -> tuple[str, str, str]:
    high = min(value * (1 + _HALF_WIDTH), most)
    return f"{value:.6f}", f"{value * (1 - _HALF_WIDTH):.6f}", f"{high:.6f}"


def _urban(name: str, place: str, files: Mapping[str, tuple[Sequence[str], Callable[[], Rows]]], **keys: object) -> Source:
    """Tables by city or county and group, in the form of the Urban Institute: the figures' columns and the rows of each file.

    Irregularities: `race-ethnicity` spelled in two ways; labels of groups that differ by table; NA where a group has no figure;
    overlapping five-year windows; an older file with other names of columns; a pooled value that several counties share; zeros
    that mean not reported; a group whose rate falls to a tenth; shares of the homeless next to a share of the enrolled;
    majorities of neighborhoods that are no groups.
    """

    def make(delivery: Delivery) -> PlantedCounts:
        for file, (columns, rows) in files.items():
            delivery.table(f"{file}.csv", ("year", "state", place, "subgroup_type", "subgroup", *columns), rows())
        return delivery.planted()

    return Source(f"urban__{name}", make, keys=keys)


def _share(table: str) -> Source:
    """A table of one share, with bounds for those that have some; the last city has no figure of Hispanics."""
    column, shares = SHARES[table]
    parts = _PARTS if table in _BOUNDED else _PARTS[:1]
    spelled = "race_ethnicity" if table == "digital_access" else "race-ethnicity"

    def rows() -> Rows:
        for window, (at, city), (group, share) in product(_WINDOWS, enumerate(_CITIES), zip(_GROUPS, shares, strict=True)):
            label = "Black" if table == "poverty_exposure" and group == _BLACK else group
            values: Sequence[object] = (*_bounded(min(share * _scale(at, window), 1), 1)[: len(parts)], 2)
            if city == _CITIES[-1] and group == _HISPANIC:
                values = ["NA"] * (len(parts) + 1)
            yield (window, _STATE, city, _kind(group, spelled), label, *values)

    columns = [f"{column}{part}" for part in (*parts, "_quality")]
    return _urban(table, "place", {f"metrics_{table}_place_race-ethnicity_longitudinal": (columns, rows)})


def _incomes() -> Rows:
    """Three percentiles of household income."""
    for window, (at, city), (place, group) in product(_WINDOWS, enumerate(_CITIES), enumerate(_GROUPS)):
        cells = (cell for incomes in INCOME.values() for cell in (*_bounded(incomes[place] * _scale(at, window)), 1))
        yield (window, _STATE, city, _kind(group), group, *cells)


def _homeless() -> Rows:
    """Counts with the range of hidden districts, the share of the enrolled in the row All and of the homeless in the others."""
    for year, (at, city), (group, homeless) in product((2020, 2021), enumerate(_CITIES), zip(_GROUPS, HOMELESS, strict=True)):
        count = homeless // (at + 1)
        share = HOMELESS[0] / _ENROLLED if group == "All" else homeless / HOMELESS[0]
        values = (count, count - 1, count + 1, f"{share:.10f}", 1, 1)
        is_hidden = city == _CITIES[-1] and group == _OTHER
        yield (year, _STATE, city, _kind(group), group, *(["NA"] * 6 if is_hidden else values))


def _arrests() -> Rows:
    """Rates of two years; those of Hispanics in Sampleton fall to less than a tenth, and two cities report nothing."""
    for year, (at, city) in product((2021, 2022), enumerate(_CITIES)):
        is_reported = city not in _NOT_REPORTED
        for group, rate in zip(_GROUPS, ARRESTS, strict=True):
            value = rate * _scale(at, _WINDOWS[-1]) * (1 if year == 2021 else 1.1)
            if city == _PLACE and group == _HISPANIC and year == 2022:
                value = _HISPANIC_ARRESTS_LATER
            label = "Black" if group == _BLACK else group
            yield (year, _STATE, city, _kind(group), label, f"{value:.6f}" if is_reported else 0, 1 if is_reported else 3)
        for kind, label in (("gender", "Female"), ("gender", "Male"), ("age", "Age 10 to 14"), ("age", "Age 15 to 17")):
            yield (year, _STATE, city, kind, label, ARRESTS[0] if is_reported else 0, 1)


def _births(year: int) -> Rows:
    """Shares of low weight; most counties have one pooled value of quality 3."""
    for at, county in enumerate(_COUNTIES):
        is_pooled = county in _POOLED_COUNTIES
        for group, share in zip(_GROUPS, LOW_BIRTH_WEIGHT if year == LAST_BIRTHS else LOW_BIRTH_WEIGHT_BEFORE, strict=True):
            value = share * 0.9 if is_pooled else share * (1 + 0.01 * at)
            yield (year, _STATE, county, _kind(group), group, *_bounded(value), 3 if is_pooled else 1)
        if year == LAST_BIRTHS:
            yield (year, _STATE, county, "mothers-education", "Some College", *_bounded(0.12 * (1 + 0.01 * at)), 2)


def _debts() -> Rows:
    """The share of residents in debt by the majority of their ZIP code; most counties have no neighborhoods of one kind."""
    for (at, county), (label, share) in product(enumerate(_COUNTIES), _DEBT.items()):
        values = ("NA", "NA") if at and "Non" in label else (f"{share + 0.001 * at:.4f}", 1)
        yield (2023, _STATE, county, "race-ethnicity", label, *values)


_INCOME_COLUMNS = [f"pctl_income_{of}{part}" for of in INCOME for part in (*_PARTS, "_quality")]
household_income = _urban(
    "household_income", "place", {"metrics_income_place_race-ethnicity_longitudinal": (_INCOME_COLUMNS, _incomes)}
)
employment, hs_diploma, preschool, digital_access, poverty_exposure = map(_share, SHARES)
_HOMELESS_COLUMNS = (
    *(f"count_homeless{part}" for part in _PARTS), "share_homeless", "count_homeless_quality", "share_homeless_quality",
)  # fmt: skip
student_homelessness = _urban(
    "student_homelessness", "place", {"homelessness_all_subgroups_city": (_HOMELESS_COLUMNS, _homeless)}
)
juvenile_arrests = _urban(
    "juvenile_arrests", "place", {"rate_arrests_place_all_subgroup": (("rate_juv_arrest", "rate_juv_arrest_quality"), _arrests)}
)
low_birth_weight = _urban(
    "low_birth_weight", "county",
    {
        f"neonatal_health_subgroup_{year}": ([f"{column}{part}" for part in (*_PARTS, "_quality")], partial(_births, year))
        for year, column in ((FIRST_BIRTHS, "lbw"), (LAST_BIRTHS, "rate_low_birth_weight"))
    },
    jurisdiction=COUNTY_GEOID,
)  # fmt: skip
debt_collections = _urban(
    "debt_collections", "county",
    {"metrics_overall_debt_coll_race_ethnicity_county_2023": (("share_debt_coll", "share_debt_coll_quality"), _debts)},
    jurisdiction=COUNTY_GEOID,
)  # fmt: skip


def _wide(delivery: Delivery, name: str, places: Sequence[Mapping[str, str]], cells: Sequence[Mapping[str, object]]) -> None:
    """A file with a row per place; a delivered record is a cell, since each column becomes a row."""
    rows = [(*place.values(), *row.values()) for place, row in zip(places, cells, strict=True)]
    delivery.table(name, (*places[0], *cells[0]), rows)
    delivery.delivered += len(rows) * (len(cells[0]) - 1)


def _interval(value: float, group: str) -> tuple[float, float]:
    width = _WIDE_HALF_WIDTH if group == _WIDE else _HALF_WIDTH
    return round(value * (1 - width), 4), round(value * (1 + width), 4)


def _in_county(value: float, county: str) -> float:
    return round(value * (1 if county == _COUNTY else 0.9 + 0.01 * int(county)), 4)


def _group_cells(measure: str, county: str) -> dict[str, object]:
    """The columns of the groups: the county's own; elsewhere of White alone."""
    planted = word_list("county_health")[measure][2]
    empty = "NA" if measure == "v014" else ""
    cells: dict[str, object] = {}
    for group in _ACS_GROUPS if measure == "v063" else _HEALTH_GROUPS:
        is_shown = group in planted and (county in (_COUNTY, "000") or group == "white")
        value = _in_county(planted.get(group, 0), county)
        if measure == "v129" and group in _BIRTHS:
            value = 1000 * round(_BIRTHS[group] * value / 1000) / _BIRTHS[group]
        if group in _LEFT_BY_MERGE and measure == "v129":
            births = _BIRTHS.get(group, 0) if is_shown else 0
            cells[f"denominator.{_LEFT_BY_MERGE[group]}"] = births or empty
            cells[f"numerator.{_LEFT_BY_MERGE[group]}"] = round(births * value / 1000) if births else empty
        parts = zip(("", "_cilow", "_cihigh"), (value, *_interval(value, group)), strict=True)
        cells |= {f"{measure}_race_{group}{part}": cell if is_shown else empty for part, cell in parts}
    return cells


@source("chr__county_health", jurisdiction=COUNTY_GEOID)
def county_health(delivery: Delivery) -> PlantedCounts:
    """Two wide files per measure, in the form of County Health Rankings; a delivered record is a cell: each column becomes a row.

    Irregularities: race in the names of columns, whose order differs by file; no years; counts of infant deaths under the names
    that a merge left; NA in one measure and blanks in the others; the state as county 000; groups without a figure; a wide
    interval of a small group.
    """
    places = [{"statecode": _STATE, "countycode": county} for county in ("000", *_COUNTIES)]
    for measure, (release, everybody, _) in word_list("county_health").items():
        whole: list[dict[str, object]] = []
        for place in places:
            value = _in_county(everybody, place["countycode"])
            low, high = _interval(value, "all")
            counts = {} if measure == "v147" else {f"{measure}_numerator": "", f"{measure}_denominator": ""}
            whole.append({f"{measure}_rawvalue": value, **counts, f"{measure}_cilow": low, f"{measure}_cihigh": high})
        _wide(delivery, f"{measure}_{release}.csv", places, whole)
        of_groups = [_group_cells(measure, place["countycode"]) for place in places]
        _wide(delivery, f"{measure}_otherdata_{release}.csv", places, of_groups)
    return delivery.planted()


def _county_cells(times: float) -> dict[str, float | None]:
    """The columns of a county, which has so many times the children of Sampleton's."""
    cells: dict[str, float | None] = {}
    for table, (poor, children) in CHILDREN.items():
        for lines, people in ((_POOR, poor), (_NOT_POOR, children - poor)):
            first = people - 2 * (people // 3)
            parts = zip(lines, (first, people // 3, people // 3), strict=True)
            cells |= {f"B17020{table}_{line}": round(part * times) for line, part in parts}
    cells |= {f"B19013{table}_001": income if times == 1 else None for table, income in _INCOMES.items()}
    cells |= {"B25003_001": round(400_000 * times), "B25003_002": round(200_000 * times)}
    return _with_margins(cells | _households(900_000 * times))


def _households(people: float) -> dict[str, float | None]:
    return {"B11002_001": round(people), "B11002A_001": round(people * 0.5), "B11002B_001": round(people * 0.3)}


def _with_margins(cells: dict[str, float | None]) -> dict[str, float | None]:
    return {
        f"{name}{part}": None if value is None else round(value * share)
        for name, value in cells.items()
        for part, share in (("E", 1), ("M", _MARGIN))
    }


@source("census__acs_county", jurisdiction=COUNTY_GEOID)
def acs_county(delivery: Delivery) -> PlantedCounts:
    """Two wide files of the ACS, counties with the state, and tracts, with margins of error; a delivered record is a cell.

    Irregularities: a column per table, line and part; tables of a race alone, Hispanics included, next to White not Hispanic and
    Hispanic; few children of a small group; columns that are not read.
    """
    times = {"000": 6.0, _COUNTY: 1.0}
    counties = [
        {"GEOID": f"{_STATE}{code}", "statecode": _STATE, "countycode": code, "NAME": f"County {code}"}
        for code in ("000", *_COUNTIES)
    ]
    _wide(delivery, "acs_data_2019-2023.csv", counties, [_county_cells(times.get(one["countycode"], 0.1)) for one in counties])
    of_county = {"fipscode": COUNTY_GEOID, "statecode": _STATE, "countycode": _COUNTY}
    tracts = [{"GEOID": f"{COUNTY_GEOID}{code}", **of_county, "NAME": f"Tract {code}"} for code in _TRACTS]
    _wide(delivery, "acs_data_2019-2023_tract.csv", tracts, [_with_margins(_households(4_000))] * len(tracts))
    return delivery.planted()
