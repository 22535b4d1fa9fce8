"""Select the values of a measure for one place, or for all places of a type, from the rows that the scorecard shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from orchestration.cli.release.chosen_file import CannotShow
from orchestration.cli.release.reader import Row, open_release, rows_of
from warehouse.paths import Home
from warehouse.printable import did_you_mean, first_names

LISTED = 12
HIDDEN = ("hidden", "hidden_at_source")
_FIGURES = (
    "value", "ci_low", "ci_high", "numerator", "denominator", "bound_low", "bound_high", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "compared_with_reference_text",
)  # fmt: skip
_ROW_KEY = "geography_type, geography_vintage, geoid, period_type, period_start, race_ethnicity_code"
_SLICE = ("measure_id", "geography_type", "geography_vintage", "period_type", "period_start", "measure_version")
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
        first = min([each for each in slices if each["is_featured"]] or slices, key=lambda each: each["place_order"])
        at_place = [each for each in slices if _place_key(each) == _place_key(first)]
    else:
        at_place = _matching_places(slices, place)
    chosen = _choose(at_place, period, slices)
    wanted = {name: chosen[name] for name in (*_SLICE, "geoid")}
    return Selection(_rows(con, wanted, "group_order", public=public), chosen["place"], chosen["period"])


def select_by_place(
    con: DuckDBPyConnection, measure_id: str, place_type: str | None, group: str, period: str | None, *, public: bool
) -> Selection:
    """Return a row per place of a type, for one group. Without `place_type`: the type with the fewest places, but several."""
    slices = _slices(con, measure_id, public=public)
    types: dict[str, set[tuple[str, str, str]]] = {}
    for each in slices:
        types.setdefault(each["geography_type"], set()).add(_place_key(each))
    if place_type is None:
        several = sorted((len(places), name) for name, places in types.items() if len(places) > 1)
        if not several:
            raise CannotShow(f"{measure_id} has values of one place only; leave out `--by place`")
        place_type = several[0][1]
    if place_type not in types:
        raise CannotShow(
            f"{measure_id} has no values by {place_type!r}. {did_you_mean(place_type, types)}It has: {', '.join(sorted(types))}"
        )
    chosen = _choose([each for each in slices if each["geography_type"] == place_type], period, slices)
    code, name = _find_group(con, measure_id, place_type, group, public=public)
    wanted = {name: chosen[name] for name in _SLICE} | {"race_ethnicity_code": code}
    rows = _rows(con, wanted, "try_cast(geoid as integer), place", public=public)
    return Selection(rows, f"{place_type.replace('_', ' ')}s, {name}", chosen["period"])


def hidden_in_public(home: Home, measure_id: str, rows: list[Row], column: str) -> set[str]:
    """Return the labels of the rows that have a value here and none in the public file."""
    sql = f"select {_ROW_KEY} from published.scorecard where measure_id = ? and value is not null"
    public: set[tuple[Any, ...]] = set(open_release(home, public=True).execute(sql, [measure_id]).fetchall())
    key = _ROW_KEY.split(", ")
    return {row[column] for row in rows if row["value"] is not None and tuple(row[name] for name in key) not in public}


def _table(public: bool) -> str:
    return "published.scorecard" if public else "marts.scorecard"


def _rows(con: DuckDBPyConnection, wanted: Row, order: str, *, public: bool) -> list[Row]:
    """Return the rows with these values. A hidden row has no figure in the file; if it had one, no command would display it."""
    conditions = " and ".join(f"{name} = ?" for name in wanted)
    found = rows_of(con, f"select * from {_table(public)} where {conditions} order by {order}", [*wanted.values()])
    return [row | dict.fromkeys(_FIGURES) if row["status_code"] in HIDDEN else row for row in found]


def _slices(con: DuckDBPyConnection, measure_id: str, *, public: bool) -> list[Row]:
    """Return the places and periods of the newest version of a measure, each with whether it has a figure."""
    dimension = "published.geographies" if public else "marts.dim_geography"
    found = rows_of(
        con,
        f"""
        select figures.measure_id, figures.geography_type, figures.geography_vintage, figures.geoid, figures.place,
            figures.period_type, figures.period_start, figures.period_end, figures.period,
            max(figures.measure_version) as measure_version, bool_or(figures.is_featured) as is_featured,
            count(figures.value) > 0 as has_figure, any_value(coalesce(places.scorecard_order, 99)) as place_order
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


