"""Read the figures of a measure by topic, such as hour, department or kind of neighborhood, and everyone's by where people live.

They are rows of `published.equity_measures`, because the scorecard has one row per group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from duckdb import DuckDBPyConnection

if TYPE_CHECKING:
    from orchestration.scorecard.release_data.read_release import Row

# One version, map and standard per figure; places in the order in which they open a page.
_FIGURES = """
    select figures.*, places.scorecard_order, sources.is_stand_in as is_elsewhere,
        case
            when figures.publication_status = 'bounded' then 'range_only' when figures.value = 0 then 'zero' else 'shown'
        end as status_code
    from equity_measures as figures
    inner join geographies as places
        on figures.geography_type = places.geography_type and figures.geography_vintage = places.geography_vintage
        and figures.geoid = places.geoid and places.scorecard_order is not null
    inner join measures
        on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version and measures.is_current
    left join sources on measures.source = sources.source
    where figures.race_ethnicity_code = 'all' and figures.tabulation = 'exclusive' and not coalesce(sources.is_stand_in, false)
        and (figures.publication_status = 'bounded' or (figures.publication_status = 'published' and figures.value is not null))
    qualify row_number() over (
        partition by figures.measure_id, figures.stratum_type, figures.stratum_code, figures.geography_type, figures.geoid,
            figures.period_type, figures.period_start, figures.method = 'place_weighted'
        order by figures.race_standard
    ) = 1
"""
# Everyone is compared with no group.
_COMPARED = dict.fromkeys(("rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "reference_code"))


class Stratum(NamedTuple):
    """A figure of one topic; `whole`: that of everyone in the same place and period, where it is known."""

    stratum_type: str
    code: str
    label: str
    row: Row
    whole: Row | None


def read_strata(con: DuckDBPyConnection, make: type[Row], period_types: Sequence[str]) -> Mapping[str, tuple[Stratum, ...]]:
    """Return the figures by topic of each measure: the first place and newest period that has them, in the order of the topic."""
    wholes = _everyone(con, make, is_by_place=False)
    rows = con.execute(
        f"""
        with shown as ({_FIGURES}), featured as (select distinct measure_id, period_type from scorecard where is_featured)
        select shown.*, coalesce(strata.label, shown.stratum_code) as label
        from shown
        left join strata using (stratum_type, stratum_code)
        left join featured on shown.measure_id = featured.measure_id
        where shown.stratum_type not in ('all', 'adjustment') and shown.method <> 'place_weighted'
        qualify dense_rank() over (
            partition by shown.measure_id, shown.stratum_type
            order by shown.scorecard_order, shown.period_type = featured.period_type desc nulls last,
                list_position($period_types, shown.period_type), shown.period_start desc
        ) = 1
        order by shown.measure_id, shown.stratum_type, strata.sort_order, shown.stratum_code
        """,
        {"period_types": list(period_types)},
    )
    found: dict[str, list[Stratum]] = defaultdict(list)
    for values in _records(rows):
        row = _row(values, make)
        whole = wholes.get(_slice(values))
        found[row.measure_id].append(Stratum(values["stratum_type"], values["stratum_code"], values["label"], row, whole))
    return {code: tuple(strata) for code, strata in found.items()}


def read_everyone_by_place(con: DuckDBPyConnection, make: type[Row]) -> Mapping[tuple[Any, ...], Row]:
    """Return the figures for everyone with the denominator of place-weighted groups, by measure, place and period."""
    return _everyone(con, make, is_by_place=True)


def slice_of(row: Row) -> tuple[Any, ...]:
    """Return the measure, place and period of a row."""
    return (row.measure_id, row.geography_type, row.geoid, row.period_type, row.period_start)


def _everyone(con: DuckDBPyConnection, make: type[Row], is_by_place: bool) -> Mapping[tuple[Any, ...], Row]:
    rows = con.execute(
        f"with shown as ({_FIGURES}) from shown where stratum_type = 'all' and (method = 'place_weighted') = ?", [is_by_place]
    )
    return {_slice(values): _row(values, make, "where_people_live" if is_by_place else "no_race") for values in _records(rows)}


def _slice(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in ("measure_id", "geography_type", "geoid", "period_type", "period_start"))


def _row(values: Mapping[str, Any], make: type[Row], basis: str = "no_race") -> Row:
    described: dict[str, Any] = {
        **values,
        "group_kind": "total",
        "group_order": 0,
        "basis": basis,
        "is_featured": False,
    } | _COMPARED
    return make._make(described.get(name) for name in make._fields)


def _records(result: DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, values, strict=True)) for values in result.fetchall()]
