"""Select the values of a measure for one place, or for all places of a type, from the rows that the scorecard shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from orchestration.cli.release_reader import CannotShow, Row, rows_of
from warehouse.suggestions import did_you_mean

LISTED = 12
HIDDEN = ("hidden", "hidden_at_source")
_FIGURES = (
    "value", "ci_low", "ci_high", "numerator", "denominator", "bound_low", "bound_high", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "compared_with_reference_text",
)  # fmt: skip
QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True)
class Selection:
    """The rows to display, in order, and where they are from."""

    rows: list[Row]
    places: str
    period: str


def select_by_race(con: DuckDBPyConnection, measure_id: str, place: str | None, period: str | None, *, public: bool) -> Selection:
    """Return a row per group of one place. Without `place` and `period`: those that open the measure's page, else the newest."""
    slices = _slices(con, measure_id, public=public)
    if place is None:
        at_place = [each for each in slices if each["is_featured"]] or slices
        first = min(at_place, key=lambda each: each["place_order"])
        at_place = [each for each in slices if _place_key(each) == _place_key(first)]
    else:
        at_place = _matching_places(slices, place)
    chosen = _choose(at_place, period, _featured_kind(slices))
    rows = rows_of(
        con,
        f"select * from {_table(public)} where measure_id = ? and geography_type = ? and geography_vintage = ? and geoid = ? "
        "and period_type = ? and period_start = ? and measure_version = ? order by group_order",
        [measure_id, *_place_key(chosen), chosen["period_type"], chosen["period_start"], chosen["measure_version"]],
    )
    return Selection(_without_hidden(rows), chosen["place"], chosen["period"])


def select_by_place(
    con: DuckDBPyConnection, measure_id: str, place_type: str | None, group: str, period: str | None, *, public: bool
) -> Selection:
    """Return a row per place of a type, for one group. Without `place_type`: the type with the fewest places, but several."""
    slices = _slices(con, measure_id, public=public)
    types: dict[str, set[tuple[str, str, str]]] = {}
    for each in slices:
        types.setdefault(each["geography_type"], set()).add(_place_key(each))
    several = sorted((len(places), name) for name, places in types.items() if len(places) > 1)
    if place_type is None:
        if not several:
            raise CannotShow(f"{measure_id} has values of one place only; leave out `--by place`")
        place_type = several[0][1]
    if place_type not in types:
        raise CannotShow(
            f"{measure_id} has no values by {place_type!r}. {did_you_mean(place_type, types)}It has: {', '.join(sorted(types))}"
        )
    chosen = _choose([each for each in slices if each["geography_type"] == place_type], period, _featured_kind(slices))
    groups = rows_of(
        con,
        f"select distinct race_ethnicity_code, group_name from {_table(public)} where measure_id = ? and geography_type = ?",
        [measure_id, place_type],
    )
    codes = {each["group_name"].casefold(): each["race_ethnicity_code"] for each in groups}
    code = codes.get(group.casefold(), group)
    if code not in codes.values():
        known = sorted(codes.values())
        raise CannotShow(f"no group is called {group!r}. {did_you_mean(group, [*codes, *known])}There are: {', '.join(known)}")
    rows = rows_of(
        con,
        f"select * from {_table(public)} where measure_id = ? and geography_type = ? and geography_vintage = ? "
        "and period_type = ? and period_start = ? and measure_version = ? and race_ethnicity_code = ? "
        "order by try_cast(geoid as integer), place",
        [
            measure_id, place_type, chosen["geography_vintage"], chosen["period_type"], chosen["period_start"],
            chosen["measure_version"], code,
        ],
    )  # fmt: skip
    name = next(each["group_name"] for each in groups if each["race_ethnicity_code"] == code)
    return Selection(_without_hidden(rows), f"{place_type.replace('_', ' ')}s, {name}", chosen["period"])


def _without_hidden(rows: list[Row]) -> list[Row]:
    """A hidden row has no figure in the file; if it had one, no command would display it."""
    return [row | dict.fromkeys(_FIGURES) if row["status_code"] in HIDDEN else row for row in rows]


