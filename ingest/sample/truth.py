"""The truths planted in the sample, as in `truth.json`: the parameters that rows were drawn from, never what the rows came to.

A measure of the built warehouse should hold each value within its interval as often as the interval says. Percentages are 0-100.
Compositions are among records of known race. The parameters stand with the source that draws from them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ingest.sample import people, police_stops, schools, service_requests
from ingest.sample.city import PLACE_GEOID

# `East African` is drawn with the share of `Black`, so that its mapping cannot move a truth.
_STOPS = {
    "White": "white", "Black": "black", "Latino": "hispanic", "Native American": "aian", "Asian": "asian", "Other": "other_race",
}  # fmt: skip
_STAFF = {
    "WHITE": "white", "BLACK": "black", "HISPANIC": "hispanic", "ASIAN/PACIFIC ISLANDER": "asian_or_nhpi",
    "AMERICAN INDIAN/ALASKAN NATIVE": "aian",
}  # fmt: skip
_STUDENTS = {
    "Amer Indian": "aian", "Asian": "asian", "Black": "black", "Hispanic": "hispanic", "Pacific Isle": "nhpi",
    "Two or More": "multiracial", "White": "white",
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """One planted value, in the grain of `marts.fct_equity_measures`; the defaults are what this version plants throughout."""

    measure_id: str
    period_type: str
    period_start: str
    race_ethnicity_code: str
    value: float
    rate_ratio: float | None = None
    method: str = "individual"
    measure_version: int = 1
    geography_type: str = "city"
    geography_vintage: str = "current"
    geoid: str = PLACE_GEOID
    race_standard: str = "spd15_1997"
    tabulation: str = "exclusive"
    stratum_type: str = "all"
    stratum_code: str = "all"


def _percent(share: float) -> float:
    return round(100 * share, 9)  # 38.0, not 38.00000000000001


def _stops() -> list[Truth]:
    searched = police_stops.SEARCHED
    overall = sum(share * searched[race] for race, share in police_stops.PERCEIVED.items())
    shares = {"all": overall} | {code: searched[race] for race, code in _STOPS.items()}
    ratios = {code: round(share / searched["White"], 9) for code, share in shares.items() if code not in ("all", "white")}
    return [
        Truth("stops_searched_share", "year", "2025-01-01", code, _percent(share), ratios.get(code))
        for code, share in shares.items()
    ]


def truths() -> list[dict[str, object]]:
    """Every planted value, as rows for `truth.json`."""
    closed = _percent(sum(service_requests.CLOSED_BY_DAY))
    rows = [Truth("requests_closed_by_second_day", "year", "2025-01-01", "all", closed), *_stops()]
    rows += [
        Truth("student_composition", "school_year", "2024-07-01", _STUDENTS[label], _percent(share), method="aggregate")
        for label, share in schools.COMPOSITION.items()
    ]
    rows += [
        Truth("workforce_composition", "snapshot", people.AS_OF.isoformat(), _STAFF[label], _percent(share))
        for label, share in people.COMPOSITION.items()
    ]
    return [asdict(row) for row in rows]