def _place_key(row: Row) -> tuple[str, str, str]:
    return row["geography_type"], row["geography_vintage"], row["geoid"]


def _matching_places(slices: list[Row], wanted: str) -> list[Row]:
    """Return the slices of one place, by `type:code`, its name, its code or its type; of several maps, those of the newest."""
    kind, _, code = wanted.casefold().rpartition(":")
    folded = wanted.casefold()
    for found in (
        [row for row in slices if (row["geography_type"], row["geoid"].casefold()) == (kind, code)],
        [row for row in slices if row["place"].casefold() == folded],
        [row for row in slices if row["geoid"].casefold() == folded],
        [row for row in slices if row["geography_type"] == folded and row["place_order"] < 99],  # city, county, school_district
    ):
        kinds = sorted({row["geography_type"] for row in found})
        if len(kinds) > 1:
            options = " or ".join(f"{each}:{wanted}" for each in kinds)
            raise CannotShow(f"several places have the code {wanted!r}; write --place {options}")
        if found:
            newest = max(row["geography_vintage"] for row in found)
            return [row for row in found if row["geography_vintage"] == newest]
    names = list(dict.fromkeys(row["place"] for row in slices))
    suggestion = did_you_mean(wanted, [*names, *(row["geoid"] for row in slices)])
    raise CannotShow(f"no value for the place {wanted!r}. {suggestion}There are: {first_names(names, LISTED)}")


def _find_group(con: DuckDBPyConnection, measure_id: str, place_type: str, group: str, *, public: bool) -> tuple[str, str]:
    """Return the code and the name of a group, given either."""
    sql = f"select distinct race_ethnicity_code, group_name from {_table(public)} where measure_id = ? and geography_type = ?"
    names: dict[str, str] = dict(con.execute(sql, [measure_id, place_type]).fetchall())
    found = [each for each in names.items() if group == each[0] or group.casefold() == each[1].casefold()]
    if not found:
        suggestion = did_you_mean(group, [*names.values(), *names])
        raise CannotShow(f"no group is called {group!r}. {suggestion}There are: {', '.join(sorted(names))}")
    return found[0]


def _choose(slices: list[Row], period: str | None, of_measure: list[Row]) -> Row:
    """Return the slice of the period, or the featured one, or the newest with a figure.

    Years and quarters that open the measure's page come before a month that has just begun.
    """
    if period is None:
        kind = next((each["period_type"] for each in of_measure if each["is_featured"]), None)
        return max(
            slices,
            key=lambda each: (each["is_featured"], each["has_figure"], each["period_type"] == kind, each["period_end"]),
        )
    found = [each for each in slices if _is_period(each, period)]
    if not found:
        known = list(dict.fromkeys(each["period"] for each in reversed(slices)))
        earlier = first_names(known, LISTED, others="earlier")
        raise CannotShow(f"no value for the period {period!r}. {did_you_mean(period, known)}There are: {earlier}")
    return max(found, key=lambda each: (each["has_figure"], each["geography_vintage"], each["period_end"]))


def _is_period(row: Row, wanted: str) -> bool:
    """Whether the text names the period: its label, 2025, 2025-Q3, 2025-07, or its first day."""
    start, kind = row["period_start"], row["period_type"]
    if quarter := QUARTER.fullmatch(wanted):
        return kind == "quarter" and (start.year, (start.month + 2) // 3) == (int(quarter[1]), int(quarter[2]))
    form = "%Y-%m" if kind == "month" else "%Y" if kind in ("year", "school_year", "snapshot") else "%Y-%m-%d"
    texts = (row["period"], start.isoformat(), f"{kind}:{start.isoformat()}", format(start, form))
    return wanted.casefold() in map(str.casefold, texts)
