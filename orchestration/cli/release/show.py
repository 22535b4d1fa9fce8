"""Provide `levelground show`: the values of a measure for one place, or for all places of a type, as a table with a bar per row.

The rows are those that the scorecard shows. A bar ends at the value, and a lighter part shows its interval.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from orchestration.cli.display import Table, out, print_json
from orchestration.cli.options import AsJson, Measure, Public, examples
from orchestration.cli.release.chosen_file import CannotShow
from orchestration.cli.release.reader import Release, Row, open_release
from orchestration.figures import figure_text
from orchestration.settings import Settings
from warehouse.paths import Home
from warehouse.printable import did_you_mean, first_names

LISTED = 12
HIDDEN = ("hidden", "hidden_at_source")
_FIGURES = (
    "value", "ci_low", "ci_high", "numerator", "denominator", "bound_low", "bound_high", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "compared_with_reference_text",
)  # fmt: skip
_ROW_KEY = ("geography_type", "geography_vintage", "geoid", "period_type", "period_start", "race_ethnicity_code")
_SLICE = ("measure_id", "geography_type", "geography_vintage", "period_type", "period_start", "measure_version")
QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True)
class Selection:
    """The rows to display, in order, where they are from, and the column that names a row, with its heading."""

    rows: list[Row]
    places: str
    period: str
    column: str
    heading: str


def select_by_race(release: Release, measure_id: str, place: str | None, period: str | None) -> Selection:
    """Return a row per group of one place. Without `place` and `period`: those that open the measure's page, else the newest."""
    slices = _slices(release, measure_id)
    if place is None:
        first = min([each for each in slices if each["is_featured"]] or slices, key=lambda each: each["place_order"])
        at_place = [each for each in slices if each["place_key"] == first["place_key"]]
    else:
        at_place = _matching_places(slices, place)
    chosen = _choose(at_place, period, slices)
    rows = _rows(release, {name: chosen[name] for name in (*_SLICE, "geoid")}, "group_order")
    return Selection(rows, chosen["place"], chosen["period"], "group_name", "race")


def select_by_place(release: Release, measure_id: str, place_type: str | None, group: str, period: str | None) -> Selection:
    """Return a row per place of a type, for one group. Without `place_type`: the type with the fewest places, but several."""
    slices = _slices(release, measure_id)
    types = Counter(name for name, _, _ in {each["place_key"] for each in slices})
    if place_type is None:
        several = sorted((places, name) for name, places in types.items() if places > 1)
        if not several:
            raise CannotShow(f"{measure_id} has values of one place only; leave out `--by place`")
        place_type = several[0][1]
    if place_type not in types:
        raise CannotShow(
            f"{measure_id} has no values by {place_type!r}. {did_you_mean(place_type, types)}It has: {', '.join(sorted(types))}"
        )
    chosen = _choose([each for each in slices if each["geography_type"] == place_type], period, slices)
    sql = f"select distinct race_ethnicity_code, group_name from {release.scorecard} where measure_id = ? and geography_type = ?"
    names: dict[str, str] = dict(release.con.execute(sql, [measure_id, place_type]).fetchall())
    code = next((code for code, name in names.items() if group == code or group.casefold() == name.casefold()), None)
    if code is None:
        suggestion = did_you_mean(group, [*names.values(), *names])
        raise CannotShow(f"no group is called {group!r}. {suggestion}There are: {', '.join(sorted(names))}")
    wanted = {name: chosen[name] for name in _SLICE} | {"race_ethnicity_code": code}
    rows = _rows(release, wanted, "try_cast(geoid as integer), place")
    return Selection(rows, f"{place_type.replace('_', ' ')}s, {names[code]}", chosen["period"], "place", "place")


def _hidden_in_public(home: Home, measure_id: str, selection: Selection) -> set[str]:
    """Return the names of the rows that have a value here and none in the public file."""
    public = open_release(home, public=True)
    sql = f"select {', '.join(_ROW_KEY)} from {public.scorecard} where measure_id = ? and value is not null"
    shown: set[tuple[Any, ...]] = set(public.con.execute(sql, [measure_id]).fetchall())
    with_value = (row for row in selection.rows if row["value"] is not None)
    return {row[selection.column] for row in with_value if tuple(row[name] for name in _ROW_KEY) not in shown}