def _slices(con: DuckDBPyConnection, measure_id: str, *, public: bool) -> list[Row]:
    """Return the places and periods of the newest version of a measure, each with whether it has a figure."""
    dimension = "published.geographies" if public else "marts.dim_geography"
    found = rows_of(
        con,
        f"""
        select figures.geography_type, figures.geography_vintage, figures.geoid, figures.place, figures.period_type,
            figures.period_start, figures.period_end, figures.period, max(figures.measure_version) as measure_version,
            bool_or(figures.is_featured) as is_featured, count(figures.value) > 0 as has_figure,
            any_value(coalesce(places.scorecard_order, 99)) as place_order
        from {_table(public)} as figures
        left join {dimension} as places using (geography_type, geography_vintage, geoid)
        where figures.measure_id = ?
        group by all
        order by period_end, period_type, geography_vintage
        """,
        [measure_id],
    )
    if not found:
        file = "public file" if public else "analyst file"
        raise CannotShow(f"the {file} has no values of {measure_id}; `levelground measures show {measure_id}` describes it")
    return found


def _table(public: bool) -> str:
    return "published.scorecard" if public else "marts.scorecard"


def _place_key(row: Row) -> tuple[str, str, str]:
    return row["geography_type"], row["geography_vintage"], row["geoid"]


def _matching_places(slices: list[Row], wanted: str) -> list[Row]:
    """Return the slices of one place, by its name, its code, or `type:code`; of several maps, those of the newest."""
    kind, _, code = wanted.rpartition(":")
    folded = wanted.casefold()
    tests: tuple[Callable[[Row], bool], ...] = (
        lambda row: (row["geography_type"], row["geoid"].casefold()) == (kind.casefold(), code.casefold()),
        lambda row: row["place"].casefold() == folded,
        lambda row: row["geoid"].casefold() == folded,
        lambda row: row["geography_type"] == folded and row["place_order"] < 99,  # city, county, school_district
    )
    for test in tests:
        found = [row for row in slices if test(row)]
        kinds = sorted({row["geography_type"] for row in found})
        if len(kinds) > 1:
            options = " or ".join(f"{each}:{wanted}" for each in kinds)
            raise CannotShow(f"several places have the code {wanted!r}; write --place {options}")
        if found:
            newest = max(row["geography_vintage"] for row in found)
            return [row for row in found if row["geography_vintage"] == newest]
    names = list(dict.fromkeys(row["place"] for row in slices))
    suggestion = did_you_mean(wanted, [*names, *(row["geoid"] for row in slices)])
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    raise CannotShow(f"no value for the place {wanted!r}. {suggestion}There are: {', '.join(names[:LISTED])}{more}")


def _featured_kind(slices: list[Row]) -> str | None:
    """The kind of period that opens the measure's page: years and quarters before a month that has just begun."""
    return next((each["period_type"] for each in slices if each["is_featured"]), None)


def _choose(slices: list[Row], period: str | None, kind: str | None) -> Row:
    """Return the slice of the period, or the featured one, or the newest with a figure, of the preferred kind of period."""
    if period is None:
        return max(
            slices,
            key=lambda each: (each["is_featured"], each["has_figure"], each["period_type"] == kind, each["period_end"]),
        )
    found = [each for each in slices if _is_period(each, period)]
    if not found:
        known = list(dict.fromkeys(each["period"] for each in reversed(slices)))
        more = f" and {len(known) - LISTED} earlier" if len(known) > LISTED else ""
        suggestion = did_you_mean(period, known)
        raise CannotShow(f"no value for the period {period!r}. {suggestion}There are: {', '.join(known[:LISTED])}{more}")
    return max(found, key=lambda each: (each["has_figure"], each["geography_vintage"], each["period_end"]))


def _is_period(row: Row, wanted: str) -> bool:
    """Whether the text names the period: its label, 2025, 2025-Q3, 2025-07, or its first day."""
    start, kind = row["period_start"], row["period_type"]
    texts = {row["period"].casefold(), start.isoformat(), f"{kind}:{start.isoformat()}".casefold()}
    if quarter := QUARTER.fullmatch(wanted):
        return kind == "quarter" and (start.year, (start.month + 2) // 3) == (int(quarter[1]), int(quarter[2]))
    if kind == "month":
        texts.add(f"{start:%Y-%m}")
    if kind in ("year", "school_year", "snapshot"):
        texts.add(f"{start:%Y}")
    return wanted.casefold() in texts