def _rows(release: Release, wanted: Row, order: str) -> list[Row]:
    """Return the rows with these values. A hidden row has no figure in the file; if it had one, no command would display it."""
    conditions = " and ".join(f"{name} = ?" for name in wanted)
    found = release.rows(f"select * from {release.scorecard} where {conditions} order by {order}", [*wanted.values()])
    return [row | dict.fromkeys(_FIGURES) if row["status_code"] in HIDDEN else row for row in found]


def _slices(release: Release, measure_id: str) -> list[Row]:
    """Return the places and periods of the newest version of a measure, each with whether it has a figure."""
    places = "published.geographies" if release.is_public else "marts.dim_geography"
    found = release.rows(
        f"""
        select figures.measure_id, figures.geography_type, figures.geography_vintage, figures.geoid, figures.place,
            figures.period_type, figures.period_start, figures.period_end, figures.period,
            (figures.geography_type, figures.geography_vintage, figures.geoid) as place_key,
            max(figures.measure_version) as measure_version, bool_or(figures.is_featured) as is_featured,
            count(figures.value) > 0 as has_figure, any_value(coalesce(places.scorecard_order, 99)) as place_order
        from {release.scorecard} as figures
        left join {places} as places using (geography_type, geography_vintage, geoid)
        where figures.measure_id = ?
        group by all
        order by period_end, period_type, geography_vintage, place_key
        """,
        [measure_id],
    )
    if not found:
        file = "public file" if release.is_public else "analyst file"
        raise CannotShow(f"the {file} has no values of {measure_id}; `levelground measures show {measure_id}` describes it")
    return found


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


def _choose(slices: list[Row], period: str | None, of_measure: list[Row]) -> Row:
    """Return the slice of the period, or the featured one, or the newest with a figure.

    Years and quarters that open the measure's page come before a month that has just begun.
    """
    if period is None:
        kind = next((each["period_type"] for each in of_measure if each["is_featured"]), None)
        return max(
            slices, key=lambda each: (each["is_featured"], each["has_figure"], each["period_type"] == kind, each["period_end"])
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


EXAMPLES = examples(
    "levelground show stops_searched_share --period 2025-Q2 --public",
    "levelground show requests_closed_by_second_day --place aldermanic_district:5",
    "levelground show requests_closed_by_second_day --by place --place aldermanic_district",
)
OTHER_CITY = "These are records of another city. The city's own are not delivered yet."
_VALUES = (
    "period", "period_type", "period_start", "period_end", "geography_type", "geography_vintage", "geoid", "place",
    "race_ethnicity_code", "group_name", "basis", "status_code", "status_text", "value", "unit", "ci_low", "ci_high", "bound_low",
    "bound_high", "numerator", "denominator", "known_race_pct", "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high",
    "compared_with", "compared_with_reference_text", "is_stand_in",
)  # fmt: skip
NARROWEST, WIDEST, WITHOUT_TERMINAL = 12, 50, 40
MARK = "*"  # of a row that only staff see
NO_BREAK = "\u00a0"  # a bar stays on its line
SHOWN = ("shown", "zero")
# value, interval below the value, interval above it
BLOCKS, ASCII = ("█", "▓", "░"), ("#", "=", "-")


def show(
    measure: Measure,
    by: Annotated[
        Literal["race", "place"], typer.Option(help="A row per group of one place, or per place of one type.")
    ] = "race",
    place: Annotated[
        str | None, typer.Option(help="A place by name, code or type:code; with --by place a type of place.")
    ] = None,
    group: Annotated[str, typer.Option(help="With --by place: the group, by code or name.")] = "all",
    period: Annotated[
        str | None, typer.Option(help="2025, 2025-Q3, 2025-07, a first day, or a label; default: the newest.")
    ] = None,
    public: Public = False,
    json: AsJson = False,
) -> None:
    """Show the values of a measure by group as a table and a bar chart.

    A row without a value has the reason. Without --place and --period: the place and period that open the scorecard's page.
    Exit codes: 0 shown, 1 nothing is published, 2 no such measure, place, period or group.
    """
    home = Settings.from_environment().home
    release = open_release(home, public=public)
    found = release.measure(measure)
    if by == "place":
        selection = select_by_place(release, measure, place, group, period)
    else:
        selection = select_by_race(release, measure, place, period)
    if json:
        print_json([{name: row[name] for name in _VALUES} for row in selection.rows])
    else:
        print_selection(home, found, selection, public=public)


def print_selection(home: Home, measure: Row, selection: Selection, *, public: bool) -> None:
    """Print the heading, the chart and what a reader must know of the rows; a mark is at those that the public file hides."""
    rows = selection.rows
    out.print(f"{measure['name']} ({measure['measure_id']})", style="bold")
    out.print(f"{selection.places}, {selection.period}; {str(rows[0]['unit_text']).lower()}\n")
    _print_chart(selection, set() if public else _hidden_in_public(home, measure["measure_id"], selection))
    notes = list(dict.fromkeys(str(row["basis_text"]) for row in rows if row["basis"] != "no_race"))
    known = {round(row["known_race_pct"], 1) for row in rows if row["known_race_pct"] is not None}
    if len(known) == 1:
        notes.append(f"Race is known for {known.pop():g} % of the records")
    if any(row["is_stand_in"] for row in rows):
        notes.append(OTHER_CITY)
    if measure["caveat"]:
        notes.append(str(measure["caveat"]))
    out.print("\n" + "\n".join(notes) if notes else "")


def bar(row: Row, ends: tuple[float, float], width: int, characters: tuple[str, str, str]) -> str:
    """Draw the value and interval of a row on an axis with these ends, which contains 0; nothing for a row without a value."""
    value, (first, last) = row["value"], ends
    if value is None or first == last:
        return ""
    low, high = (value if row[name] is None else row[name] for name in ("ci_low", "ci_high"))
    solid, below, above = characters
    cells = []
    for cell in range(width):
        at = first + (cell + 0.5) * (last - first) / width
        is_in_bar = min(0.0, value) <= at <= max(0.0, value)
        is_in_interval = low <= at <= high
        cells.append(below if is_in_bar and is_in_interval else solid if is_in_bar else above if is_in_interval else " ")
    return "".join(cells).rstrip()


def _print_chart(selection: Selection, hidden: Set[str]) -> None:
    """Print a line per row, with a bar on an axis that holds every value and interval. `hidden`: names of rows with a mark."""
    characters = BLOCKS if "utf" in (getattr(sys.stdout, "encoding", None) or "").lower() else ASCII
    rows, unit = selection.rows, str(selection.rows[0]["unit"])
    columns = (selection.heading, "value", "95 % interval", "records", "note")
    lines = [_cells(row, row[selection.column], unit, is_hidden=row[selection.column] in hidden) for row in rows]
    used = sum(max(map(len, column)) + 1 for column in zip(columns, *lines, strict=True))
    width = max(NARROWEST, min(WIDEST, out.width - used)) if out.is_terminal else WITHOUT_TERMINAL
    values = [0.0, *(row[name] for row in rows for name in ("value", "ci_low", "ci_high") if row[name] is not None)]
    ends = min(values), max(values)
    bars = [bar(row, ends, width, characters) for row in rows]
    if out.is_terminal:
        bars = [each.replace(" ", NO_BREAK) for each in bars]
    drawn = [(*line[:4], each, line[4]) for line, each in zip(lines, bars, strict=True)]
    chart = " to ".join(_number(end, unit) for end in ends)
    out.print(Table(None, (*columns[:4], chart, "note"), drawn, right=columns[1:4], spare=["records"]))
    if any(row["value"] is not None and row["ci_low"] is not None for row in rows):
        out.print(f"\n{characters[0]} value   {characters[1]}{characters[2]} its 95 % interval")
    if hidden:
        out.print(f"{MARK} not in the public file")


def _cells(row: Row, name: str, unit: str, *, is_hidden: bool) -> tuple[str, ...]:
    """The cells of a row but its bar; the note has why there is no value, or how it compares with the reference group."""
    counted, of = (None if row[each] is None else f"{row[each]:,.0f}" for each in ("numerator", "denominator"))
    records = " ".join(part for part in (counted, of and f"of {of}") if part)
    note = row["compared_with_reference_text"] if row["status_code"] in SHOWN else row["status_text"] or row["status_code"]
    return f"{name} {MARK}" if is_hidden else name, _number(row["value"], unit), _interval(row, unit), records, note or ""


def _number(value: float | None, unit: str) -> str:
    """A figure without the sign of percent, which the heading has."""
    return "-" if value is None else figure_text(value, unit).removesuffix(" %")


def _interval(row: Row, unit: str) -> str:
    if row["value"] is None and row["bound_low"] is not None:
        return f"between {_number(row['bound_low'], unit)} and {_number(row['bound_high'], unit)}"
    low, high = row["ci_low"], row["ci_high"]
    return "" if low is None or row["value"] is None else f"{_number(low, unit)} – {_number(high, unit)}"
